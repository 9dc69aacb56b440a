//! JSON documents of any size, read part by part.
//!
//! The lists and objects that a format opens are walked; what it leaves closed is one part, handed over as its bytes for
//! `serde_json` to read. So what is wrong in a part costs that part, and memory is bounded by a part's size and not by
//! the document's. Several documents behind one another, one a line for instance, are read one after the other.

mod bytes;
mod text;
mod walk;

use foulee_contract::RejectCode;

use super::ImportError;
use super::collector::Collector;
pub(crate) use bytes::Bytes;
pub(super) use text::Text;
use walk::Walk;

/// Most bytes of a part; a data point has some hundreds, a header some thousands. [D]
const MOST_BYTES: usize = 1 << 20;

/// Most lists and objects that are open within one another; no format that is read has more than six. [D]
const MOST_OPEN: usize = 8;

/// What a format makes of a document. A path is the names down to a thing, `*` for what stands in a list:
/// `dataPoints/*`, or `*/header`; that of a whole document is empty.
pub(super) trait Document {
    /// Whether the list or object that begins here is walked, rather than handed over as one part.
    fn opens(&mut self, path: &str, is_list: bool) -> bool;

    /// Takes a part.
    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError>;

    /// Something that was opened is read, to its end or to where the document was torn.
    fn closes(&mut self, _path: &str) -> Result<(), ImportError> {
        Ok(())
    }

    /// A document was torn, and the next line begins another.
    fn torn(&mut self, _number: u64, _why: &'static str) {}
}

/// A part of a document.
pub(super) struct Part<'a> {
    pub(super) path: &'a str,
    /// Its bytes; none where it is longer than any part is.
    pub(super) json: Option<&'a [u8]>,
    /// Its number in the file, from 1.
    pub(super) number: u64,
}

impl Part<'_> {
    /// The part as what it should be.
    pub(super) fn read<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, RejectCode> {
        self.json.and_then(|json| serde_json::from_slice(json).ok()).ok_or(RejectCode::Unreadable)
    }

    /// Which it is, for a message. Not what stands in it: that names people and what they call their devices.
    pub(super) fn shown(&self) -> String {
        let path = if self.path.is_empty() { "the document" } else { self.path };
        match self.json {
            Some(json) => format!("{path}: {} bytes that may name somebody", json.len()),
            None => format!("{path}: more than 1 MiB"),
        }
    }
}

/// How a document ended.
pub(super) enum Ending {
    /// At its end.
    Whole,
    /// Before it, behind the part of this number.
    Cut { number: u64, why: String },
}

impl Ending {
    /// Tells the collector of an end that came early.
    pub(super) fn report(&self, out: &mut Collector<'_, '_>) {
        if let Self::Cut { number, why } = self {
            out.cut_short(*number, format_args!("{why}"));
        }
    }
}

/// Walks the documents of a file.
pub(super) fn walk(input: impl std::io::Read, document: &mut dyn Document) -> Result<Ending, ImportError> {
    Walk::new(Bytes::new(input)).run(document)
}

#[cfg(test)]
mod tests;
