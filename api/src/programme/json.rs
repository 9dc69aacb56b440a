//! JSON as nodes. `serde_json` says whether it is JSON; what is there is where it says nothing: the place of each value.

use serde::de::IgnoredAny;

use super::fault::Wrong;
use super::node::{MOST_DEEP, Member, Node, Value};

/// The document, or the place of what is wrong with it.
pub(super) fn nodes(text: &str) -> Result<Node, (usize, Wrong)> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
        let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        (line_start, unreadable(&error))
    })?;
    let mut scan = Scan { text, at: 0 };
    scan.space();
    scan.value(0)
}

fn unreadable(error: &serde_json::Error) -> Wrong {
    Wrong::Unreadable { format: "JSON", why: error.to_string() }
}

/// Goes through a text that is JSON.
struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl Scan<'_> {
    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn space(&mut self) {
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(space).count();
    }

    /// Behind a mark and the space around it, if it is next.
    fn mark(&mut self, mark: u8) -> bool {
        self.space();
        let is_next = self.next() == Some(mark);
        self.at += usize::from(is_next);
        self.space();
        is_next
    }

    /// The length of what is next up to a mark that ends a number or a word.
    fn word(&mut self) -> &str {
        let start = self.at;
        self.at += self.rest().iter().take_while(|byte| !b",]} \t\r\n".contains(byte)).count();
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn text(&mut self) -> Result<String, (usize, Wrong)> {
        let start = self.at;
        let mut is_escaped = false;
        let length = self.rest().iter().skip(1).position(|&byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        });
        self.at = length.map_or(self.text.len(), |length| start + length + 2);
        let written = self.text.get(start..self.at).unwrap_or_default();
        serde_json::from_str(written).map_err(|error| (start, unreadable(&error)))
    }

    fn value(&mut self, depth: usize) -> Result<Node, (usize, Wrong)> {
        let at = self.at;
        if depth > MOST_DEEP {
            return Err((at, Wrong::TooDeep { most: MOST_DEEP }));
        }
        let value = match self.next() {
            Some(b'"') => Value::Text(self.text()?),
            Some(b'[') => {
                self.mark(b'[');
                let mut list = Vec::new();
                while !self.mark(b']') && self.next().is_some() {
                    list.push(self.value(depth + 1)?);
                    self.mark(b',');
                }
                Value::List(list)
            }
            Some(b'{') => {
                self.mark(b'{');
                let mut members = Vec::new();
                while !self.mark(b'}') && self.next().is_some() {
                    let at = self.at;
                    let key = self.text()?;
                    self.mark(b':');
                    members.push(Member { key, at, node: self.value(depth + 1)? });
                    self.mark(b',');
                }
                Value::Table(members)
            }
            _ => match self.word() {
                "" => {
                    return Err((
                        at,
                        Wrong::Unreadable { format: "JSON", why: "a value is missing".to_owned() },
                    ));
                }
                "null" => Value::Null,
                "true" | "false" => Value::Other("true or false"),
                number => whole(number).map_or(Value::Other("a fraction"), Value::Whole),
            },
        };
        Ok(Node { at, value })
    }
}

/// A whole number; one of more than 38 digits is as large as any.
pub(super) fn whole(number: &str) -> Option<i128> {
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let most = if number.starts_with('-') { i128::MIN } else { i128::MAX };
    Some(number.parse().unwrap_or(most))
}
