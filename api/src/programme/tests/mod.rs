mod judge;
mod malformed;
mod mutation;

use std::path::Path;

use foulee_analytics::programme::graded_walking;

use super::*;

/// A sound document with every field that a document can have.
const SOUND_TOML: &str = r#"contract = 1
name = "mine"
version = 3
title = { fr = "Le mien", en = "Mine" }
contingency = "pain_modulated"
progression = "adjuster"
group_size = 6

[[stages]]
title = { fr = "Début", en = "Start" }
weeks = 2
rest_days = ["sun"]

[[stages.quotas]]
kind = "steps"
per_week = 5
target = 4000

[[stages.quotas]]
kind = "walk_minutes"
per_week = 3
baseline = "trials"
percent = 70
days = ["mon", "wed", "fri"]
min_cadence = 60
exercises = [{ fr = "marche", en = "walking" }]

[stages.quotas.intensity]
cadence = [100, 130]
heart_rate_reserve = [40, 59]
effort = [11, 13]

[[stages]]
from_week = 5
weeks = 4

[[stages.quotas]]
kind = "stretching"
per_week = 7
target = 20
"#;

/// The same document.
const SOUND_JSON: &str = r#"{
  "contract": 1,
  "name": "mine",
  "version": 3,
  "title": {"fr": "Le mien", "en": "Mine"},
  "contingency": "pain_modulated",
  "progression": "adjuster",
  "group_size": 6,
  "stages": [
    {
      "title": {"fr": "Début", "en": "Start"},
      "weeks": 2,
      "rest_days": ["sun"],
      "quotas": [
        {
          "kind": "steps",
          "per_week": 5,
          "target": 4000
        },
        {
          "kind": "walk_minutes",
          "per_week": 3,
          "baseline": "trials",
          "percent": 70,
          "days": ["mon", "wed", "fri"],
          "min_cadence": 60,
          "exercises": [{"fr": "marche", "en": "walking"}],
          "intensity": {
            "cadence": [100, 130],
            "heart_rate_reserve": [40, 59],
            "effort": [11, 13]
          }
        }
      ]
    },
    {
      "from_week": 5,
      "weeks": 4,
      "quotas": [
        {
          "kind": "stretching",
          "per_week": 7,
          "target": 20
        }
      ]
    }
  ]
}
"#;

fn faults(text: &str, format: DocFormat) -> Vec<DocFault> {
    match parse_doc(text, format) {
        Err(ApiError::ProgrammeInvalid { faults }) => faults,
        other => panic!("{other:?}\n{text}"),
    }
}

#[test]
fn every_field_is_read_the_same_from_both() {
    let doc = parse_doc(SOUND_TOML, DocFormat::Toml).unwrap();
    assert_eq!(parse_doc(SOUND_JSON, DocFormat::Json).unwrap(), doc);
    // What this reads is what the contract's own types read.
    assert_eq!(serde_json::from_str::<ProgrammeDoc>(SOUND_JSON).unwrap(), doc);
    assert_eq!(toml::from_str::<ProgrammeDoc>(SOUND_TOML).unwrap(), doc);
    let member = format!("{{\"start\":\"2026-03-02\",\n\"document\":{SOUND_JSON}}}");
    assert_eq!(parse_member(&member, "document").unwrap(), doc);
}

#[test]
fn the_template_survives_its_own_document() {
    let doc = graded_walking_doc(6_000).unwrap();
    let followed = programme_of(&doc).unwrap();
    assert_eq!(followed.stages(), graded_walking(6_000).unwrap().stages());
    for doc in [doc].into_iter().chain(templates()) {
        assert_eq!(parse_doc(&serde_json::to_string(&doc).unwrap(), DocFormat::Json).unwrap(), doc);
        assert_eq!(parse_doc(&toml::to_string(&doc).unwrap(), DocFormat::Toml).unwrap(), doc);
    }
}

#[test]
fn what_is_stored_is_followed_although_it_would_not_be_taken_today() {
    let mut doc = graded_walking_doc(6_000).unwrap();
    doc.contingency = Some(foulee_contract::Contingency::PainModulated);
    doc.title.en = String::new();
    assert!(programme_of(&doc).is_ok());
    assert!(parse_doc(&serde_json::to_string(&doc).unwrap(), DocFormat::Json).is_err());
    doc.stages[0].quotas[0].per_week = 8;
    let error = programme_of(&doc).unwrap_err().to_string();
    assert!(error.contains("per_week"), "{error}");
}

#[test]
fn a_file_is_read_as_what_its_name_says() {
    for (name, text, format) in [
        ("a.json", "[", DocFormat::Json),
        ("a.JSON", "contract = 1", DocFormat::Json),
        ("a.toml", "{", DocFormat::Toml),
        ("./a", " {", DocFormat::Json),
        ("./a", "contract = 1", DocFormat::Toml),
    ] {
        assert_eq!(DocFormat::of(Path::new(name), text), format, "{name}: {text}");
    }
    let error = parse_doc("[", DocFormat::Json).unwrap_err().to_string();
    assert!(!error.contains("TOML") && error.contains("line 1"), "{error}");
}

#[test]
fn what_it_prescribes_is_told_by_the_week() {
    let doc = parse_doc(SOUND_TOML, DocFormat::Toml).unwrap();
    assert_eq!(weeks(&doc), 8);
    let rows = week_rows(&doc);
    let told: Vec<(u32, usize, &str)> = rows.iter().map(|row| (row.week, row.stage, row.kind)).collect();
    let (first, second) = ("steps", "walk_minutes");
    assert_eq!(told[..4], [(1, 1, first), (1, 1, second), (2, 1, first), (2, 1, second)]);
    let later: Vec<_> = (5..=8).map(|week| (week, 2, "stretching")).collect();
    assert_eq!(told[4..], later, "weeks 3 and 4 are a pause");
    assert_eq!(rows[0].days, "mon tue wed thu fri sat");
    assert_eq!((rows[1].target, rows[1].baseline, rows[1].percent), (None, Some("trials"), Some(70)));
    assert_eq!(rows[1].intensity[2].as_deref(), Some("11-13"));
}

#[test]
fn a_day_has_its_quotas_and_their_exercises_by_name() {
    let doc = parse_doc(SOUND_TOML, DocFormat::Toml).unwrap();
    // A Monday; the rest day is Sunday, walking counts on Monday, Wednesday and Friday.
    let start = "2026-03-02".parse().unwrap();
    let names = |date: &str| -> Vec<Vec<String>> {
        let quotas = quotas_on(&doc, start, date.parse().unwrap()).into_iter();
        let names = |quota: &foulee_contract::QuotaDoc| {
            quota.exercises.iter().flatten().map(|text| text.fr.clone()).collect()
        };
        quotas.map(names).collect()
    };
    let (steps, walk, stretch): (Vec<String>, _, Vec<String>) = (vec![], vec!["marche".to_owned()], vec![]);
    assert_eq!(names("2026-03-01"), Vec::<Vec<String>>::new(), "before the start");
    assert_eq!(names("2026-03-02"), [steps.clone(), walk]);
    assert_eq!(names("2026-03-03"), [steps]);
    assert_eq!(names("2026-03-08"), Vec::<Vec<String>>::new(), "the rest day");
    assert_eq!(names("2026-03-16"), Vec::<Vec<String>>::new(), "a pause");
    assert_eq!(names("2026-03-30"), [stretch]);
    assert_eq!(names("2026-04-27"), Vec::<Vec<String>>::new(), "after the end");
    let followed = programme_of(
        &started(
            &doc,
            &Start {
                trials: foulee_analytics::baseline::Trials::of(
                    foulee_analytics::programme::QuotaKind::WalkMinutes,
                    &[9, 9, 9],
                )
                .ok(),
                ..Start::default()
            },
        )
        .unwrap(),
    )
    .unwrap();
    for day in 0..70 {
        let date = start + chrono::Days::new(day);
        let kinds = foulee_analytics::programme::QuotaKind::ALL;
        let expected = kinds.iter().filter(|kind| followed.quota_on(start, date, **kind).is_some()).count();
        assert_eq!(quotas_on(&doc, start, date).len(), expected, "{date}: as analytics follows it");
    }
}
