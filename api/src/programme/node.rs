//! A document as it was written, each value with its place in the text: the same of JSON and of TOML.

use super::fault::{Field, Step};

/// Lists and tables within each other. [D] A programme needs six.
pub(super) const MOST_DEEP: usize = 16;

/// A value and where it begins, bytes from the start of the text.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    /// JSON's null, which is the same as nothing.
    Null,
    Whole(i128),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Member>),
    /// What no field of a programme is: its name.
    Other(&'static str),
}

/// A key, where it begins, and its value.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) at: usize,
    pub(super) node: Node,
}

impl Value {
    /// What it is, as an error says it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Whole(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }
}

impl Node {
    /// Where a field stands, or else what it would stand in.
    pub(super) fn place_of(&self, field: &Field) -> usize {
        let (mut node, mut at) = (self, self.at);
        for step in &field.0 {
            let below = match (step, &node.value) {
                (Step::Key(key), Value::Table(members)) => {
                    members.iter().find(|member| member.key == *key).map(|member| (member.at, &member.node))
                }
                (Step::Index(index), Value::List(list)) => list.get(*index).map(|node| (node.at, node)),
                _ => None,
            };
            match below {
                Some((place, below)) => (at, node) = (place, below),
                None => break,
            }
        }
        at
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines {
    ends: Vec<usize>,
    length: usize,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
        Self { ends: ends.collect(), length: text.len() }
    }

    /// The line of a place, from 1. Behind the last line break of a text nothing is written.
    pub(super) fn line(&self, at: usize) -> u32 {
        let at = at.min(self.length.saturating_sub(1));
        let before = self.ends.partition_point(|end| *end < at);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }
}
