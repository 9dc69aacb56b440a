//! What stands around every page, and the small types that all of them share.

use chrono::{NaiveDate, NaiveDateTime};

use crate::pages::PagesError;

/// A link to a path of this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Href(String);

impl Href {
    /// Takes `/path`, `?query` or `#part`; refuses anything with a scheme or another host.
    ///
    /// # Errors
    /// [`PagesError::Link`] when the link could leave this service.
    pub fn new(href: impl Into<String>) -> Result<Href, PagesError> {
        let href = href.into();
        let local = href.starts_with('?') || href.starts_with('#') || href.starts_with('/');
        if !local || href.starts_with("//") || href.contains('\\') || href.contains(char::is_control) {
            return Err(PagesError::Link);
        }
        Ok(Href(href))
    }

    /// The link as written into the page (still to be escaped).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What simulated people have to do with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synthetic {
    /// The readings shown are those of simulated people.
    MadeOf,
    /// Something shown was learnt from simulated people.
    LearntFrom,
}

/// What is stopped for a person's safety.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Call for help.
    Urgent,
    /// See a doctor.
    Review,
}

/// A stop, as every page about the person shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafetyNotice {
    /// What is stopped.
    pub stopped: Stopped,
    /// Where it can be lifted.
    pub href: Option<Href>,
}

/// What stands around every page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// A stop for the safety of the person whom the page is about.
    pub safety: Option<SafetyNotice>,
    /// A stamp, where simulated people are involved.
    pub synthetic: Option<Synthetic>,
    /// Whether readings were received that are not in the store yet, so that something may be missing here.
    pub storing: bool,
    /// The same page in the other language (`?lang=en`).
    pub other_language: Option<Href>,
    /// The list of participants, for those who may see it.
    pub index: Option<Href>,
}

/// Days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// The newest reading that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastReading {
    /// When it was measured.
    pub at: NaiveDateTime,
    /// When it was received here.
    pub received_at: Option<NaiveDateTime>,
}
