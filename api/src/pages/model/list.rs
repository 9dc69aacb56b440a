//! The list of participants, and what is shown when something went wrong.

use super::{Adherence, Frame, Href, LastReading, Period, Stopped};

/// One participant in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexRow {
    /// A short pseudonym.
    pub participant: String,
    /// The study's name.
    pub study: Option<String>,
    /// The title of the assigned programme.
    pub programme: Option<String>,
    /// What is stopped for their safety: then adherence is not told.
    pub stopped: Option<Stopped>,
    /// Adherence over this person's last weeks; `None` without a programme.
    pub adherence: Option<Adherence>,
    /// The newest reading.
    pub last_reading: Option<LastReading>,
    /// The participant's page.
    pub href: Href,
}

/// The list of participants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexPage {
    /// What stands around it.
    pub frame: Frame,
    /// The days that adherence is about, where they are the same for all.
    pub period: Option<Period>,
    /// The participants, in the caller's order (never ranked by adherence).
    pub rows: Vec<IndexRow>,
}

/// What went wrong, as far as a reader may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400: the address or a parameter is not understood.
    BadRequest,
    /// 401 and 403: a valid access is needed.
    NotAllowed,
    /// 404: nothing here, or nothing that this reader may see.
    NotFound,
    /// 429: too many requests.
    TooMany,
    /// 500: our fault.
    Internal,
    /// 503: for the moment.
    Unavailable,
}

/// An error page. It says nothing about the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    /// What stands around it.
    pub frame: Frame,
    /// What went wrong.
    pub kind: ErrorKind,
    /// What to quote when asking for help.
    pub request_id: Option<String>,
}
