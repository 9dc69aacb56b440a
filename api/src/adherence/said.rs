use std::collections::BTreeMap;

use chrono::NaiveDate;
use foulee_analytics::HomeZones;
use foulee_analytics::adherence::{Answer, ReportedDay, Said, SessionReport};
use foulee_analytics::programme::QuotaKind;
use foulee_contract::{ReportAnswer, ReportQuestion, ResponseState, SessionActivity};

use crate::ApiError;
use crate::registry::{AttendanceState, StoredReport};
use crate::reports;

/// What was said of a kind of quota, day by day.
pub(super) type SaidDays = BTreeMap<QuotaKind, Vec<ReportedDay>>;

/// The kind of quota that a session is one of; walking is for sensors to judge.
fn kind_of(activity: SessionActivity) -> Option<QuotaKind> {
    match activity {
        SessionActivity::Stretching => Some(QuotaKind::Stretching),
        SessionActivity::Strengthening => Some(QuotaKind::Strengthening),
        SessionActivity::Relaxation => Some(QuotaKind::Relaxation),
        SessionActivity::Walking | SessionActivity::Workshop => None,
    }
}

/// What became of a day's question about sessions.
#[derive(Default)]
struct Day {
    sessions: Vec<SessionReport>,
    said_none: bool,
}

/// What a participant's reports, and the attendance sheets, say of each day.
///
/// A session that somebody reports by themselves is a lower bound and closes nothing: who reports what was done and never
/// what was not would otherwise be taken for one who does everything. A day is closed for a kind by a report of 0 minutes
/// of it, and for every kind on which something was answered by a record that the question was put that day. [D]
pub(super) fn said_days(
    all: &[StoredReport],
    attended: &[(NaiveDate, AttendanceState)],
    zones: &HomeZones,
) -> Result<SaidDays, ApiError> {
    let mut days: BTreeMap<(QuotaKind, NaiveDate), Day> = BTreeMap::new();
    let mut put: BTreeMap<NaiveDate, ResponseState> = BTreeMap::new();
    for stored in reports::holding(all) {
        let report = &stored.report;
        if report.question != ReportQuestion::Session {
            continue;
        }
        let date = zones.date_of(report.effective_at.timestamp_millis())?;
        let Some(ReportAnswer::Session { activity, minutes }) = report.answer else {
            put.insert(date, report.state);
            continue;
        };
        let Some(kind) = kind_of(activity) else { continue };
        let day = days.entry((kind, date)).or_default();
        day.said_none |= minutes == 0;
        let minutes = u32::from(minutes);
        day.sessions.push(SessionReport { minutes, effort: None, stopped_early: None });
    }
    let mut said = SaidDays::new();
    for ((kind, date), day) in days {
        let was_put = put.get(&date) == Some(&ResponseState::Asked);
        let answer = if day.said_none || was_put { Answer::Answered } else { Answer::NotAsked };
        said.entry(kind).or_default().push(ReportedDay::of_sessions(date, &day.sessions, answer));
    }
    for (date, state) in put {
        let answer = match state {
            ResponseState::Asked => Answer::NoAnswer,
            ResponseState::Declined => Answer::Declined,
            ResponseState::Answered | ResponseState::NotAsked => Answer::NotAsked,
        };
        for kind in [QuotaKind::Stretching, QuotaKind::Strengthening, QuotaKind::Relaxation] {
            let of_kind = said.entry(kind).or_default();
            if !of_kind.iter().any(|day| day.date == date) {
                of_kind.push(ReportedDay::of_sessions(date, &[], answer));
            }
        }
    }
    let sheet = |(date, state): &(NaiveDate, AttendanceState)| {
        let one = |of| u32::from(*state == of);
        ReportedDay {
            date: *date,
            said: Said::Sheet {
                present: one(AttendanceState::Present),
                excused: one(AttendanceState::Excused),
                absent: one(AttendanceState::Absent),
            },
            effort: None,
            stopped_early: None,
        }
    };
    said.insert(QuotaKind::Workshop, attended.iter().map(sheet).collect());
    Ok(said)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;
    use foulee_contract::{Report, ReportId};

    use super::*;
    use crate::registry::Origin;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn stored(number: u8, at: &str, state: ResponseState, minutes: Option<u16>) -> StoredReport {
        let answer =
            minutes.map(|minutes| ReportAnswer::Session { activity: SessionActivity::Stretching, minutes });
        let report = Report {
            id: ReportId::from_parts(1, [number; 10]),
            participant: "01900000-0000-7000-8000-000000000001".parse().unwrap(),
            question: ReportQuestion::Session,
            state,
            answer,
            effective_at: at.parse().unwrap(),
            corrects: None,
        };
        StoredReport { number: number.into(), report, origin: Origin::Participant, recorded_ms: 0 }
    }

    #[test]
    fn what_is_reported_by_itself_closes_nothing() {
        use ResponseState::{Answered, Asked, Declined};
        let all = [
            // 23:30 in Paris is still the 2nd.
            stored(1, "2026-03-02T22:30:00Z", Answered, Some(15)),
            stored(2, "2026-03-02T08:00:00Z", Answered, Some(5)),
            stored(3, "2026-03-03T08:00:00Z", Answered, Some(0)),
            stored(4, "2026-03-04T08:00:00Z", Asked, None),
            stored(5, "2026-03-05T08:00:00Z", Asked, None),
            stored(6, "2026-03-05T09:00:00Z", Answered, Some(20)),
            stored(7, "2026-03-06T09:00:00Z", Declined, None),
        ];
        let said = said_days(&all, &[], &HomeZones::fixed(Paris)).unwrap();
        let mut told: Vec<_> = said[&QuotaKind::Stretching].iter().map(|one| (one.date, one.said)).collect();
        told.sort_by_key(|(date, _)| *date);
        let sessions = |minutes, answer| Said::Sessions { minutes, answer };
        assert_eq!(
            told,
            [
                (day("2026-03-02"), sessions(20, Answer::NotAsked)),
                (day("2026-03-03"), sessions(0, Answer::Answered)),
                (day("2026-03-04"), sessions(0, Answer::NoAnswer)),
                (day("2026-03-05"), sessions(20, Answer::Answered)),
                (day("2026-03-06"), sessions(0, Answer::Declined)),
            ]
        );
        assert_eq!(said[&QuotaKind::Relaxation].len(), 3, "what was put was put about each kind");
    }

    #[test]
    fn a_sheet_says_who_came() {
        let attended =
            [(day("2026-03-02"), AttendanceState::Present), (day("2026-03-05"), AttendanceState::Excused)];
        let said = said_days(&[], &attended, &HomeZones::fixed(Paris)).unwrap();
        let told: Vec<_> = said[&QuotaKind::Workshop].iter().map(|one| one.said).collect();
        let sheet = |present, excused| Said::Sheet { present, excused, absent: 0 };
        assert_eq!(told, [sheet(1, 0), sheet(0, 1)]);
    }
}
