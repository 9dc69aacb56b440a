//! Programme documents: read with the place of every fault, started at what a person can do, and followed.
//!
//! A document's way: its text becomes nodes that know their place (`json`, `toml_nodes`), these become fields (`read`),
//! the fields are held against each other (`check`), the shares of a baseline become amounts for one person (`start`),
//! and what stands then is what analytics follows (`follow`).

mod check;
mod fault;
mod follow;
mod json;
mod node;
mod read;
mod start;
mod templates;
mod toml_nodes;
mod weeks;

#[cfg(test)]
mod tests;

pub use fault::{DocFault, Field, Wrong};
pub(crate) use follow::kind_of;
pub use follow::programme_of;
pub use start::{Needs, Start, needs, started};
pub use templates::{
    GRADED_STARTS, GRADED_WALKING, built_in, graded_walking_doc, started_template, templates,
};
pub use weeks::{WeekRow, quotas_on, week_rows, weeks};

use std::path::Path;

use foulee_contract::ProgrammeDoc;
use sha2::{Digest as _, Sha256};

use crate::ApiError;
use node::{Lines, Member, Value};

/// Longest text of a document, bytes: ten years of weekly stages with all their exercises are less. [D]
pub const MOST_BYTES: usize = 4 << 20;
/// Most faults that are told of; who has put these right is told of the others. [D]
pub const MOST_FAULTS: usize = 100;

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
/// Names the line and field of everything that is wrong with a document.
pub fn parse_doc(text: &str, format: DocFormat) -> Result<ProgrammeDoc, ApiError> {
    parse(text, format, &Field::default()).map_err(|faults| ApiError::ProgrammeInvalid { faults })
}

/// The document that is a member of a JSON object. Lines are those of the whole text.
///
/// # Errors
/// As [`parse_doc`].
pub fn parse_member(text: &str, key: &str) -> Result<ProgrammeDoc, ApiError> {
    let root = Field::default().key(key);
    parse(text, DocFormat::Json, &root).map_err(|faults| ApiError::ProgrammeInvalid { faults })
}

fn parse(text: &str, format: DocFormat, root: &Field) -> Result<ProgrammeDoc, Vec<DocFault>> {
    let lines = Lines::of(text);
    let fault = |at, field, wrong| DocFault { line: Some(lines.line(at)), field, wrong };
    if text.len() > MOST_BYTES {
        return Err(vec![fault(0, root.clone(), Wrong::TooLong { most: MOST_BYTES })]);
    }
    let nodes = match format {
        DocFormat::Json => json::nodes(text),
        DocFormat::Toml => toml_nodes::nodes(text),
    };
    let whole = nodes.map_err(|(at, wrong)| vec![fault(at, root.clone(), wrong)])?;
    let node = root.0.iter().try_fold(&whole, |node, step| match (step, &node.value) {
        (fault::Step::Key(key), Value::Table(members)) => {
            members.iter().find(|member| member.key == *key).map(|Member { node, .. }| node)
        }
        _ => None,
    });
    let node = node.ok_or_else(|| vec![fault(0, root.clone(), Wrong::Missing)])?;
    let found = read::read(node, &lines, root).and_then(|doc| {
        let mut wrong = check::contradictions(&doc, root);
        if wrong.is_empty() {
            // Nothing is left for it to refuse; were there, a document that cannot be followed must not pass.
            wrong.extend(follow::followed(&doc, Some(1)).err().map(|fault| (fault.field, fault.wrong)));
        }
        let place = |(field, wrong)| fault(whole.place_of(&field), field, wrong);
        if wrong.is_empty() { Ok(doc) } else { Err(wrong.into_iter().map(place).collect()) }
    });
    found.map_err(|mut faults| {
        // TOML's tables are in the order of their keys.
        faults.sort_by_key(|fault| fault.line);
        faults.truncate(MOST_FAULTS);
        faults
    })
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
