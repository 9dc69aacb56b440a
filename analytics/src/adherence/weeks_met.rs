//! The week's judgement over a period: of how many weeks the plan was met, as an interval.
//!
//! A week that was partly seen is no failure. Its unseen days are drawn from the rate of success of that very week, which
//! varies around the person's own, so that a bad week is told from a bad person.

use crate::adherence::estimate::{AdherenceStatus, central, status_of};
use crate::adherence::interval::Interval;
use crate::adherence::prior::Prior;
use crate::adherence::week::WeekRow;

/// Correlation of the days of one week that is considered, each value as likely as the others before the days are seen. [D]
/// A rate drawn anew for each week, Beta with mean mu and this intra-class correlation, is the beta-binomial model of
/// clustered days (Skellam 1948); 0 is one rate for all weeks.
pub const WEEK_CORRELATIONS: [f64; 6] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.35];

/// Of how many whole weeks the plan was met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeeksMet {
    /// Weeks of the period that were lived to their end. The others are left out, met or not, lest those that are met
    /// early count for more.
    pub weeks: u32,
    /// Of them, met for certain.
    pub met: u32,
    /// Not met for certain.
    pub not_met: u32,
    /// What the data allow to say: `ok` from valid days of 2/7 of the days of these weeks, as for days.
    pub status: AdherenceStatus,
    /// Expected share of weeks met; `None` unless the status is ok.
    pub estimate: Option<f64>,
    /// 5 and 95 % quantiles of that share; `None` when bounded.
    pub interval: Option<Interval>,
    /// Weeks met for certain, and weeks not missed for certain, as shares; `None` only without a whole week.
    pub bounds: Option<Interval>,
}

/// What decides a week, and how many weeks were alike.
struct Alike {
    eligible: usize,
    valid: usize,
    attained: usize,
    known: usize,
    asked: usize,
    weeks: i32,
}

/// Most eligible days of a week.
const MOST_DAYS: usize = 7;

/// One rate of success and one correlation: rising factorials of the rate, its complement and 1.
struct Node {
    success: [f64; MOST_DAYS + 1],
    failure: [f64; MOST_DAYS + 1],
    all: [f64; MOST_DAYS + 1],
}

impl Node {
    fn new(rate: f64, correlation: f64) -> Self {
        let step = correlation / (1.0 - correlation);
        Self { success: rising(rate, step), failure: rising(1.0 - rate, step), all: rising(1.0, step) }
    }

    /// Probability of this many successes on these days in this order.
    fn ordered(&self, attained: usize, of: usize) -> f64 {
        self.success[attained] * self.failure[of - attained] / self.all[of]
    }

    /// Probability that a week is met, given its valid days, the successes known of the others, and how often a success on
    /// these becomes known.
    fn met(&self, week: &Alike, seen_all_the_same: f64) -> f64 {
        if week.attained + week.known >= week.asked {
            return 1.0;
        }
        let unseen = week.eligible - week.valid;
        let (mut met, mut all) = (0.0, 0.0);
        for (more, known_of) in WAYS.iter().enumerate().take(unseen + 1).skip(week.known) {
            let hidden = (more - week.known) as i32;
            let known = known_of[week.known] * (1.0 - seen_all_the_same).powi(hidden);
            let ways = WAYS[unseen][more] * known;
            let probability = ways * self.ordered(week.attained + more, week.eligible);
            all += probability;
            if week.attained + more >= week.asked {
                met += probability;
            }
        }
        if all > 0.0 { met / all } else { 0.0 }
    }
}

/// x, x (x + step), x (x + step) (x + 2 step), ... after 1.
fn rising(x: f64, step: f64) -> [f64; MOST_DAYS + 1] {
    let mut products = [1.0; MOST_DAYS + 1];
    for index in 0..MOST_DAYS {
        products[index + 1] = products[index] * (x + index as f64 * step);
    }
    products
}

/// Binomial coefficients: `WAYS[n][k]`.
const WAYS: [[f64; MOST_DAYS + 1]; MOST_DAYS + 1] = {
    let mut ways = [[0.0; MOST_DAYS + 1]; MOST_DAYS + 1];
    let mut n = 0;
    while n <= MOST_DAYS {
        ways[n][0] = 1.0;
        let mut k = 1;
        while k <= n {
            ways[n][k] = ways[n - 1][k - 1] + ways[n - 1][k];
            k += 1;
        }
        n += 1;
    }
    ways
};

/// Judges the weeks of a period together.
///
/// The person's rate mu has the prior of days, Beta(a, b); the rate of a week is Beta around it with one of
/// [`WEEK_CORRELATIONS`]. Both are weighed by the valid days of all weeks alone. Within a week X are the successes on its
/// unseen days under the rate that its valid days leave, given that p of them are known; the week is met when its k and X
/// reach what was asked. The number of weeks met is then a sum of independent trials at each (mu, correlation).
///
/// Days have max(p, X) instead. Over a month that hardly ever decides; in a week it often does, and then the share of
/// weeks comes out too high by about .01. So here a success on an unseen day becomes known with the chance q, and X given
/// p is weighed by C(X, p) (1 - q)^(X - p); q is p over the successes expected on unseen days, of the whole period.
#[must_use]
pub(crate) fn weeks_met(weeks: &[WeekRow], prior: &Prior) -> WeeksMet {
    // Prescriptions that put more than seven days into a week make no week.
    let is_whole = |week: &&WeekRow| week.open == 0 && week.days.prescribed as usize <= MOST_DAYS;
    let whole: Vec<&WeekRow> = weeks.iter().filter(is_whole).collect();
    let all = whole.len() as u32;
    let met = whole.iter().filter(|week| week.done.lo >= asked(week)).count() as u32;
    let not_met = whole.iter().filter(|week| week.done.hi < asked(week)).count() as u32;
    let bounds = (all > 0).then(|| Interval {
        lo: f64::from(met) / f64::from(all),
        hi: f64::from(all - not_met) / f64::from(all),
    });
    let valid = whole.iter().map(|week| week.days.valid).sum();
    let status = status_of(valid, whole.iter().map(|week| week.days.prescribed).sum());
    let told = WeeksMet { weeks: all, met, not_met, status, estimate: None, interval: None, bounds };
    if status == AdherenceStatus::Bounded {
        return told;
    }
    let pmf = number_met(&alike(&whole), prior);
    let share = |weeks: usize| weeks as f64 / f64::from(all);
    let mean = pmf.iter().enumerate().map(|(weeks, probability)| probability * share(weeks)).sum();
    let (lo, hi) = central(&pmf);
    WeeksMet {
        estimate: (status == AdherenceStatus::Ok).then_some(mean),
        interval: Some(Interval { lo: share(lo), hi: share(hi) }),
        ..told
    }
}

fn asked(week: &WeekRow) -> f64 {
    week.quota.per_week.into()
}

fn alike(weeks: &[&WeekRow]) -> Vec<Alike> {
    let mut found: Vec<Alike> = Vec::new();
    for week in weeks {
        let days = week.days;
        let one = Alike {
            eligible: days.prescribed as usize,
            valid: days.valid as usize,
            attained: days.valid_attained as usize,
            known: days.known_attained as usize,
            asked: week.quota.per_week.into(),
            weeks: 1,
        };
        let key = |w: &Alike| (w.eligible, w.valid, w.attained, w.known, w.asked);
        match found.iter_mut().find(|other| key(other) == key(&one)) {
            Some(other) => other.weeks += 1,
            None => found.push(one),
        }
    }
    found
}

/// How finely the rate is integrated over.
struct Grid {
    /// Step in u, where logit mu = centre + scale sinh(u): the trapezoid rule then converges exponentially.
    step: f64,
    /// Reach: units of the slower exponential tail.
    tail: f64,
    /// Reach: standard deviations of the bell.
    deviations: f64,
}

/// A step of a quarter and twice the reach change no estimate by 1e-6 (test below).
const GRID: Grid = Grid { step: 0.2, tail: 20.0, deviations: 8.0 };

/// So many days of each week, over all weeks.
fn days(alike: &[Alike], of: fn(&Alike) -> usize) -> f64 {
    alike.iter().map(|week| of(week) as f64 * f64::from(week.weeks)).sum()
}

/// Chance that a success on a day that is not valid becomes known all the same.
fn seen_all_the_same(alike: &[Alike], rate: f64) -> f64 {
    /// [D] Never certain: more days known than expected are chance.
    const MOST: f64 = 0.95;
    let known = days(alike, |week| week.known);
    if known > 0.0 {
        (known / (rate * days(alike, |week| week.eligible - week.valid))).min(MOST)
    } else {
        0.0
    }
}

/// Distribution of the number of weeks met.
fn number_met(alike: &[Alike], prior: &Prior) -> Vec<f64> {
    number_met_on(&GRID, alike, prior)
}

fn number_met_on(grid: &Grid, alike: &[Alike], prior: &Prior) -> Vec<f64> {
    let weeks = alike.iter().map(|week| week.weeks as usize).sum::<usize>();
    let (valid, attained) = (days(alike, |week| week.valid), days(alike, |week| week.attained));
    let (a, b) = (prior.a() + attained, prior.b() + valid - attained);
    let seen_all_the_same = seen_all_the_same(alike, a / (a + b));
    let centre = (a / b).ln();
    // Clustered days weigh less than single ones: the bell is wider than theirs.
    let scale = 1.5 * (1.0 / a + 1.0 / b).sqrt();
    let reach = (grid.tail / prior.a().min(prior.b()) / scale + grid.deviations).asinh();
    let half = (reach / grid.step).ceil() as i32;
    let mut nodes = Vec::new();
    for index in -half..=half {
        let u = f64::from(index) * grid.step;
        let logit = centre + scale * u.sinh();
        let rate = 1.0 / (1.0 + (-logit).exp());
        let complement = 1.0 / (1.0 + logit.exp());
        // The density of logit mu under Beta(a, b), with the jacobian of the grid.
        let ln_prior = prior.a() * rate.ln() + prior.b() * complement.ln() + u.cosh().ln();
        for correlation in WEEK_CORRELATIONS {
            let node = Node::new(rate, correlation);
            let ln_weight = alike
                .iter()
                .filter(|week| week.valid > 0)
                .map(|week| f64::from(week.weeks) * node.ordered(week.attained, week.valid).ln())
                .sum::<f64>()
                + ln_prior;
            nodes.push((ln_weight, node));
        }
    }
    let greatest = nodes.iter().map(|(ln_weight, _)| *ln_weight).fold(f64::NEG_INFINITY, f64::max);
    let mut pmf = vec![0.0; weeks + 1];
    let mut at_node = vec![0.0; weeks + 1];
    for (ln_weight, node) in &nodes {
        let weight = (ln_weight - greatest).exp();
        if weight < 1e-12 {
            continue;
        }
        at_node.fill(0.0);
        at_node[0] = 1.0;
        let mut counted = 0;
        for week in alike {
            let met = node.met(week, seen_all_the_same);
            for _ in 0..week.weeks {
                counted += 1;
                for number in (0..=counted).rev() {
                    let before = if number > 0 { at_node[number - 1] } else { 0.0 };
                    at_node[number] = at_node[number] * (1.0 - met) + before * met;
                }
            }
        }
        pmf.iter_mut().zip(&at_node).for_each(|(sum, probability)| *sum += weight * probability);
    }
    let sum: f64 = pmf.iter().sum();
    pmf.iter_mut().for_each(|probability| *probability /= sum);
    pmf
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adherence::beta_binomial::beta_binomial_pmf;
    use crate::adherence::estimate::DayCounts;
    use crate::adherence::week::WeekOutcome;
    use crate::programme::Quota;
    use proptest::prelude::*;

    fn week(
        per_week: u8,
        (prescribed, valid, valid_attained, known_attained): (u32, u32, u32, u32),
    ) -> WeekRow {
        let days = DayCounts { prescribed, valid, valid_attained, known_attained };
        WeekRow {
            from: chrono::NaiveDate::default(),
            quota: Quota::steps(per_week, 5_000),
            done: Interval {
                lo: f64::from(days.attained()),
                hi: f64::from(days.attained() + days.censored()),
            },
            days,
            open: 0,
            outcome: WeekOutcome::Unknown,
        }
    }

    #[test]
    fn whole_weeks_leave_no_doubt() {
        let found = weeks_met(&[week(5, (7, 7, 6, 0)), week(5, (7, 7, 3, 0))], &Prior::default());
        assert_eq!((found.weeks, found.met, found.not_met), (2, 1, 1));
        assert!((found.estimate.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(found.interval, Some(Interval::point(0.5)));
        assert_eq!(found.bounds, found.interval);
    }

    #[test]
    fn a_partly_seen_week_is_no_failure() {
        // Four of seven days seen, all attained; five asked: one more of three is needed.
        let found = weeks_met(&[week(5, (7, 4, 4, 0))], &Prior::default());
        assert_eq!((found.met, found.not_met), (0, 0));
        assert_eq!(found.bounds, Some(Interval { lo: 0.0, hi: 1.0 }));
        assert!(found.estimate.unwrap() > 0.9);
        // Known from a partly worn day: met, whatever else.
        let known = weeks_met(&[week(5, (7, 4, 4, 1))], &Prior::default());
        assert_eq!((known.met, known.estimate), (1, Some(1.0)));
        // A running week counts neither way.
        let running = WeekRow { open: 3, ..week(5, (4, 4, 4, 0)) };
        assert_eq!(weeks_met(&[running], &Prior::default()).bounds, None);
        assert_eq!(weeks_met(&[week(5, (10, 9, 9, 0))], &Prior::default()).bounds, None);
    }

    #[test]
    fn one_week_of_one_rate_is_the_beta_binomial() {
        // With a single seen week the correlation matters; without any clustering X ~ BetaBinomial(3, a + 4, b).
        let (a, b) = (2.1, 0.9);
        let weeks = [week(5, (7, 4, 4, 0))];
        let alike = alike(&weeks.iter().collect::<Vec<_>>());
        let prior = Prior::new(a, b).unwrap();
        let one_rate = |rate: f64| Node::new(rate, 0.0).met(&alike[0], 0.0);
        // At a rate of 1/2: 1 - 1/8.
        assert!((one_rate(0.5) - 0.875).abs() < 1e-12);
        let exact = 1.0 - beta_binomial_pmf(3, a + 4.0, b)[0];
        // Integrated over the posterior by a plain sum on the rate's own scale.
        let (mut sum, mut all) = (0.0, 0.0);
        for index in 0..200_000 {
            let rate = (f64::from(index) + 0.5) / 200_000.0;
            let density = rate.powf(a + 3.0) * (1.0 - rate).powf(b - 1.0);
            sum += density * one_rate(rate);
            all += density;
        }
        assert!((sum / all - exact).abs() < 1e-4);
        // What is estimated lies on the clustered side of it: seen days of the same week are better evidence.
        let found = weeks_met(&weeks, &prior).estimate.unwrap();
        assert!(found > exact && found < exact + 0.05, "{found} beside {exact}");
    }

    #[test]
    fn what_is_known_of_an_unseen_day_by_hand() {
        // Three of three valid days attained, one of four others known, five asked: one more is needed. At a rate of 1/2 for
        // all weeks, and half of all successes known: X = 1, 2, 3, 4 has the weights 4 x 1, 6 x 2 x 1/2, 4 x 3 x 1/4 and
        // 1 x 4 x 1/8, that is 4, 6, 3, 0.5. Met from X = 2: 9.5 of 13.5.
        let alike = alike(&[&week(5, (7, 3, 3, 1))]);
        assert!((Node::new(0.5, 0.0).met(&alike[0], 0.5) - 9.5 / 13.5).abs() < 1e-12);
        // One known, of four unseen days with an expected success on half.
        assert!((seen_all_the_same(&alike, 0.5) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_grid_is_fine_enough() {
        for (a, b) in [(2.1, 0.9), (0.3, 0.2), (20.0, 10.0)] {
            let prior = Prior::new(a, b).unwrap();
            for days in [(7, 5, 3, 0), (7, 2, 2, 1), (7, 5, 5, 0), (7, 6, 0, 0)] {
                let weeks: Vec<WeekRow> = (0..26).map(|_| week(4, days)).collect();
                let alike = alike(&weeks.iter().collect::<Vec<_>>());
                let mean = |pmf: Vec<f64>| -> f64 {
                    pmf.iter().enumerate().map(|(weeks, p)| p * weeks as f64 / 26.0).sum()
                };
                let coarse = mean(number_met(&alike, &prior));
                let fine = Grid { step: 0.05, tail: 45.0, deviations: 12.0 };
                let fine = mean(number_met_on(&fine, &alike, &prior));
                assert!((coarse - fine).abs() < 1e-6, "{coarse} is not {fine}");
            }
        }
    }

    fn any_week() -> impl Strategy<Value = WeekRow> {
        (1_u8..=7, 0.0..=1.0, 0.0..=1.0, 0.0..=1.0).prop_map(|(per_week, v, k, p)| {
            let part = |of: u32, share: f64| (f64::from(of) * share).round() as u32;
            let valid = part(7, v);
            week(per_week, (7, valid, part(valid, k), part(7 - valid, p)))
        })
    }

    proptest! {
        #[test]
        fn estimate_and_interval_lie_within_the_bounds(weeks in proptest::collection::vec(any_week(), 1..27)) {
            let found = weeks_met(&weeks, &Prior::default());
            let bounds = found.bounds.unwrap();
            if let Some(interval) = found.interval {
                prop_assert!(interval.lo <= interval.hi);
                prop_assert!(bounds.contains(interval.lo) && bounds.contains(interval.hi));
            }
            if let Some(estimate) = found.estimate {
                prop_assert!(bounds.contains(estimate));
            }
        }
    }
}
