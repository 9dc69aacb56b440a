//! Inactivity and how a day breaks into active and inactive stretches.

/// Name and version of the inactivity measures.
pub const INACTIVITY_VERSION: &str = "fragmentation-skdh-v1";

/// How stretches of one kind are distributed.
///
/// Source: the definitions of scikit-digital-health's `fragmentation_endpoints` (Di et al. 2017 for the transition
/// probability), for any minute epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fragmentation {
    /// Stretches.
    pub count: u32,
    /// Minutes in them.
    pub minutes: u32,
    /// Mean length in minutes.
    pub mean_minutes: f64,
    /// 1 / mean length: the probability per minute of leaving (ASTP for active stretches, SATP for inactive ones).
    pub transition_probability: f64,
    /// Gini index of the lengths, 0 to 1, corrected by n/(n-1); `None` for fewer than two stretches.
    pub gini: Option<f64>,
    /// Mean over distinct lengths of the discrete hazard.
    pub average_hazard: f64,
    /// Exponent of a power law: 1 + n / sum(ln(x / (x_min - 0.5))).
    pub power_law_alpha: f64,
}

/// Lengths in minutes of the runs of one kind, in order.
///
/// `of_kind[i]` says that minute `i` belongs to the kind; an unknown minute belongs to neither and cuts a run.
pub fn runs(of_kind: impl IntoIterator<Item = bool>) -> Vec<u32> {
    let mut lengths = Vec::new();
    let mut length = 0;
    for minute in of_kind {
        if minute {
            length += 1;
        } else if length > 0 {
            lengths.push(length);
            length = 0;
        }
    }
    if length > 0 {
        lengths.push(length);
    }
    lengths
}

/// Longest run in minutes, 0 when there is none.
#[must_use]
pub fn longest(runs: &[u32]) -> u32 {
    runs.iter().copied().max().unwrap_or(0)
}

/// 1 / mean run length (per minute); `None` without any run.
#[must_use]
pub fn transition_probability(runs: &[u32]) -> Option<f64> {
    let minutes: u32 = runs.iter().sum();
    (minutes > 0).then(|| runs.len() as f64 / f64::from(minutes))
}

/// All indices of the given run lengths (minutes, each at least 1); `None` without any run.
#[must_use]
pub fn fragmentation(runs: &[u32]) -> Option<Fragmentation> {
    let transition_probability = transition_probability(runs)?;
    let mut lengths = runs.to_vec();
    lengths.sort_unstable();
    let n = lengths.len() as f64;
    let minutes: u32 = lengths.iter().sum();
    let total = f64::from(minutes);

    let ranked: f64 = lengths.iter().zip(1_u32..).map(|(&x, rank)| f64::from(rank) * f64::from(x)).sum();
    let raw_gini = 2.0 * ranked / (n * total) - (n + 1.0) / n;
    let gini = (lengths.len() > 1).then(|| raw_gini * n / (n - 1.0));

    let (mut hazards, mut distinct, mut at_least) = (0.0, 0.0, n);
    for same in lengths.chunk_by(|a, b| a == b) {
        hazards += same.len() as f64 / at_least;
        distinct += 1.0;
        at_least -= same.len() as f64;
    }
    let floor = f64::from(lengths[0]) - 0.5;
    let log_sum: f64 = lengths.iter().map(|&x| (f64::from(x) / floor).ln()).sum();
    Some(Fragmentation {
        count: lengths.len() as u32,
        minutes,
        mean_minutes: total / n,
        transition_probability,
        gini,
        average_hazard: hazards / distinct,
        power_law_alpha: 1.0 + n / log_sum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_cut_where_the_kind_ends() {
        assert_eq!(runs([true, true, false, true, false, false, true, true, true]), [2, 1, 3]);
        assert_eq!(runs([false]), [] as [u32; 0]);
        assert_eq!(longest(&[2, 1, 3]), 3);
        assert_eq!(longest(&[]), 0);
    }

    #[test]
    fn indices_by_hand() {
        // Lengths 1, 2, 3: mean 2; gini = (2*14/(3*6) - 4/3) * 3/2 = 1/3; hazards 1/3, 1/2, 1.
        let found = fragmentation(&[2, 1, 3]).unwrap();
        assert!((found.transition_probability - 0.5).abs() < 1e-12);
        assert!((found.gini.unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert!((found.average_hazard - 11.0 / 18.0).abs() < 1e-12);
        assert!((found.power_law_alpha - (1.0 + 3.0 / 48.0_f64.ln())).abs() < 1e-12);
        assert_eq!(fragmentation(&[]), None);
        assert_eq!(fragmentation(&[5]).unwrap().gini, None);
    }
}
