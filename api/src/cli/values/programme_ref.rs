use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};

/// A programme, by name or by its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgrammeRef {
    /// The name of one that the registry knows.
    Name(String),
    /// A file with its document.
    File(PathBuf),
}

impl From<OsString> for ProgrammeRef {
    /// A text that can be a programme's name is one; a file of such a name is `./name`.
    fn from(text: OsString) -> Self {
        let name = text.to_str().filter(|text| {
            !text.is_empty() && text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'))
        });
        match name {
            Some(name) => Self::Name(name.to_owned()),
            None => Self::File(text.into()),
        }
    }
}

pub(in crate::cli) fn programme() -> impl TypedValueParser<Value = ProgrammeRef> {
    OsStringValueParser::new().map(ProgrammeRef::from)
}
