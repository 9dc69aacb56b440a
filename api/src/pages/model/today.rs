//! A participant's day: what is asked for today, and what they can say about it.

use chrono::NaiveDate;

use super::{Frame, Href, QuotaKind};

/// The page of a participant's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TodayPage {
    /// What stands around it.
    pub frame: Frame,
    /// A short pseudonym.
    pub participant: String,
    /// Their own measurements.
    pub person: Href,
    /// Where what they say is sent.
    pub action: Href,
    /// The local day.
    pub today: NaiveDate,
    /// What is asked for today; empty on a day without a quota.
    pub quotas: Vec<TodayQuota>,
    /// Whether what is asked for is withheld.
    pub withheld: bool,
    /// Whether who looks may say something for them.
    pub may_say: bool,
    /// What was said today already.
    pub said: Said,
    /// An id for each form: what is sent twice is said once.
    pub ids: FormIds,
    /// What they prefer.
    pub preferences: Preferences,
    /// What was just received, to be confirmed.
    pub received: Option<Received>,
}

/// What is asked for today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TodayQuota {
    /// The day's exercises by name, in the reader's language.
    pub exercises: Vec<String>,
    /// What is counted.
    pub kind: QuotaKind,
    /// How much of it in the day.
    pub target: u32,
    /// On how many days of the week.
    pub per_week: u32,
    /// How much is known to be done; `None` while nothing is known.
    pub done: Option<u32>,
}

/// What was said today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    /// Pain now, 0 to 10.
    pub pain: Option<u8>,
    /// How hard the quota felt.
    pub felt: Option<&'static str>,
    /// Whether a flare has begun and not ended.
    pub flare: bool,
}

/// An id for each form of the page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormIds {
    /// Pain.
    pub pain: String,
    /// Difficulty.
    pub felt: String,
    /// Flare.
    pub flare: String,
    /// Red flags.
    pub signs: String,
    /// Sessions, in the order of the quotas.
    pub sessions: Vec<String>,
}

/// What somebody prefers, as words of the profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// Activities that are liked.
    pub likes: Vec<String>,
    /// Activities that are avoided.
    pub avoids: Vec<String>,
    /// Weekdays that are impossible.
    pub impossible_days: Vec<String>,
}

/// What was just received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Something was said.
    Said,
    /// Preferences: they hold from tomorrow on.
    Preferences,
}

/// What is stopped, what to do, and how it is lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafetyPage {
    /// What stands around it.
    pub frame: Frame,
    /// A short pseudonym.
    pub participant: String,
    /// Their own page.
    pub person: Href,
    /// Where what is decided here is sent.
    pub action: Href,
    /// What was raised and is not cleared, as words of the contract.
    pub codes: Vec<&'static str>,
    /// Since when, local.
    pub since: Option<chrono::NaiveDateTime>,
    /// A code for the general practitioner that was just made, and its last day.
    pub code: Option<(String, NaiveDate)>,
    /// Whether who looks may say something for them.
    pub may_say: bool,
    /// Whether who looks may lift it as a professional.
    pub may_clear: bool,
}
