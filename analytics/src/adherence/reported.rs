//! What is known of a day without a sensor: what the person says of their sessions, and the school's attendance sheet.
//!
//! A day is closed by an answer to its question, whatever the answer says, or by a sheet that accounts for every workshop
//! of the day. Only a closed day is evidence for the rate of success, for only there the outcome has no part in whether
//! it is known. What a person reports of an open day by themselves is a lower bound, as steps of a partly worn day are.

use chrono::NaiveDate;

use crate::adherence::interval::Span;
use crate::adherence::outcome::{DayOutcome, DayRow, Judgement, judge};
use crate::error::{AnalyticsError, check_range};
use crate::programme::{PrescribedDay, QuotaKind};

/// What became of the question whether a session was done on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It was answered, be it by "none today": nothing more was done than the day's reports say.
    Answered,
    /// It was asked, and no answer came.
    NoAnswer,
    /// It was asked, and the person did not want to say.
    Declined,
    /// Nobody asked.
    NotAsked,
}

impl Answer {
    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::NotAsked => "not_asked",
        }
    }
}

/// What is said of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// Of stretching, strengthening or relaxation.
    Sessions {
        /// Minutes reported done, summed over the day's sessions; 0 without any.
        minutes: u32,
        /// What became of the day's question.
        answer: Answer,
    },
    /// Of workshops, by the attendance sheet. A workshop that it says nothing of is in none of the three.
    Sheet {
        /// Workshops attended.
        present: u32,
        /// Workshops missed with an excuse. They are missed all the same, and told apart.
        excused: u32,
        /// Workshops missed without one.
        absent: u32,
    },
}

/// A session as reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionReport {
    /// Minutes done.
    pub minutes: u32,
    /// Perceived exertion on Borg's scale, 6 to 20.
    pub effort: Option<u8>,
    /// Whether it ended before its planned end.
    pub stopped_early: Option<bool>,
}

/// What one day's reports say of one kind of quota. Of a kind that a sensor judges, effort and early end alone are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedDay {
    /// The local day.
    pub date: NaiveDate,
    /// What was done.
    pub said: Said,
    /// Perceived exertion on Borg's scale, 6 to 20.
    pub effort: Option<u8>,
    /// Whether a session ended before its planned end.
    pub stopped_early: Option<bool>,
}

impl ReportedDay {
    /// A day's sessions and what became of its question. Minutes add up; the effort is that of the longest session that
    /// tells one [D]; an early end of one session is one of the day.
    #[must_use]
    pub fn of_sessions(date: NaiveDate, sessions: &[SessionReport], answer: Answer) -> Self {
        let ends: Vec<bool> = sessions.iter().filter_map(|session| session.stopped_early).collect();
        let all_told = !sessions.is_empty() && ends.len() == sessions.len();
        let longest = sessions.iter().filter(|session| session.effort.is_some());
        Self {
            date,
            said: Said::Sessions {
                minutes: sessions.iter().fold(0, |sum, session| sum.saturating_add(session.minutes)),
                answer,
            },
            effort: longest.max_by_key(|session| (session.minutes, session.effort)).and_then(|s| s.effort),
            stopped_early: if ends.contains(&true) { Some(true) } else { all_told.then_some(false) },
        }
    }

    /// Refuses a day that says nothing of this kind, or an effort that is not on Borg's scale.
    pub(crate) fn check(&self, kind: QuotaKind) -> Result<(), AnalyticsError> {
        let sheet = matches!(self.said, Said::Sheet { .. });
        if sheet != (kind == QuotaKind::Workshop) {
            return Err(AnalyticsError::ReportOfAnotherKind { date: self.date, kind });
        }
        self.effort.map_or(Ok(()), |effort| check_range("effort", effort.into(), 6.0, 20.0))
    }
}

/// Judges a prescribed day of a kind that no sensor judges from what was said of it.
#[must_use]
pub fn judge_reported(prescribed: &PrescribedDay, told: Option<&ReportedDay>) -> DayRow {
    let target = prescribed.quota.target;
    let (done, valid, most) = match told.map(|told| told.said) {
        None => (0, false, None),
        Some(Said::Sessions { minutes, answer }) => (minutes, answer == Answer::Answered, None),
        Some(Said::Sheet { present, excused, absent }) => {
            let missed = excused.saturating_add(absent);
            (present, present.saturating_add(missed) >= target, Some(target.saturating_sub(missed)))
        }
    };
    let Judgement { outcome, done } = judge(&prescribed.quota, Some(done), valid);
    // A sheet that leaves a workshop open still says how many can have been attended at most.
    let done = Span { hi: done.hi.or(most.map(f64::from)), ..done };
    DayRow {
        done,
        outcome,
        valid,
        unknown_minutes: if valid { 0 } else { DayRow::unseen(prescribed).unknown_minutes },
        said: told.map(|told| told.said),
        effort: told.and_then(|told| told.effort),
        stopped_early: told.and_then(|told| told.stopped_early),
        ..DayRow::unseen(prescribed)
    }
}

/// Whether a day was skipped; `None` when it cannot be said.
///
/// Of a session that is reported, a shorter one was not skipped (Nilsen 2018 tells reduced sessions from missed ones). What a
/// sensor counts is never nothing: there a day that was missed is skipped.
pub(crate) fn skipped(day: &DayRow) -> Option<bool> {
    if day.outcome.is_attained() || (!day.quota.kind.is_sensed() && day.done.lo > 0.0) {
        return Some(false);
    }
    (day.outcome == DayOutcome::Missed).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::Quota;

    fn date() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 4).unwrap()
    }

    fn said(kind: QuotaKind, target: u32, said: Said) -> DayRow {
        let day = PrescribedDay { date: date(), week_start: date(), quota: Quota::of(kind, 3, target) };
        let told = ReportedDay { date: date(), said, effort: None, stopped_early: None };
        judge_reported(&day, Some(&told))
    }

    #[test]
    fn a_day_is_missed_only_when_the_person_says_so() {
        let of =
            |minutes, answer| said(QuotaKind::Stretching, 20, Said::Sessions { minutes, answer }).outcome;
        assert_eq!(of(18, Answer::Answered), DayOutcome::Attained);
        assert_eq!(of(17, Answer::Answered), DayOutcome::Missed);
        assert_eq!(of(0, Answer::Answered), DayOutcome::Missed);
        for open in [Answer::NoAnswer, Answer::Declined, Answer::NotAsked] {
            assert_eq!(of(0, open), DayOutcome::Censored);
            assert_eq!(of(12, open), DayOutcome::Censored);
            assert_eq!(of(25, open), DayOutcome::KnownAttained);
        }
        let open = said(QuotaKind::Stretching, 20, Said::Sessions { minutes: 12, answer: Answer::NoAnswer });
        assert_eq!((open.done, skipped(&open)), (Span { lo: 12.0, hi: None }, Some(false)));
        let day = PrescribedDay {
            date: date(),
            week_start: date(),
            quota: Quota::of(QuotaKind::Relaxation, 3, 10),
        };
        assert_eq!(judge_reported(&day, None).outcome, DayOutcome::Censored);
    }

    #[test]
    fn a_sheet_is_closed_when_it_accounts_for_every_workshop() {
        let of =
            |present, excused, absent| said(QuotaKind::Workshop, 3, Said::Sheet { present, excused, absent });
        assert_eq!(of(3, 0, 0).outcome, DayOutcome::Attained);
        assert_eq!(of(2, 1, 0).outcome, DayOutcome::Missed);
        assert_eq!(of(2, 0, 0).outcome, DayOutcome::Censored);
        assert_eq!(of(1, 0, 1).outcome, DayOutcome::Censored);
        assert_eq!(of(1, 0, 1).done, Span { lo: 1.0, hi: Some(2.0) });
        assert_eq!(skipped(&of(0, 3, 0)), Some(true));
        assert_eq!(skipped(&of(1, 1, 1)), Some(false));
        assert_eq!(skipped(&of(0, 0, 0)), None);
    }

    #[test]
    fn sessions_of_a_day_add_up() {
        let session = |minutes, effort, stopped_early| SessionReport { minutes, effort, stopped_early };
        let of = |sessions: &[SessionReport]| ReportedDay::of_sessions(date(), sessions, Answer::NotAsked);
        let two = of(&[session(8, Some(13), Some(false)), session(12, Some(11), Some(true))]);
        assert_eq!(two.said, Said::Sessions { minutes: 20, answer: Answer::NotAsked });
        assert_eq!((two.effort, two.stopped_early), (Some(11), Some(true)));
        let untold = of(&[session(8, None, Some(false)), session(12, None, None)]);
        assert_eq!((untold.effort, untold.stopped_early), (None, None));
        assert_eq!(of(&[]).stopped_early, None);
    }
}
