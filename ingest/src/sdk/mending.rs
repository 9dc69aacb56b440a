use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::loose::Loose;
use crate::import::json::Bytes;

/// Longest number or word that is read, bytes; a double has at most 24 digits that say anything.
const LONGEST_WORD: usize = 1_024;
/// What stands for a letter that cannot be read, and for an escape that means none.
const NO_LETTER: &[u8] = "\u{fffd}".as_bytes();
/// What stands for a word or number that cannot be read: something that no field of use may hold.
const NO_VALUE: &[u8] = b"[]";

/// JSON on its way to its reader, which would give the whole body up for one letter that is none, or for a number that it
/// cannot hold. Such a thing is replaced, and it is noted that the record was spoiled, so that it alone is refused.
///
/// What it hands over is never ahead of its reader by more than one word: the note is of the record being read.
pub(super) struct Mending<R> {
    bytes: Bytes<R>,
    /// What is to be handed over, from `at` on.
    ready: Vec<u8>,
    at: usize,
    in_text: bool,
    spoiled: Spoiled,
}

/// Whether something of a record had to be replaced.
#[derive(Clone, Default)]
pub(super) struct Spoiled(Rc<Cell<bool>>);

impl Spoiled {
    /// Another record begins.
    pub(super) fn begins(&self) {
        self.0.set(false);
    }

    pub(super) fn is_so(&self) -> bool {
        self.0.get()
    }
}

impl<R: Read> Mending<R> {
    pub(super) fn new(input: R) -> Self {
        let (ready, spoiled) = (Vec::new(), Spoiled::default());
        Self { bytes: Bytes::new(input), ready, at: 0, in_text: false, spoiled }
    }

    pub(super) fn spoiled(&self) -> Spoiled {
        self.spoiled.clone()
    }

    /// Makes the next byte ready, or the whole of what must be looked at as a whole; nothing at the end.
    fn advance(&mut self) -> io::Result<()> {
        let Some(byte) = self.bytes.peek()? else { return Ok(()) };
        if is_of_word(byte) && !self.in_text {
            return self.word();
        }
        self.bytes.take()?;
        match byte {
            b'"' => self.in_text = !self.in_text,
            b'\\' if self.in_text => return self.escape(),
            0x80.. if self.in_text => return self.letter(byte),
            _ => {}
        }
        self.ready.push(byte);
        Ok(())
    }

    fn replace(&mut self, by: &[u8]) {
        self.spoiled.0.set(true);
        self.ready.extend_from_slice(by);
    }

    /// Reads a number or a word.
    fn word(&mut self) -> io::Result<()> {
        let mut is_long = false;
        while let Some(byte) = self.bytes.peek()?.filter(|byte| is_of_word(*byte)) {
            self.bytes.take()?;
            is_long |= self.ready.len() == LONGEST_WORD;
            if !is_long {
                self.ready.push(byte);
            }
        }
        if is_long || serde_json::from_slice::<Loose>(&self.ready).is_err() {
            self.ready.clear();
            self.replace(NO_VALUE);
        }
        Ok(())
    }

    /// Reads a letter of several bytes.
    fn letter(&mut self, first: u8) -> io::Result<()> {
        let mut letter = vec![first];
        loop {
            match std::str::from_utf8(&letter) {
                Ok(_) => {
                    self.ready.append(&mut letter);
                    return Ok(());
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => break,
            }
            // What does not go on with the letter begins another, or ends the text.
            match self.bytes.peek()? {
                Some(byte @ 0x80..=0xbf) => {
                    self.bytes.take()?;
                    letter.push(byte);
                }
                _ => break,
            }
        }
        self.replace(NO_LETTER);
        Ok(())
    }

    /// Reads what is behind a backslash.
    fn escape(&mut self) -> io::Result<()> {
        match self.bytes.peek()? {
            Some(byte @ (b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => {
                self.bytes.take()?;
                self.ready.extend_from_slice(&[b'\\', byte]);
                Ok(())
            }
            Some(b'u') => {
                self.bytes.take()?;
                self.unit()
            }
            _ => {
                self.replace(NO_LETTER);
                Ok(())
            }
        }
    }

    /// Reads what is behind `\u`: a letter, or the halves of one.
    fn unit(&mut self) -> io::Result<()> {
        let Some(unit) = self.four_digits()? else {
            self.replace(NO_LETTER);
            return Ok(());
        };
        let is_first_half = (0xd800..0xdc00).contains(&unit);
        if !is_first_half {
            if char::from_u32(unit).is_some() {
                self.ready.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            } else {
                self.replace(NO_LETTER);
            }
            return Ok(());
        }
        if self.bytes.peek()? != Some(b'\\') {
            self.replace(NO_LETTER);
            return Ok(());
        }
        self.bytes.take()?;
        if self.bytes.peek()? != Some(b'u') {
            self.replace(NO_LETTER);
            return self.escape();
        }
        self.bytes.take()?;
        match self.four_digits()? {
            Some(second @ 0xdc00..0xe000) => {
                self.ready.extend_from_slice(format!("\\u{unit:04x}\\u{second:04x}").as_bytes());
            }
            // A first half without its second, and whatever is behind it: the record is refused in any case.
            _ => self.replace(NO_LETTER),
        }
        Ok(())
    }

    fn four_digits(&mut self) -> io::Result<Option<u32>> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.bytes.peek()?.and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else { return Ok(None) };
            self.bytes.take()?;
            unit = unit * 16 + digit;
        }
        Ok(Some(unit))
    }
}

impl<R: Read> Read for Mending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.ready.clear();
            self.at = 0;
            self.advance()?;
        }
        let left = &self.ready[self.at..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &[u8]) -> (String, bool) {
        let mut mending = Mending::new(text);
        let (spoiled, mut out) = (mending.spoiled(), String::new());
        mending.read_to_string(&mut out).unwrap();
        (out, spoiled.is_so())
    }

    #[test]
    fn good_json_stays_as_it_is() {
        for text in [
            r#"{"a":[1,-2.5e3,true,null,"é \" \\ \u0000 \ud83d\ude00 1e999 \n"],"b":{}}"#,
            "",
            "[18446744073709551616]",
            "{\"cut\":\"a",
        ] {
            assert_eq!(mended(text.as_bytes()), (text.to_owned(), false));
        }
    }

    #[test]
    fn what_no_reader_takes_is_replaced_and_noted() {
        let cases: [(&[u8], &str); 12] = [
            (br#""a\ud83d""#, "\"a\u{fffd}\""),
            (br#""\ud83dx""#, "\"\u{fffd}x\""),
            (br#""\ude00""#, "\"\u{fffd}\""),
            (br#""\ud83d\n""#, "\"\u{fffd}\\n\""),
            (br#""\ud83d\"""#, "\"\u{fffd}\\\"\""),
            (br#""\ud83d\u0041""#, "\"\u{fffd}\""),
            (br#""\u12""#, "\"\u{fffd}\""),
            (br#""\x""#, "\"\u{fffd}x\""),
            (b"\"\xff\xc3\"", "\"\u{fffd}\u{fffd}\""),
            (b"\"\xe2\x82\"", "\"\u{fffd}\""),
            (b"[1e999,2]", "[[],2]"),
            (b"[NaN,-Infinity]", "[[],[]]"),
        ];
        for (text, expected) in cases {
            assert_eq!(mended(text), (expected.to_owned(), true), "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(mended("7".repeat(5_000).as_bytes()), ("[]".to_owned(), true));
    }
}
