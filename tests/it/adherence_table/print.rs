//! The tables, in fixed width.

use foulee_analytics::adherence::{AdherenceStatus, Interval, SENSITIVITY_SHIFTS};

use crate::score::{Judged, Mean, bias, coverage, mean, median_width, share};
use crate::{Bar, Row};

/// A number in its column, or a dash.
fn cell(value: Option<f64>, width: usize, decimals: usize) -> String {
    value.map_or_else(|| format!("{:>width$}", "-"), |value| format!("{value:>width$.decimals$}"))
}

/// A signed number in its column, or a dash.
fn signed(value: Option<f64>, width: usize) -> String {
    value.map_or_else(|| format!("{:>width$}", "-"), |value| format!("{value:>+width$.3}"))
}

fn value(mean: Option<Mean>) -> Option<f64> {
    mean.map(|mean| mean.value)
}

fn se(mean: Option<Mean>) -> Option<f64> {
    mean.map(|mean| mean.se)
}

fn estimate(person: &Judged) -> Option<f64> {
    person.found.estimate.estimate
}

fn interval(person: &Judged) -> Option<Interval> {
    person.found.estimate.interval
}

/// Estimates and intervals beside the outcome as judged.
pub(crate) fn main_table(rows: &[(Row, Vec<Judged>)]) {
    println!(
        "\nAdherence over 28 days beside the outcome as the pipeline judges a day worn enough to be valid\n\
         {:<3}{:<34} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7} {:>6} {:>6} {:>6} {:>6} {:>6} | {:>7} {:>6}",
        "",
        "pattern of wear",
        "valid",
        "ok",
        "insuf",
        "bound",
        "outcome",
        "bias",
        "se",
        "MAE",
        "cover",
        "se",
        "width",
        "bias",
        "cover"
    );
    println!(
        "{:<37} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7} {:>6} {:>6} {:>6} {:>6} {:>6} | {:>14}",
        "", "days", "%", "%", "%", "mean", "", "", "", "90 %", "", "median", "default prior"
    );
    for (row, people) in rows {
        let percent = |status| 100.0 * share(people, |person| person.found.estimate.status == status);
        let bias_found = bias(people, estimate, |person| person.outcome);
        let cover = coverage(people, interval, |person| person.outcome);
        let mae = mean(
            people.iter().filter_map(|person| estimate(person).map(|found| (found - person.outcome).abs())),
        );
        let default_bias = bias(people, |p| p.by_default.estimate.estimate, |p| p.outcome);
        let default_cover = coverage(people, |p| p.by_default.estimate.interval, |p| p.outcome);
        println!(
            "{:<3}{:<34} {} {:>6.1} {:>6.1} {:>6.1} {} {} {} {} {} {} {} | {} {}{}",
            row.key,
            row.name,
            cell(value(mean(people.iter().map(|p| p.found.days.valid.into()))), 6, 1),
            percent(AdherenceStatus::Ok),
            percent(AdherenceStatus::Insufficient),
            percent(AdherenceStatus::Bounded),
            cell(value(mean(people.iter().map(|p| p.outcome))), 7, 3),
            signed(value(bias_found), 7),
            cell(se(bias_found), 6, 4),
            cell(value(mae), 6, 3),
            cell(value(cover), 6, 3),
            cell(se(cover), 6, 4),
            cell(median_width(people, interval), 6, 2),
            signed(value(default_bias), 7),
            cell(value(default_cover), 6, 3),
            if row.bar == Bar::Held { "  held" } else { "" },
        );
    }
}

/// Valid days misjudged for their unworn hours, apart.
pub(crate) fn misjudged_table(rows: &[(Row, Vec<Judged>)]) {
    println!(
        "\nMisjudged apart: valid days called missed only for their unworn hours, and what that does to the estimate\n\
         {:<3}{:<34} {:>9} {:>8} {:>9} {:>10} {:>9} {:>11} {:>11}",
        "",
        "pattern of wear",
        "misjudged",
        "bias",
        "days lost",
        "bias mixed",
        "bias",
        "cover whole",
        "whole beyond"
    );
    println!(
        "{:<37} {:>9} {:>8} {:>9} {:>10} {:>9} {:>11} {:>11}",
        "", "% valid", "outcome", "share", "", "whole", "90 %", "bounds %"
    );
    for (row, people) in rows {
        let valid: u32 = people.iter().map(|person| person.found.days.valid).sum();
        let misjudged: u32 = people.iter().map(|person| person.misjudged).sum();
        let lost = mean(people.iter().filter(|p| estimate(p).is_some()).map(|p| p.whole - p.outcome));
        let beyond = |person: &Judged| {
            !person.found.estimate.bounds.is_some_and(|bounds| bounds.contains(person.whole))
        };
        println!(
            "{:<3}{:<34} {} {} {} {} {} {} {:>11.1}",
            row.key,
            row.name,
            cell((valid > 0).then(|| 100.0 * f64::from(misjudged) / f64::from(valid)), 9, 1),
            signed(value(bias(people, estimate, |p| p.outcome)), 8),
            cell(value(lost), 9, 3),
            signed(value(bias(people, estimate, |p| p.mixed)), 10),
            signed(value(bias(people, estimate, |p| p.whole)), 9),
            cell(value(coverage(people, interval, |p| p.whole)), 11, 3),
            100.0 * share(people, beyond),
        );
    }
}

/// An estimate and its interval, as far as they are told.
type Told = (Option<f64>, Option<Interval>);

/// The loss of a row whose wear hangs on the steps themselves, with the shifted sensitivity beside it.
pub(crate) fn sensitivity_table(row: &Row, people: &[Judged]) {
    println!(
        "\n{} {}: the loss, and what if unseen days were worse\n{:<24} {:>8} {:>7} {:>7} {:>11}",
        row.key, row.name, "", "bias", "cover", "width", "bias whole"
    );
    let line = |name: &str, at: &dyn Fn(&Judged) -> Told| {
        println!(
            "{name:<24} {} {} {} {}",
            signed(value(bias(people, |p| at(p).0, |p| p.outcome)), 8),
            cell(value(coverage(people, |p| at(p).1, |p| p.outcome)), 7, 3),
            cell(median_width(people, |p| at(p).1), 7, 2),
            signed(value(bias(people, |p| at(p).0, |p| p.whole)), 11),
        );
    };
    line("as assumed", &|p| (estimate(p), interval(p)));
    for (index, shift) in SENSITIVITY_SHIFTS.into_iter().enumerate() {
        line(&format!("logit shifted by {shift:+}"), &|p| {
            let shifted = p.found.estimate.sensitivity.get(index);
            (shifted.and_then(|s| s.estimate), shifted.map(|s| s.interval))
        });
    }
    line("hard bounds", &|p| (None, p.found.estimate.bounds));
}

/// Bounds where nothing else is told.
pub(crate) fn bounds_table(row: &Row, people: &[Judged]) {
    let of = |at: fn(&Judged) -> f64| cell(value(mean(people.iter().map(at))), 6, 3);
    println!(
        "\n{} {}: bounds alone. Mean lower bound {}, mean upper bound {}, truth {} (quota in phone steps)",
        row.key,
        row.name,
        of(|p| p.found.estimate.bounds.map_or(f64::NAN, |bounds| bounds.lo)),
        of(|p| p.found.estimate.bounds.map_or(f64::NAN, |bounds| bounds.hi)),
        of(|p| p.whole),
    );
}
