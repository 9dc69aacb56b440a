use std::io::{self, Read};

use super::bytes::Bytes;
use super::{Document, Ending, MOST_BYTES, MOST_OPEN, Part};
use crate::import::ImportError;

/// Longest name of a field that is told apart, bytes; longer ones are no field of any format. [D]
const MOST_NAME: usize = 128;

/// A walk through the documents of a file.
pub(super) struct Walk<R> {
    bytes: Bytes<R>,
    /// What is open, from the outermost.
    open: Vec<Open>,
    /// The path down to what is being read.
    path: String,
    /// The part being read.
    json: Vec<u8>,
    number: u64,
    /// Documents begun. From the second on a line that begins with `{` within a part is taken to begin another.
    documents: u64,
}

struct Open {
    is_list: bool,
    /// How long its own path is.
    path: usize,
}

/// Why a walk cannot go on.
enum Fault {
    /// The bytes cannot be read.
    Io(io::Error),
    /// The file ends within a document.
    Ended,
    /// This is no JSON.
    Broken(&'static str),
    /// A line began the next document within this one.
    NextLine,
    /// The importer stops.
    Stopped(ImportError),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        Self::Stopped(error)
    }
}

impl<R: Read> Walk<R> {
    pub(super) fn new(bytes: Bytes<R>) -> Self {
        let (open, path, json) = (Vec::new(), String::new(), Vec::new());
        Self { bytes, open, path, json, number: 0, documents: 0 }
    }

    /// Reads to the end of the file, or to where nothing behind can be told apart any more.
    pub(super) fn run(mut self, document: &mut dyn Document) -> Result<Ending, ImportError> {
        // A mark of the byte order is no part of a document.
        for mark in *b"\xef\xbb\xbf" {
            if matches!(self.bytes.peek(), Ok(Some(byte)) if byte == mark) {
                let _ = self.bytes.take();
            }
        }
        loop {
            let why = match self.step(document) {
                Ok(true) => continue,
                Ok(false) => return Ok(Ending::Whole),
                Err(Fault::Stopped(error)) => return Err(error),
                Err(Fault::Io(error)) => error.to_string(),
                Err(Fault::Ended) => "the end of the document is missing".to_owned(),
                Err(Fault::Broken(why)) if self.documents < 2 || !self.next_line() => why.to_owned(),
                // Torn by a crash in its midst, say: the next line is a document of its own.
                Err(Fault::Broken(_) | Fault::NextLine) => {
                    document.torn(self.number, "a line is torn");
                    self.close_all(document)?;
                    continue;
                }
            };
            self.close_all(document)?;
            return Ok(Ending::Cut { number: self.number, why });
        }
    }

    /// Reads on to the next part, or to an end; whether there may be more.
    fn step(&mut self, document: &mut dyn Document) -> Result<bool, Fault> {
        let Some(byte) = self.skip_blanks()? else {
            return if self.open.is_empty() { Ok(false) } else { Err(Fault::Ended) };
        };
        match (self.open.last().map(|open| open.is_list), byte) {
            (Some(true), b']') | (Some(false), b'}') => {
                self.bytes.take()?;
                self.close(document)?;
                return Ok(true);
            }
            (_, b']' | b'}') => return Err(Fault::Broken("a bracket that closes nothing")),
            (Some(false), b'"') => self.name()?,
            (Some(false), _) => return Err(Fault::Broken("no name where one should stand")),
            (Some(true), _) => self.path.push_str(if self.path.is_empty() { "*" } else { "/*" }),
            (None, _) => self.documents += 1,
        }
        self.value(document)?;
        let path = self.open.last().map_or(0, |open| open.path);
        // What was opened just now keeps its own path.
        self.path.truncate(path);
        Ok(true)
    }

    /// Reads the name of a field and the colon behind it.
    fn name(&mut self) -> Result<(), Fault> {
        self.json.clear();
        self.string(MOST_NAME)?;
        let name = String::from_utf8_lossy(&self.json);
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path
            .extend(name.trim_matches('"').chars().map(|c| if matches!(c, '/' | '*') { '_' } else { c }));
        match self.skip_blanks()? {
            Some(b':') => {
                self.bytes.take()?;
                Ok(())
            }
            Some(_) => Err(Fault::Broken("no colon behind a name")),
            None => Err(Fault::Ended),
        }
    }

    /// Opens what begins here, or hands it over.
    fn value(&mut self, document: &mut dyn Document) -> Result<(), Fault> {
        let byte = self.skip_blanks()?.ok_or(Fault::Ended)?;
        let is_list = byte == b'[';
        if matches!(byte, b'[' | b'{') && self.open.len() < MOST_OPEN && document.opens(&self.path, is_list) {
            self.bytes.take()?;
            self.open.push(Open { is_list, path: self.path.len() });
            return Ok(());
        }
        self.json.clear();
        match byte {
            b'[' | b'{' => self.nested()?,
            b'"' => self.string(MOST_BYTES)?,
            b']' | b'}' | b',' | b':' => return Err(Fault::Broken("no value where one should stand")),
            _ => self.word()?,
        }
        self.number += 1;
        let json = (self.json.len() <= MOST_BYTES).then_some(self.json.as_slice());
        document.part(Part { path: &self.path, json, number: self.number })?;
        Ok(())
    }

    /// Reads a list or an object to its end, whatever is in it.
    fn nested(&mut self) -> Result<(), Fault> {
        let mut depth = 0_u64;
        loop {
            match self.bytes.peek()?.ok_or(Fault::Ended)? {
                b'"' => self.string(MOST_BYTES)?,
                byte => {
                    if byte == b'{' && depth > 0 && self.documents >= 2 && self.bytes.at_line() {
                        return Err(Fault::NextLine);
                    }
                    self.bytes.take()?;
                    self.keep(byte, MOST_BYTES);
                    match byte {
                        b'[' | b'{' => depth += 1,
                        b']' | b'}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    if depth == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Reads a string. A line's end cannot stand in one: where a quote is missing, the string ends there.
    fn string(&mut self, most: usize) -> Result<(), Fault> {
        let mut escaped = true;
        loop {
            let byte = self.bytes.peek()?.ok_or(Fault::Ended)?;
            if byte == b'\n' {
                return Ok(());
            }
            self.bytes.take()?;
            self.keep(byte, most);
            match byte {
                b'"' if !escaped => return Ok(()),
                b'\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
    }

    /// Reads a number or a word.
    fn word(&mut self) -> Result<(), Fault> {
        while let Some(byte) = self.bytes.peek()? {
            if matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace() {
                break;
            }
            self.bytes.take()?;
            self.keep(byte, MOST_BYTES);
        }
        Ok(())
    }

    /// Keeps a byte of a part, or no more than that there are too many.
    fn keep(&mut self, byte: u8, most: usize) {
        if self.json.len() <= most {
            self.json.push(byte);
        }
    }

    /// Skips blanks, and commas: what they part is known without them.
    fn skip_blanks(&mut self) -> io::Result<Option<u8>> {
        while let Some(byte) = self.bytes.peek()? {
            if !byte.is_ascii_whitespace() && byte != b',' {
                return Ok(Some(byte));
            }
            self.bytes.take()?;
        }
        Ok(None)
    }

    /// Skips to a line that begins with `{`; whether there is one.
    fn next_line(&mut self) -> bool {
        loop {
            match self.bytes.peek() {
                Ok(Some(b'{')) if self.bytes.at_line() => return true,
                Ok(Some(_)) => {
                    let _ = self.bytes.take();
                }
                Ok(None) | Err(_) => return false,
            }
        }
    }

    fn close(&mut self, document: &mut dyn Document) -> Result<(), ImportError> {
        if let Some(open) = self.open.pop() {
            self.path.truncate(open.path);
            document.closes(&self.path)?;
        }
        self.path.truncate(self.open.last().map_or(0, |open| open.path));
        Ok(())
    }

    fn close_all(&mut self, document: &mut dyn Document) -> Result<(), ImportError> {
        while !self.open.is_empty() {
            self.close(document)?;
        }
        self.path.clear();
        Ok(())
    }
}
