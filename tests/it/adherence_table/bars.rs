//! Any estimate beside its outcome: bias, coverage, width and interval score, and the bars that they are held to.

use foulee_analytics::adherence::Interval;

use crate::score::{Mean, mean};
use crate::{Bar, LEAST_COVERAGE, MOST_BIAS, MOST_WIDTH};

/// One person's estimate, beside what it should have been.
pub(crate) struct Scored {
    pub(crate) estimate: Option<f64>,
    pub(crate) interval: Option<Interval>,
    pub(crate) bounds: Interval,
    /// What it should have been.
    pub(crate) outcome: f64,
    /// Valid days, as a share of those prescribed.
    pub(crate) valid: f64,
    /// What a raw rate would say, and its interval: successes and trials of what is known, ...
    pub(crate) raw: Told,
    /// ... and of everything, what is not known being a failure.
    pub(crate) naive: Told,
}

/// Successes and trials.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) successes: u32,
    pub(crate) trials: u32,
}

impl Told {
    fn rate(self) -> Option<f64> {
        (self.trials > 0).then(|| f64::from(self.successes) / f64::from(self.trials))
    }

    /// Wilson's 90 % interval of a rate (Wilson 1927).
    fn interval(self) -> Option<Interval> {
        /// 95 % quantile of the normal distribution.
        const Z: f64 = 1.644_853_626_951_472_2;
        let rate = self.rate()?;
        let n = f64::from(self.trials);
        let (weight, centre) = (1.0 + Z * Z / n, rate + Z * Z / (2.0 * n));
        let half = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some(Interval { lo: (centre - half) / weight, hi: (centre + half) / weight })
    }
}

/// A row: who it is, and what is asked of it.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) bar: Bar,
}

/// Interval score at level 0.9 (Winkler 1972): the width, and twenty times what the outcome lies outside by.
fn interval_score(interval: Interval, outcome: f64) -> f64 {
    /// 2 / (1 - level).
    const PENALTY: f64 = 20.0;
    let outside = (interval.lo - outcome).max(0.0) + (outcome - interval.hi).max(0.0);
    interval.hi - interval.lo + PENALTY * outside
}

fn bias(people: &[Scored]) -> Option<Mean> {
    mean(people.iter().filter_map(|p| p.estimate.map(|estimate| estimate - p.outcome)))
}

fn coverage(people: &[Scored], of: impl Fn(&Scored) -> Option<Interval>) -> Option<Mean> {
    mean(people.iter().filter_map(|p| of(p).map(|span| f64::from(u8::from(span.contains(p.outcome))))))
}

/// Mean interval score of those whose own interval is told, so that all are of the same people.
fn winkler(people: &[Scored], of: impl Fn(&Scored) -> Option<Interval>) -> Option<Mean> {
    let told = people.iter().filter(|p| p.interval.is_some());
    mean(told.filter_map(|p| of(p).map(|span| interval_score(span, p.outcome))))
}

fn median_width<'a>(people: impl Iterator<Item = &'a Scored>) -> Option<f64> {
    let mut widths: Vec<f64> = people.filter_map(|p| p.interval).map(|span| span.hi - span.lo).collect();
    widths.sort_by(f64::total_cmp);
    widths.get(widths.len() / 2).copied()
}

/// Median width of those with at least 20 valid days of 28.
fn width_of_well_known(people: &[Scored]) -> Option<f64> {
    median_width(people.iter().filter(|p| 28.0 * p.valid >= 20.0 - 1e-9))
}

/// The table.
pub(crate) fn print(title: &str, rows: &[(Line, Vec<Scored>)]) {
    let cell = |value: Option<f64>, decimals: usize| {
        value.map_or_else(|| format!("{:>7}", "-"), |value| format!("{value:>7.decimals$}"))
    };
    let at = |mean: Option<Mean>| mean.map(|mean| mean.value);
    let head = |name: &str| format!("{name:>7}");
    let columns =
        ["valid", "told %", "outcome", "bias", "MAE", "cover", "width", "from 20"].map(head).join(" ");
    println!(
        "\n{title}\n{:<42}{columns} | {:^23} | {:^15} | {:^15}",
        "", "interval score", "coverage", "bounds"
    );
    println!(
        "{:<105} | {} | {} | {}",
        "",
        ["ours", "raw", "naive"].map(head).join(" "),
        ["raw", "naive"].map(head).join(" "),
        ["lower", "upper"].map(head).join(" ")
    );
    for (line, people) in rows {
        let told = people.iter().filter(|p| p.estimate.is_some()).count() as f64 / people.len() as f64;
        let error = mean(people.iter().filter_map(|p| p.estimate.map(|e| (e - p.outcome).abs())));
        let signed = at(bias(people)).map_or_else(|| format!("{:>7}", "-"), |bias| format!("{bias:>+7.3}"));
        println!(
            "{:<3}{:<38} {} {} {} {signed} {} {} {} {} | {} {} {} | {} {} | {} {}{}",
            line.key,
            line.name,
            cell(at(mean(people.iter().map(|p| p.valid))), 2),
            cell(Some(100.0 * told), 1),
            cell(at(mean(people.iter().map(|p| p.outcome))), 3),
            cell(at(error), 3),
            cell(at(coverage(people, |p| p.interval)), 3),
            cell(median_width(people.iter()), 3),
            cell(width_of_well_known(people), 3),
            cell(at(winkler(people, |p| p.interval)), 3),
            cell(at(winkler(people, |p| p.raw.interval())), 3),
            cell(at(winkler(people, |p| p.naive.interval())), 3),
            cell(at(coverage(people, |p| p.raw.interval())), 3),
            cell(at(coverage(people, |p| p.naive.interval())), 3),
            cell(at(mean(people.iter().map(|p| p.bounds.lo))), 3),
            cell(at(mean(people.iter().map(|p| p.bounds.hi))), 3),
            if line.bar == Bar::Held { "  held" } else { "" },
        );
    }
}

/// Holds a row to its bars, give or take so many Monte-Carlo standard errors.
pub(crate) fn check(title: &str, line: &Line, people: &[Scored], slack: f64) {
    let at = format!("{title}, {} {}", line.key, line.name);
    for person in people {
        assert!(person.bounds.contains(person.outcome), "{at}: {:?}, {}", person.bounds, person.outcome);
        let told = [person.interval.map(|i| i.lo), person.interval.map(|i| i.hi), person.estimate];
        assert!(
            told.into_iter().flatten().all(|value| person.bounds.contains(value)),
            "{at}: within the bounds"
        );
    }
    match line.bar {
        Bar::Stated => return,
        Bar::BoundsAlone => {
            assert!(
                people.iter().all(|p| p.estimate.is_none() && p.interval.is_none()),
                "{at}: bounds alone"
            );
            return;
        }
        Bar::Held => {}
    }
    let bias = bias(people).expect("estimates");
    assert!(
        bias.value.abs() <= MOST_BIAS + slack * bias.se,
        "{at}: bias {:+.4} (se {:.4})",
        bias.value,
        bias.se
    );
    let cover = coverage(people, |p| p.interval).expect("intervals");
    assert!(cover.value >= LEAST_COVERAGE - slack * cover.se, "{at}: coverage {:.4}", cover.value);
    let ours = winkler(people, |p| p.interval).expect("intervals").value;
    for (name, other) in
        [("raw", winkler(people, |p| p.raw.interval())), ("naive", winkler(people, |p| p.naive.interval()))]
    {
        let other = other.expect("rates").value;
        assert!(ours < other, "{at}: interval score {ours:.4}, of the {name} rate {other:.4}");
    }
    if let Some(width) = width_of_well_known(people) {
        assert!(width <= MOST_WIDTH + 1e-9, "{at}: median width {width:.4} from 20 valid days of 28");
    }
}
