//! Programme documents: from the wire to what analytics follows, and the built-in templates.

use std::path::Path;

use foulee_analytics::programme::{
    DEFAULT_TOLERANCE, DEFAULT_WALKING_CADENCE, EligibleWeekdays, Intensity, Programme, ProgrammeSpec, Quota,
    QuotaKind, Stage, graded_walking,
};
use foulee_contract::{
    CONTRACT_VERSION, ProgrammeDoc, QuotaDoc, QuotaKindDoc, StageDoc, TextDoc, WeekdayDoc,
};
use sha2::{Digest as _, Sha256};

use crate::ApiError;

/// The name of the graded template. Assigned, it becomes `graded-walking-STEPS`, a document of its own.
pub const GRADED_WALKING: &str = "graded-walking";
/// The start of the template where it is only shown.
const SHOWN_START_STEPS: u32 = 5_000;

/// Names and titles of the built-in templates.
#[must_use]
pub fn templates() -> Vec<ProgrammeDoc> {
    graded_walking_doc(SHOWN_START_STEPS)
        .map(|doc| ProgrammeDoc { name: GRADED_WALKING.into(), ..doc })
        .into_iter()
        .collect()
}

/// What is built in under a name and version: a template, or what the graded one becomes at a person's own start.
#[must_use]
pub fn built_in(name: &str, version: u32) -> Option<ProgrammeDoc> {
    let start = name.strip_prefix(GRADED_WALKING).and_then(|rest| rest.strip_prefix('-')?.parse().ok());
    let started = start.and_then(|steps| graded_walking_doc(steps).ok());
    templates().into_iter().chain(started).find(|doc| doc.name == name && doc.version == version)
}

/// The graded template, started at a person's own daily steps.
///
/// # Errors
/// When the start is outside 500 to 20,000 steps.
pub fn graded_walking_doc(start_steps: u32) -> Result<ProgrammeDoc, ApiError> {
    let programme = graded_walking(start_steps)?;
    let stages = programme.stages().iter().map(|stage| StageDoc {
        weeks: stage.weeks,
        quotas: stage
            .quotas
            .iter()
            .map(|quota| QuotaDoc {
                kind: kind_doc(quota.kind),
                per_week: quota.per_week,
                target: quota.target,
                days: None,
                min_cadence: (quota.kind == QuotaKind::WalkMinutes).then_some(quota.min_cadence),
            })
            .collect(),
    });
    Ok(ProgrammeDoc {
        contract: CONTRACT_VERSION,
        name: format!("{GRADED_WALKING}-{start_steps}"),
        version: 1,
        title: TextDoc { fr: "Marche progressive".into(), en: "Graded walking".into() },
        contingency: None,
        stages: stages.collect(),
    })
}

/// What analytics follows.
///
/// # Errors
/// Names the field of a document that cannot be followed.
pub fn programme_of(doc: &ProgrammeDoc) -> Result<Programme, ApiError> {
    let invalid = |field: &str, fix: String| ApiError::ProgrammeInvalid { field: field.to_owned(), fix };
    if doc.contract != CONTRACT_VERSION {
        return Err(invalid("contract", format!("this program speaks contract {CONTRACT_VERSION}")));
    }
    if doc.version == 0 {
        return Err(invalid("version", "a number from 1".to_owned()));
    }
    let stages = doc.stages.iter().map(|stage| Stage {
        from_week: None,
        weeks: stage.weeks,
        quotas: stage.quotas.iter().map(quota_of).collect(),
    });
    let spec = ProgrammeSpec {
        name: doc.name.clone(),
        version: doc.version.to_string(),
        title_key: doc.name.clone(),
        stages: stages.collect(),
    };
    spec.check().map_err(|error| invalid("stages", error.to_string()))
}

fn quota_of(quota: &QuotaDoc) -> Quota {
    let weekdays = quota.days.as_ref().map_or(EligibleWeekdays::ALL, |days| {
        let days: Vec<chrono::Weekday> = days.iter().map(|day| weekday_of(*day)).collect();
        EligibleWeekdays::of(&days)
    });
    Quota {
        kind: kind_of(quota.kind),
        per_week: quota.per_week,
        target: quota.target,
        weekdays,
        min_cadence: quota.min_cadence.unwrap_or(DEFAULT_WALKING_CADENCE),
        tolerance: DEFAULT_TOLERANCE,
        intensity: Intensity::default(),
    }
}

fn kind_of(kind: QuotaKindDoc) -> QuotaKind {
    match kind {
        QuotaKindDoc::Steps => QuotaKind::Steps,
        QuotaKindDoc::WalkMinutes => QuotaKind::WalkMinutes,
        QuotaKindDoc::Stretching => QuotaKind::Stretching,
        QuotaKindDoc::Strengthening => QuotaKind::Strengthening,
        QuotaKindDoc::Relaxation => QuotaKind::Relaxation,
        QuotaKindDoc::Workshop => QuotaKind::Workshop,
    }
}

fn kind_doc(kind: QuotaKind) -> QuotaKindDoc {
    match kind {
        QuotaKind::Steps => QuotaKindDoc::Steps,
        QuotaKind::WalkMinutes => QuotaKindDoc::WalkMinutes,
        QuotaKind::Stretching => QuotaKindDoc::Stretching,
        QuotaKind::Strengthening => QuotaKindDoc::Strengthening,
        QuotaKind::Relaxation => QuotaKindDoc::Relaxation,
        QuotaKind::Workshop => QuotaKindDoc::Workshop,
    }
}

fn weekday_of(day: WeekdayDoc) -> chrono::Weekday {
    match day {
        WeekdayDoc::Mon => chrono::Weekday::Mon,
        WeekdayDoc::Tue => chrono::Weekday::Tue,
        WeekdayDoc::Wed => chrono::Weekday::Wed,
        WeekdayDoc::Thu => chrono::Weekday::Thu,
        WeekdayDoc::Fri => chrono::Weekday::Fri,
        WeekdayDoc::Sat => chrono::Weekday::Sat,
        WeekdayDoc::Sun => chrono::Weekday::Sun,
    }
}

/// How a programme's document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocFormat {
    /// As `foulee programme show` prints it.
    Json,
    /// The same in TOML.
    Toml,
}

impl DocFormat {
    /// By the name of a file; where that does not tell, by how its text begins.
    #[must_use]
    pub fn of(path: &Path, text: &str) -> Self {
        match path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("json") => Self::Json,
            Some("toml") => Self::Toml,
            _ if text.trim_start().starts_with('{') => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// A document from the text of a file.
///
/// # Errors
/// Names the line and field of a document that cannot be read or followed.
pub fn parse_doc(text: &str, format: DocFormat) -> Result<ProgrammeDoc, ApiError> {
    let invalid = |error: String| ApiError::ProgrammeInvalid { field: "document".to_owned(), fix: error };
    let doc: ProgrammeDoc = if format == DocFormat::Json {
        serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?
    } else {
        toml::from_str(text).map_err(|error| invalid(error.to_string()))?
    };
    programme_of(&doc)?;
    Ok(doc)
}

/// The digest of a document.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn doc_digest(doc: &ProgrammeDoc) -> Result<(String, Vec<u8>), ApiError> {
    let json = serde_json::to_string(doc)?;
    let digest = Sha256::digest(&json).to_vec();
    Ok((json, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_survives_its_own_document() {
        let doc = graded_walking_doc(6_000).unwrap();
        let followed = programme_of(&doc).unwrap();
        assert_eq!(followed.stages(), graded_walking(6_000).unwrap().stages());
        assert_eq!(parse_doc(&serde_json::to_string(&doc).unwrap(), DocFormat::Json).unwrap(), doc);
        assert_eq!(parse_doc(&toml::to_string(&doc).unwrap(), DocFormat::Toml).unwrap(), doc);
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        let mut doc = graded_walking_doc(6_000).unwrap();
        doc.stages[0].quotas[0].per_week = 8;
        let error = programme_of(&doc).unwrap_err().to_string();
        assert!(error.contains("per_week"), "{error}");
        let error = parse_doc("{\"contract\":1}", DocFormat::Json).unwrap_err().to_string();
        assert!(error.contains("name"), "{error}");
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
    fn what_is_built_in_is_known_by_name_and_version() {
        assert_eq!(built_in(GRADED_WALKING, 1), templates().into_iter().next());
        assert_eq!(built_in("graded-walking-6000", 1), graded_walking_doc(6_000).ok());
        for (name, version) in [
            (GRADED_WALKING, 2),
            ("graded-walking-06000", 1),
            ("graded-walking-7", 1),
            ("graded-walking6000", 1),
            ("walk", 1),
        ] {
            assert_eq!(built_in(name, version), None, "{name} {version}");
        }
    }
}
