//! Measures of days made by hand.

use chrono::NaiveDate;

use super::*;
use crate::measures::REGISTRY;
use crate::sources::{HeartRate, SourceDay, StepInterval};
use crate::wear::ValidWearParams;
use crate::{MINUTE_MS, merge_day};

/// Ten hours worn with an hour's walk at 110 in it; then the watch lies on the table.
fn watch() -> SourceDay {
    let minute = |m: i64| (m * MINUTE_MS, (m + 1) * MINUTE_MS);
    let walking = 120..180;
    SourceDay {
        wearable: true,
        has_heart_rate: true,
        steps: (0..1440)
            .map(|m| {
                let count = if walking.contains(&m) { 110 } else { 0 };
                StepInterval { start_ms: minute(m).0, end_ms: minute(m).1, count }
            })
            .collect(),
        heart_rate: (0..600)
            .map(|m| {
                let deci_bpm = if walking.contains(&m) { 1100 } else { 620 };
                HeartRate { start_ms: minute(m).0, end_ms: minute(m).1, deci_bpm }
            })
            .collect(),
        day_total_steps: Some(6_650),
        ..SourceDay::default()
    }
}

fn measured(sources: &[SourceDay], context: &DayContext) -> Vec<DayMeasure> {
    let params = ValidWearParams::default();
    let day = merge_day(NaiveDate::default(), 0..1440 * MINUTE_MS, sources, &params).unwrap();
    measure_day(&day, context).unwrap()
}

fn value(measures: &[DayMeasure], name: &str) -> Option<f64> {
    measures.iter().find(|m| m.measure == name).unwrap().value
}

#[test]
fn every_measure_is_registered_and_every_registered_measure_is_emitted() {
    for sources in [vec![], vec![watch()]] {
        let names: Vec<&str> = measured(&sources, &DayContext::default()).iter().map(|m| m.measure).collect();
        let registered: Vec<&str> = REGISTRY.iter().map(|measure| measure.name).collect();
        assert_eq!(names, registered);
    }
}

#[test]
fn a_worked_day() {
    let context = DayContext { age_years: Some(50), usual_resting_bpm: Some(60.0), ..DayContext::default() };
    let found = measured(&[watch()], &context);
    for (name, expected) in [
        ("steps", 6_600.0),
        ("device_day_total", 6_650.0),
        ("wear_minutes", 600.0),
        ("moved_minutes", 60.0),
        ("still_minutes", 540.0),
        ("unknown_minutes", 840.0),
        ("valid_day", 1.0),
        ("cadence_0_minutes", 540.0),
        ("cadence_100_119_minutes", 60.0),
        ("peak_1_cadence", 110.0),
        ("peak_60_cadence", 110.0),
        ("mvpa_minutes", 60.0),
        ("vigorous_minutes", 0.0),
        ("mvpa_bout_minutes", 60.0),
        ("mvpa_bout_count", 1.0),
        ("mvpa_strict_bout_minutes", 60.0),
        ("longest_inactivity", 420.0),
        ("active_bout_count", 1.0),
        ("astp", 1.0 / 60.0),
        ("satp", 1.0 / 270.0),
        ("resting_heart_rate", 62.0),
        ("resting_heart_rate_p5", 62.0),
        ("heart_rate_minutes", 600.0),
        ("heart_rate_light_minutes", 540.0),
        ("heart_rate_moderate_minutes", 60.0),
        ("heart_rate_vigorous_minutes", 0.0),
    ] {
        assert_eq!(value(&found, name), Some(expected), "{name}");
    }
    let steps = found[0];
    assert!((steps.coverage - 600.0 / 1440.0).abs() < 1e-12);
    assert_eq!(steps.quality, "measured");
    assert_eq!(found.last().unwrap().quality, "percent_hrr");
}

#[test]
fn what_cannot_be_known_is_none_and_never_zero() {
    let nothing = measured(&[], &DayContext::default());
    let known: Vec<&str> = nothing.iter().filter(|m| m.value.is_some()).map(|m| m.measure).collect();
    assert_eq!(known, ["wear_minutes", "unknown_minutes", "valid_day"]);
    assert_eq!((value(&nothing, "unknown_minutes"), value(&nothing, "valid_day")), (Some(1440.0), Some(0.0)));
    assert!(nothing.iter().all(|m| m.quality == "no_data"));
    let without_age = measured(&[watch()], &DayContext::default());
    assert_eq!(value(&without_age, "heart_rate_light_minutes"), None);
}

#[test]
fn a_phone_knows_steps_and_not_rest() {
    let phone = SourceDay { wearable: false, has_heart_rate: false, heart_rate: Vec::new(), ..watch() };
    let found = measured(&[phone], &DayContext::default());
    assert_eq!(value(&found, "steps"), Some(6_600.0));
    assert_eq!((value(&found, "wear_minutes"), value(&found, "valid_day")), (Some(0.0), Some(0.0)));
    for name in
        ["still_minutes", "cadence_0_minutes", "longest_inactivity", "astp", "satp", "resting_heart_rate"]
    {
        assert_eq!(value(&found, name), None, "{name}");
    }
    assert_eq!(found[0].quality, "phone_only");
}

#[test]
fn steps_of_an_hour_have_no_cadence() {
    let hour = StepInterval { start_ms: 0, end_ms: 60 * MINUTE_MS, count: 900 };
    let source = SourceDay { steps: vec![hour], ..watch() };
    let found = measured(&[source], &DayContext::default());
    assert_eq!(value(&found, "steps"), Some(900.0));
    assert_eq!((value(&found, "mvpa_minutes"), value(&found, "peak_1_cadence")), (None, None));
    assert_eq!(found[0].quality, "unresolved_steps");
}

#[test]
fn an_impossible_person_is_rejected() {
    let params = ValidWearParams::default();
    let day = merge_day(NaiveDate::default(), 0..1440 * MINUTE_MS, &[], &params).unwrap();
    let context = DayContext { age_years: Some(7), ..DayContext::default() };
    assert!(measure_day(&day, &context).is_err());
}
