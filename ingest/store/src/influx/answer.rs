//! InfluxQL's answers, one JSON object a chunk. An error must never look like no rows: each statement has to answer, and
//! to say that it is done.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::error::InfluxError;
use super::rows::EXTRAS;

/// The widest row that is ever asked for: the time and all fields beside the value.
const WIDEST: usize = 1 + EXTRAS.len();

/// A row of integers; a missing one is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) cells: [Option<i64>; WIDEST],
    len: usize,
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Row;
        impl<'de> Visitor<'de> for Row {
            type Value = Cells;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row of integers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<Cells, A::Error> {
                let mut cells = Cells::default();
                while cells.len < WIDEST {
                    let Some(cell) = row.next_element::<Option<i64>>()? else { return Ok(cells) };
                    cells.cells[cells.len] = cell;
                    cells.len += 1;
                }
                match row.next_element::<IgnoredAny>()? {
                    None => Ok(cells),
                    Some(_) => Err(serde::de::Error::invalid_length(WIDEST + 1, &self)),
                }
            }
        }
        deserializer.deserialize_seq(Row)
    }
}

/// The tags by which rows are grouped.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tags {
    /// The participant's key.
    pub(super) p: String,
    /// The grain.
    pub(super) g: String,
    /// The source's key.
    pub(super) s: String,
}

/// Rows of one series.
#[derive(Debug, Deserialize)]
pub(super) struct Rows {
    /// The measurement.
    pub(super) name: String,
    #[serde(default)]
    pub(super) tags: Tags,
    #[serde(default)]
    pub(super) columns: Vec<String>,
    #[serde(default)]
    pub(super) values: Vec<Cells>,
}

#[derive(Debug, Deserialize)]
struct Statement {
    #[serde(default)]
    statement_id: usize,
    #[serde(default)]
    series: Vec<Rows>,
    #[serde(default)]
    partial: bool,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Chunk {
    results: Option<Vec<Statement>>,
    error: Option<String>,
}

/// Takes chunks as they come.
#[derive(Debug)]
pub(super) struct Answer {
    buffer: Vec<u8>,
    /// Up to where no end of a line was found.
    looked: usize,
    /// Of each statement: whether it said that it is done.
    done: Vec<bool>,
}

impl Answer {
    /// To so many statements.
    pub(super) fn to(statements: usize) -> Self {
        Self { buffer: Vec::new(), looked: 0, done: vec![false; statements] }
    }

    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        visit: &mut dyn FnMut(usize, Rows) -> Result<(), InfluxError>,
    ) -> Result<(), InfluxError> {
        self.buffer.extend_from_slice(bytes);
        while let Some(end) = self.buffer[self.looked..].iter().position(|byte| *byte == b'\n') {
            let end = self.looked + end;
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            self.looked = 0;
            self.chunk(&line, visit)?;
        }
        self.looked = self.buffer.len();
        Ok(())
    }

    /// The body is at its end: every statement must have said so, too.
    pub(super) fn finish(
        mut self,
        visit: &mut dyn FnMut(usize, Rows) -> Result<(), InfluxError>,
    ) -> Result<(), InfluxError> {
        let rest = std::mem::take(&mut self.buffer);
        self.chunk(&rest, visit)?;
        if self.done.iter().all(|done| *done) {
            Ok(())
        } else {
            Err(InfluxError::Answer("a statement was not answered to its end"))
        }
    }

    fn chunk(
        &mut self,
        line: &[u8],
        visit: &mut dyn FnMut(usize, Rows) -> Result<(), InfluxError>,
    ) -> Result<(), InfluxError> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_slice(line)
            .map_err(|_| InfluxError::Answer("it is not the JSON of InfluxQL"))?;
        if let Some(message) = chunk.error {
            return Err(InfluxError::Statement { message });
        }
        let results = chunk.results.ok_or(InfluxError::Answer("it has no results"))?;
        for statement in results {
            if let Some(message) = statement.error {
                return Err(InfluxError::Statement { message });
            }
            let done = self.done.get_mut(statement.statement_id);
            let done = done.ok_or(InfluxError::Answer("it answers what was not asked"))?;
            // More of this statement is to come as long as it says partial.
            *done = !statement.partial;
            for rows in statement.series {
                visit(statement.statement_id, rows)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(statements: usize, body: &str) -> Result<Vec<(usize, String, usize)>, String> {
        let mut found = Vec::new();
        let mut visit = |id, rows: Rows| {
            found.push((id, rows.name, rows.values.len()));
            Ok(())
        };
        let mut answer = Answer::to(statements);
        let result = body
            .as_bytes()
            .chunks(7)
            .try_for_each(|bytes| answer.push(bytes, &mut visit))
            .and_then(|()| answer.finish(&mut visit));
        result.map_err(|error| error.to_string()).map(|()| found)
    }

    #[test]
    fn chunks_go_on_until_their_statement_is_done() {
        let body = r#"{"results":[{"statement_id":0,"series":[{"name":"steps","columns":["time","value"],"values":[[1,2],[3,null]],"partial":true}],"partial":true}]}
{"results":[{"statement_id":0,"series":[{"name":"steps","columns":["time","value"],"values":[[5,6]]}]}]}
{"results":[{"statement_id":1}]}
"#;
        assert_eq!(read(2, body), Ok(vec![(0, "steps".to_owned(), 2), (0, "steps".to_owned(), 1)]));
    }

    #[test]
    fn what_is_no_answer_is_never_an_empty_one() {
        for body in [
            "",
            "{}",
            "{\"results\":[]}",
            "{\"results\":[{\"statement_id\":0}]}",
            "{\"results\":[{\"statement_id\":0},{\"statement_id\":1,\"partial\":true}]}",
            "{\"results\":[{\"statement_id\":0},{\"statement_id\":1,\"error\":\"database not found: x\"}]}",
            "{\"results\":[{\"statement_id\":0},{\"statement_id\":1}]}\n{\"error\":\"max-select-point limit exceeded\"}",
            "{\"results\":[{\"statement_id\":0},{\"statement_id\":1},{\"statement_id\":2}]}",
            "{\"results\":[{\"statement_id\":0},{\"statement_id\":1}]}\n{\"resul",
            "name,tags,time,value\n",
        ] {
            assert!(read(2, body).is_err(), "{body}");
        }
        assert_eq!(read(2, "{\"results\":[{\"statement_id\":0},{\"statement_id\":1}]}"), Ok(vec![]));
    }
}
