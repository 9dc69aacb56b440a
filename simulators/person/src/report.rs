//! What is said of what was done: the person's own reports, and the school's attendance sheet.

use rand::Rng;

use crate::draw::unit;
use crate::exercise::{Attendance, Sessions};
use crate::wear_pattern::Share;

/// Share of days without an answer, in a flare and else, where more is missed in flares (D).
const MISSED_IN_FLARE_SHARE: f64 = 0.6;
const MISSED_ELSE_SHARE: f64 = 0.2;
/// Share of days without an answer, by whether anything was done, where less is said of what was not done (D).
const MISSED_DONE_SHARE: f64 = 0.15;
const MISSED_NOT_DONE_SHARE: f64 = 0.55;
/// Share of unanswered questions that the person declines to answer (D).
const DECLINED_SHARE: f64 = 0.1;
/// Share of sessions that a person enters by themselves, whatever becomes of the day's question (D).
const ENTERED_SHARE: f64 = 0.3;

/// How the question of a day, whether something was done, is answered; and likewise how a sheet is filled in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReportPattern {
    /// Every day.
    Always,
    /// This share of days is missed, at random.
    MissedAtRandom {
        /// Share of days missed.
        share: Share,
    },
    /// A fifth of days is missed, three fifths in a flare.
    MissedInFlares,
    /// 15 % of days are missed on which something was done, 55 % of those on which nothing was.
    MissedWhenNotDone,
    /// No question is ever answered: there are only the sessions that the person enters.
    EnteredAlone,
}

impl ReportPattern {
    fn missed_share(self, done: bool, flare: bool) -> f64 {
        match self {
            Self::Always => 0.0,
            Self::MissedAtRandom { share } => share.get(),
            Self::MissedInFlares if flare => MISSED_IN_FLARE_SHARE,
            Self::MissedInFlares => MISSED_ELSE_SHARE,
            Self::MissedWhenNotDone if done => MISSED_DONE_SHARE,
            Self::MissedWhenNotDone => MISSED_NOT_DONE_SHARE,
            Self::EnteredAlone => 1.0,
        }
    }
}

/// What became of the question of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It was answered.
    Answered,
    /// No answer came.
    None,
    /// The person did not want to say.
    Declined,
}

/// What a person says of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidDay {
    /// Minutes of each session that is told: all of them with an answer, else those that the person entered.
    pub minutes: Vec<u16>,
    /// What became of the day's question.
    pub reply: Reply,
}

/// What the person says of these sessions. What is said is true. [`crate::Person::report_rng`] gives a generator that
/// depends on seed and date alone.
#[must_use]
pub fn report(sessions: &Sessions, pattern: ReportPattern, rng: &mut impl Rng) -> SaidDay {
    let done = !sessions.minutes.is_empty();
    let [missed, declined] = std::array::from_fn(|_| unit(rng.next_u64()));
    if missed >= pattern.missed_share(done, sessions.flare) {
        return SaidDay { minutes: sessions.minutes.clone(), reply: Reply::Answered };
    }
    let mut minutes = sessions.minutes.clone();
    minutes.retain(|_| unit(rng.next_u64()) < ENTERED_SHARE);
    SaidDay { minutes, reply: if declined < DECLINED_SHARE { Reply::Declined } else { Reply::None } }
}

/// What the sheet of that day says of the person; nothing where it was not filled in.
#[must_use]
pub fn sheet(attendance: &Attendance, pattern: ReportPattern, rng: &mut impl Rng) -> Option<Attendance> {
    let missed = unit(rng.next_u64()) < pattern.missed_share(attendance.came, attendance.flare);
    (!missed).then_some(*attendance)
}
