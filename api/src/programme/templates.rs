//! The built-in programmes.

use foulee_analytics::programme::{QuotaKind, graded_walking};
use foulee_contract::{CONTRACT_VERSION, ProgrammeDoc, QuotaDoc, StageDoc, TextDoc};

use super::follow::kind_doc;
use super::start::{Start, needs, started};
use super::{DocFormat, parse_doc};
use crate::ApiError;

/// The name of the graded template. Assigned, it becomes `graded-walking-STEPS`, a document of its own.
pub const GRADED_WALKING: &str = "graded-walking";
/// Steps at which it can start: what analytics takes.
pub const GRADED_STARTS: std::ops::RangeInclusive<u32> = 500..=20_000;
/// The start of the template where it is only shown.
const SHOWN_START_STEPS: u32 = 5_000;

/// The templates that are documents.
const DOCUMENTS: [&str; 3] = [
    include_str!("../../programmes/back-school.toml"),
    include_str!("../../programmes/home-exercises.toml"),
    include_str!("../../programmes/gentle-start.toml"),
];

/// The built-in templates.
#[must_use]
pub fn templates() -> Vec<ProgrammeDoc> {
    let graded =
        graded_walking_doc(SHOWN_START_STEPS).map(|doc| ProgrammeDoc { name: GRADED_WALKING.into(), ..doc });
    let documents = DOCUMENTS.iter().map(|text| parse_doc(text, DocFormat::Toml));
    [graded].into_iter().chain(documents).flatten().collect()
}

/// What is built in under a name and version: a template, or what one becomes at a person's own start.
#[must_use]
pub fn built_in(name: &str, version: u32) -> Option<ProgrammeDoc> {
    let own = |template: ProgrammeDoc| {
        if template.name == name {
            return Some(template);
        }
        let beyond = name.strip_prefix(template.name.as_str())?.strip_prefix('-')?;
        let start = Start::of_name(beyond, needs(&template).trials)?;
        started_template(&template, &start).ok()
    };
    templates().into_iter().filter_map(own).find(|doc| doc.name == name && doc.version == version)
}

/// A template at a person's own start. The graded one has a start although what is shown of it has amounts already.
///
/// # Errors
/// As [`started`].
pub fn started_template(template: &ProgrammeDoc, start: &Start) -> Result<ProgrammeDoc, ApiError> {
    match start.run_in {
        Some(steps) if template.name == GRADED_WALKING => {
            started(&graded_walking_doc(steps)?, &Start { run_in: None, ..*start })
        }
        _ => started(template, start),
    }
}

/// The graded template, started at a person's own daily steps.
///
/// # Errors
/// When the start is outside 500 to 20,000 steps.
pub fn graded_walking_doc(start_steps: u32) -> Result<ProgrammeDoc, ApiError> {
    let programme = graded_walking(start_steps)?;
    let stages = programme.stages().iter().map(|stage| StageDoc {
        title: None,
        from_week: None,
        weeks: stage.weeks,
        rest_days: None,
        quotas: stage
            .quotas
            .iter()
            .map(|quota| QuotaDoc {
                kind: kind_doc(quota.kind),
                per_week: quota.per_week,
                target: Some(quota.target),
                baseline: None,
                percent: None,
                days: None,
                min_cadence: (quota.kind == QuotaKind::WalkMinutes).then_some(quota.min_cadence),
                intensity: None,
                exercises: None,
            })
            .collect(),
    });
    // Nothing more is said: its digest is that of documents which are stored already.
    Ok(ProgrammeDoc {
        contract: CONTRACT_VERSION,
        name: format!("{GRADED_WALKING}-{start_steps}"),
        version: 1,
        title: TextDoc { fr: "Marche progressive".into(), en: "Graded walking".into() },
        contingency: None,
        progression: None,
        group_size: None,
        stages: stages.collect(),
    })
}

#[cfg(test)]
mod tests {
    use foulee_analytics::baseline::Trials;
    use foulee_contract::{Contingency, Progression};

    use super::super::{doc_digest, programme_of};
    use super::*;

    fn template(name: &str) -> ProgrammeDoc {
        templates().into_iter().find(|doc| doc.name == name).unwrap()
    }

    #[test]
    fn every_template_is_there_and_can_be_started() {
        let names: Vec<_> = templates().into_iter().map(|doc| doc.name).collect();
        assert_eq!(names, [GRADED_WALKING, "back-school", "home-exercises", "gentle-start"]);
        for doc in templates() {
            parse_doc(DOCUMENTS.iter().find(|text| text.contains(&doc.name)).unwrap_or(&""), DocFormat::Toml)
                .map_or_else(|_| assert_eq!(doc.name, GRADED_WALKING), |parsed| assert_eq!(parsed, doc));
            let needs = needs(&doc);
            let start = Start {
                run_in: needs.run_in.then_some(3_000),
                trials: needs.trials.map(|kind| Trials::of(kind, &[10, 8, 9]).unwrap()),
                contingency: needs.contingency.then_some(Contingency::PainModulated),
            };
            let own = started_template(&doc, &start).unwrap();
            programme_of(&own).unwrap();
            assert_eq!(built_in(&own.name, own.version), Some(own));
        }
    }

    #[test]
    fn the_school_is_eight_days_in_four_weeks() {
        let school = template("back-school");
        assert_eq!(school.group_size, Some(6));
        let days: u32 =
            school.stages.iter().map(|s| u32::from(s.weeks) * u32::from(s.quotas[0].per_week)).sum();
        let weeks: u16 = school.stages.iter().map(|stage| stage.weeks).sum();
        assert_eq!((weeks, days), (4, 8));
        // Assigned without a word more: the calendar is all that moves it on.
        assert_eq!(needs(&school), super::super::start::Needs::default());
    }

    #[test]
    fn the_home_programme_lasts_twelve_weeks_and_rises_in_days_first() {
        let home = template("home-exercises");
        assert_eq!(programme_weeks(&home), 12);
        assert_eq!(home.progression, Some(Progression::Adjuster));
        assert!(needs(&home).contingency && needs(&home).run_in);
        for pair in home.stages.windows(2) {
            for (before, after) in pair[0].quotas.iter().zip(&pair[1].quotas) {
                assert_eq!(before.kind, after.kind);
                assert!(before.per_week <= after.per_week, "{:?}", after.kind);
            }
        }
        let kinds: Vec<_> = home.stages[0].quotas.iter().map(|quota| quota.kind).collect();
        assert_eq!(kinds.len(), 4, "walking, stretching, strengthening, relaxation: {kinds:?}");
    }

    #[test]
    fn the_gentle_start_counts_minutes_first_then_steps() {
        let start = Start {
            run_in: Some(3_000),
            trials: Trials::of(QuotaKind::WalkMinutes, &[10, 8, 9]).ok(),
            contingency: None,
        };
        let own = started_template(&template("gentle-start"), &start).unwrap();
        assert_eq!(own.name, "gentle-start-3000-trials-27");
        let stages = own.stages.iter().map(|stage| {
            let quota = &stage.quotas[0];
            (stage.weeks, kind_doc(QuotaKind::Steps) == quota.kind, quota.per_week, quota.target)
        });
        // The mean is 9 minutes: 70 % is 6.3, 85 % is 7.65; then what is usual, 3 000, and 110 % of it.
        assert_eq!(
            stages.collect::<Vec<_>>(),
            [
                (2, false, 3, Some(6)),
                (2, false, 4, Some(7)),
                (2, false, 5, Some(9)),
                (3, true, 5, Some(3_000)),
                (3, true, 5, Some(3_300)),
            ]
        );
    }

    fn programme_weeks(doc: &ProgrammeDoc) -> u32 {
        super::super::weeks(doc)
    }

    #[test]
    fn the_graded_template_is_the_document_that_folders_hold() {
        let (json, _) = doc_digest(&graded_walking_doc(6_000).unwrap()).unwrap();
        let start = r#"{"contract":1,"name":"graded-walking-6000","version":1,"title":{"fr":"Marche progressive","en":"Graded walking"},"stages":[{"weeks":2,"quotas":[{"kind":"steps","per_week":5,"target":6000},{"kind":"walk_minutes","per_week":5,"target":10,"min_cadence":60}]},"#;
        assert!(json.starts_with(start), "{json}");
    }

    #[test]
    fn what_is_built_in_is_known_by_name_and_version() {
        assert_eq!(built_in(GRADED_WALKING, 1), templates().into_iter().next());
        assert_eq!(built_in("graded-walking-6000", 1), graded_walking_doc(6_000).ok());
        let timed = built_in("graded-walking-6000-time", 1).unwrap();
        assert_eq!(timed.contingency, Some(Contingency::TimeContingent));
        for (name, version) in [
            (GRADED_WALKING, 2),
            ("graded-walking-06000", 1),
            ("graded-walking-7", 1),
            ("graded-walking6000", 1),
            ("graded-walking-6000-pain", 1),
            ("home-exercises-6000", 1),
            ("back-school-6000", 1),
            ("walk", 1),
        ] {
            assert_eq!(built_in(name, version), None, "{name} {version}");
        }
    }
}
