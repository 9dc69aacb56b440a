//! Why a page could not be made.

use super::lang::Lang;

/// Why a page could not be made. None of these is shown to the reader: they get the error page.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A catalogue in this build does not parse.
    #[error("the {lang:?} catalogue does not parse")]
    Catalogue {
        /// Whose catalogue.
        lang: Lang,
        /// What the parser said.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A catalogue entry is neither a text nor a pair of plural forms.
    #[error("the {lang:?} catalogue holds an entry that is neither a text nor {{ one, other }}")]
    CatalogueEntry {
        /// Whose catalogue.
        lang: Lang,
    },
    /// A template failed to write.
    #[error("a template could not be written")]
    Template(#[from] askama::Error),
    /// A share lies outside 0..=1 or is not a number.
    #[error("{what} is not a share between 0 and 1")]
    Share {
        /// Which value.
        what: &'static str,
    },
    /// An interval or a count range ends before it begins.
    #[error("{what} ends before it begins")]
    Reversed {
        /// Which range.
        what: &'static str,
    },
    /// Adherence of status `ok` or `insufficient` came without what must stand beside the number.
    #[error("adherence of this status needs {what}: it is never shown as a bare number")]
    BareNumber {
        /// What is missing.
        what: &'static str,
    },
    /// The minutes of a day do not add up to its length.
    #[error("a day has {minutes} minutes where its clock shifts make {expected}")]
    DayLength {
        /// Minutes given.
        minutes: usize,
        /// 1440 less the clock shifts.
        expected: i64,
    },
    /// A link would leave this service.
    #[error("a link must be a path of this service")]
    Link,
}
