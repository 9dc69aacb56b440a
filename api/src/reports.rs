//! What people say, on its way in: read one by one, checked, kept. Also who may say it is looked at here, so that the
//! command, `/v1` and the pages cannot differ.

use chrono::{DateTime, Utc};
use foulee_contract::{
    ParticipantId, Report, ReportAnswer, ReportId, ReportRejectCode, ReportRejection, ReportsAnswer,
    ResponseState,
};
use serde_json::Value;

use crate::ApiError;
use crate::registry::{Origin, Registry, RegistryError, StoredReport, Taken};

/// Reports of something later than this after the clock are mistakes, ms.
const AHEAD_MS: i64 = 86_400_000;
/// 2000-01-01T00:00:00Z, ms: nothing that is reported was before.
const EARLIEST_MS: i64 = 946_684_800_000;

/// Reports that were read, each with its place in the request, and those that were refused so far.
#[derive(Debug, Default)]
pub struct Read {
    /// Those that can be kept.
    pub reports: Vec<(u32, Report)>,
    /// Those that cannot.
    pub rejected: Vec<ReportRejection>,
}

/// Reads and checks each report by itself.
#[must_use]
pub fn read(values: Vec<Value>, now_ms: i64) -> Read {
    let mut read = Read::default();
    for (index, value) in (0..).zip(values) {
        match one(value, now_ms) {
            Ok(report) => read.reports.push((index, report)),
            Err((code, field, fix)) => read.rejected.push(ReportRejection { index, code, field, fix }),
        }
    }
    read
}

type Refused = (ReportRejectCode, String, String);

fn one(value: Value, now_ms: i64) -> Result<Report, Refused> {
    if !value.is_object() {
        return Err((ReportRejectCode::Unreadable, "reports".to_owned(), "each an object".to_owned()));
    }
    let report: Report = serde_path_to_error::deserialize(value).map_err(|error| {
        let field = error.path().to_string();
        (ReportRejectCode::Unreadable, field, error.into_inner().to_string())
    })?;
    check(&report, now_ms)?;
    Ok(report)
}

fn check(report: &Report, now_ms: i64) -> Result<(), Refused> {
    report.check().map_err(|error| {
        let (field, fix) = error.field_and_fix();
        (ReportRejectCode::Invalid, field.to_owned(), fix)
    })?;
    let at_ms = report.effective_at.timestamp_millis();
    if !(EARLIEST_MS..=now_ms.saturating_add(AHEAD_MS)).contains(&at_ms) {
        let fix = "a time from the year 2000 to a day from now".to_owned();
        return Err((ReportRejectCode::TimeOutOfRange, "effective_at".to_owned(), fix));
    }
    Ok(())
}

/// Keeps what was read; the answer to who sent it.
///
/// # Errors
/// The registry failed: nothing is kept then.
pub async fn keep(
    registry: &Registry,
    read: Read,
    origin: Origin,
    now_ms: i64,
) -> Result<ReportsAnswer, ApiError> {
    let Read { reports, mut rejected } = read;
    let (places, reports): (Vec<u32>, Vec<Report>) = reports.into_iter().unzip();
    let taken = registry.add_reports(&reports, origin, now_ms).await?;
    let mut answer = ReportsAnswer::default();
    for (index, taken) in places.into_iter().zip(taken) {
        match taken {
            Taken::New => answer.new += 1,
            Taken::Duplicate => answer.duplicate += 1,
            Taken::IdTaken => rejected.push(ReportRejection {
                index,
                code: ReportRejectCode::IdTaken,
                field: "id".to_owned(),
                fix: "an id of its own; this one is of a report that says something else".to_owned(),
            }),
            Taken::CorrectedUnknown => rejected.push(ReportRejection {
                index,
                code: ReportRejectCode::CorrectedUnknown,
                field: "corrects".to_owned(),
                fix: "the id of a report of the same participant and question".to_owned(),
            }),
        }
    }
    answer.accepted = answer.new + answer.duplicate;
    rejected.sort_by_key(|one| one.index);
    answer.rejected = rejected;
    Ok(answer)
}

/// Keeps one report that is made here: of a command or a page.
///
/// # Errors
/// [`ApiError::ReportInvalid`] names the field; the participant is unknown; the registry failed.
pub async fn say(
    registry: &Registry,
    report: &Report,
    origin: Origin,
    now_ms: i64,
) -> Result<Taken, ApiError> {
    check(report, now_ms).map_err(|(_, field, fix)| ApiError::ReportInvalid { field, fix })?;
    let taken = registry.add_reports(std::slice::from_ref(report), origin, now_ms).await?;
    taken.first().copied().ok_or(ApiError::Registry(RegistryError::ParticipantUnknown))
}

/// A report with an id of its own: an answer, or without one what came of the question.
///
/// # Errors
/// The system gives no random numbers.
pub fn made(
    participant: ParticipantId,
    answer: ReportAnswer,
    effective_at: DateTime<Utc>,
    now_ms: i64,
) -> Result<Report, ApiError> {
    Ok(Report {
        id: new_id(now_ms)?,
        participant,
        question: answer.question(),
        state: ResponseState::Answered,
        answer: Some(answer),
        effective_at,
        corrects: None,
    })
}

/// A new id for a report.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_id(now_ms: i64) -> Result<ReportId, ApiError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| ApiError::NoRandomness)?;
    Ok(ReportId::from_parts(now_ms.unsigned_abs(), random))
}

/// What holds: each report that no later one took the place of, in the order of arrival.
#[must_use]
pub fn holding(all: &[StoredReport]) -> Vec<&StoredReport> {
    let corrected: std::collections::HashSet<ReportId> =
        all.iter().filter_map(|one| one.report.corrects).collect();
    all.iter().filter(|one| !corrected.contains(&one.report.id)).collect()
}

#[cfg(test)]
mod tests {
    use foulee_contract::PainMoment;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn good() -> Value {
        json!({
            "id": "01900000-0000-7000-8000-00000000000a", "participant": "01900000-0000-7000-8000-000000000001",
            "question": "pain", "state": "answered", "answer": {"kind": "pain", "moment": "now", "nrs": 4},
            "effective_at": "2026-03-29T07:30:00Z",
        })
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut report = good();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        report.pointer_mut(parent).unwrap()[name] = value;
        report
    }

    #[test]
    fn one_that_cannot_be_read_costs_no_other() {
        let values = vec![
            good(),
            with("/answer/nrs", json!(11)),
            with("/answer/nrs", json!(-1)),
            with("/answer/colour", json!("red")),
            with("/effective_at", json!("yesterday")),
            with("/effective_at", json!("1999-12-31T23:59:59Z")),
            with("/effective_at", json!("2036-03-29T07:30:00Z")),
            with("/question", json!("effort")),
            with("/name", json!("Ada")),
            json!(7),
        ];
        let read = read(values, NOW);
        assert_eq!(read.reports.len(), 1);
        let told: Vec<_> =
            read.rejected.iter().map(|one| (one.index, one.code, one.field.as_str())).collect();
        use ReportRejectCode::*;
        assert_eq!(
            told,
            [
                (1, Invalid, "answer.nrs"),
                (2, Unreadable, "answer"),
                (3, Unreadable, "answer"),
                (4, Unreadable, "effective_at"),
                (5, TimeOutOfRange, "effective_at"),
                (6, TimeOutOfRange, "effective_at"),
                (7, Invalid, "answer.kind"),
                (8, Unreadable, "name"),
                (9, Unreadable, "reports"),
            ]
        );
    }

    #[test]
    fn a_correction_takes_the_place_of_what_it_corrects() {
        let Read { reports, .. } = read(vec![good()], NOW);
        let first = reports[0].1.clone();
        let second = Report {
            id: ReportId::from_parts(1, [2; 10]),
            corrects: Some(first.id),
            answer: Some(ReportAnswer::Pain { moment: PainMoment::Now, nrs: 5 }),
            ..first.clone()
        };
        let stored = |number, report: &Report| StoredReport {
            number,
            report: report.clone(),
            origin: Origin::Participant,
            recorded_ms: NOW,
        };
        let all = [stored(1, &first), stored(2, &second)];
        let left: Vec<i64> = holding(&all).iter().map(|one| one.number).collect();
        assert_eq!(left, [2]);
    }
}
