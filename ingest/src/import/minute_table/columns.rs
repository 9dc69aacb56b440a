use std::collections::BTreeSet;
use std::path::Path;

use foulee_contract::Metric;

use crate::import::head::{HeadTable, fold};
use crate::import::{ColumnMap, ColumnTarget, ImportError};

/// Where a table's columns are.
pub(in crate::import) struct Columns {
    pub(in crate::import) time: usize,
    /// The day, where the column of times holds times of day alone.
    pub(in crate::import) date: Option<usize>,
    pub(in crate::import) end: Option<usize>,
    pub(in crate::import) offset: Option<usize>,
    pub(in crate::import) person: Option<usize>,
    pub(in crate::import) values: Values,
}

/// Where its values are.
pub(in crate::import) enum Values {
    /// A column a metric.
    Wide(Vec<(usize, Metric)>),
    /// A kind and a value a row.
    Long { kind: usize, value: usize, words: Words },
}

/// What the words of a kind column mean.
pub(in crate::import) enum Words {
    /// What they commonly do.
    Common,
    /// What was named, folded, and no others.
    Named(Vec<(String, Metric)>),
}

impl Words {
    /// The metric of a word; none for what is not kept.
    pub(in crate::import) fn metric(&self, word: &str) -> Option<Metric> {
        let word = fold(word);
        match self {
            Words::Common => metric_of(&word),
            Words::Named(words) => words.iter().find(|(known, _)| *known == word).map(|(_, metric)| *metric),
        }
    }
}

// Common names, folded, the likeliest first.
const TIME: &[&str] = &[
    "time",
    "timestamp",
    "datetime",
    "dateandtime",
    "start",
    "starttime",
    "starttimestamp",
    "localtime",
    "activityminute",
    "minute",
    "date",
];
const DATE: &[&str] = &["date", "day"];
const END: &[&str] = &["end", "endtime", "endtimestamp", "stop", "stoptime"];
const OFFSET: &[&str] =
    &["offset", "utcoffset", "offsetminutes", "utcoffsetminutes", "tzoffset", "timezoneoffset", "zoneoffset"];
const PERSON: &[&str] =
    &["id", "participant", "participantid", "subject", "subjectid", "person", "personid", "user", "userid"];
const KIND: &[&str] = &["kind", "type", "metric", "measure", "variable", "signal"];
const VALUE: &[&str] = &["value", "val", "reading"];

/// The metric of a common name. `worn`, `gap` and the like go by the contract's own names alone, since their units
/// would be a guess.
fn metric_of(folded: &str) -> Option<Metric> {
    match folded {
        "step" | "stepcount" | "stepsperminute" => Some(Metric::Steps),
        "hr" | "bpm" | "pulse" | "heartratebpm" | "hrbpm" | "meanhr" | "heartratemean" => {
            Some(Metric::HeartRate)
        }
        "rr" | "rri" | "ibi" | "rrms" | "rrintervalms" => Some(Metric::RrInterval),
        "cumulativesteps" => Some(Metric::StepCounter),
        _ => Metric::ALL.into_iter().find(|metric| fold(metric.name()) == folded),
    }
}

impl Columns {
    /// The columns as `map` names them, and by common names what it does not name; none if the table shows none.
    pub(in crate::import) fn find(
        table: &HeadTable,
        map: &ColumnMap,
        path: &Path,
    ) -> Result<Option<Self>, ImportError> {
        let mut named = Named { table, path, roles: Vec::new(), words: Vec::new() };
        for (column, target) in map.entries() {
            named.add(column, target);
        }
        let values = named.values(map)?;
        let time = named.role(ColumnTarget::Time, TIME);
        let (Some(time), Some(values)) = (time, values) else {
            if map.is_empty() {
                return Ok(None);
            }
            return Err(ImportError::MapIncomplete {
                path: path.to_owned(),
                missing: if time.is_none() { "time" } else { "a metric, or kind and value," },
                columns: table.listed(),
            });
        };
        Ok(Some(Self {
            time,
            date: DATE.iter().find_map(|name| table.position(name)).filter(|date| *date != time),
            end: named.role(ColumnTarget::End, END),
            offset: named.role(ColumnTarget::Offset, OFFSET),
            person: named.person(),
            values,
        }))
    }

    /// The metrics that its first rows show.
    pub(in crate::import) fn metrics(&self, table: &HeadTable) -> Vec<Metric> {
        match &self.values {
            Values::Wide(columns) => columns.iter().map(|(_, metric)| *metric).collect(),
            Values::Long { kind, words, .. } => {
                table.sample.iter().filter_map(|cells| words.metric(&cells[*kind])).collect()
            }
        }
    }
}

/// Whether a column tells rows apart rather than people: many rows, and no two alike.
fn numbers_rows(table: &HeadTable, at: usize) -> bool {
    const MANY: usize = 20;
    let different: BTreeSet<&str> = table.sample.iter().map(|cells| cells[at].as_str()).collect();
    table.sample.len() >= MANY && different.len() == table.sample.len()
}

struct Named<'a> {
    table: &'a HeadTable,
    path: &'a Path,
    roles: Vec<(usize, ColumnTarget)>,
    /// Names that are no column: words of the kind column, if there is one.
    words: Vec<(String, ColumnTarget)>,
}

impl Named<'_> {
    fn add(&mut self, column: &str, target: ColumnTarget) {
        let exact = self.table.columns.iter().position(|name| name == column);
        match exact.or_else(|| self.table.position(&fold(column))) {
            Some(at) => self.roles.push((at, target)),
            None => self.words.push((column.to_owned(), target)),
        }
    }

    /// The column that was named for a role, or one with a common name that was named for nothing.
    fn role(&self, target: ColumnTarget, common: &[&str]) -> Option<usize> {
        let named = self.roles.iter().find(|(_, role)| *role == target).map(|(at, _)| *at);
        named.or_else(|| {
            let free = |at: &usize| !self.roles.iter().any(|(used, _)| used == at);
            common.iter().find_map(|name| self.table.position(name).filter(free))
        })
    }

    /// The column of people's ids; one that nobody named may be of rows' instead.
    fn person(&self) -> Option<usize> {
        let named = self.roles.iter().any(|(_, role)| *role == ColumnTarget::Participant);
        self.role(ColumnTarget::Participant, PERSON).filter(|at| named || !numbers_rows(self.table, *at))
    }

    fn values(&self, map: &ColumnMap) -> Result<Option<Values>, ImportError> {
        for (nth, (_, target)) in self.roles.iter().enumerate() {
            if self.roles[..nth].iter().any(|(_, other)| other == target) {
                let name = map.entries().find(|(_, t)| t == target).map_or("", |(name, _)| name);
                return Err(ImportError::MappedTwice { name: name.to_owned() });
            }
        }
        let metrics: Vec<(usize, Metric)> = self
            .roles
            .iter()
            .filter_map(|(at, target)| match target {
                ColumnTarget::Metric(metric) => Some((*at, *metric)),
                _ => None,
            })
            .collect();
        // Who names metrics means those and no others.
        if !metrics.is_empty() {
            self.no_words()?;
            return Ok(Some(Values::Wide(metrics)));
        }
        let long = self.role(ColumnTarget::Kind, KIND).zip(self.role(ColumnTarget::Value, VALUE));
        let guessed = self.guessed();
        let names_a_long_one = !self.words.is_empty()
            || self
                .roles
                .iter()
                .any(|(_, target)| matches!(target, ColumnTarget::Kind | ColumnTarget::Value));
        match long {
            Some((kind, value)) if guessed.is_empty() || names_a_long_one => self.long(kind, value).map(Some),
            _ => {
                self.no_words()?;
                Ok((!guessed.is_empty()).then_some(Values::Wide(guessed)))
            }
        }
    }

    /// Columns with a metric's common name, one a metric.
    fn guessed(&self) -> Vec<(usize, Metric)> {
        let mut found: Vec<(usize, Metric)> = Vec::new();
        for (at, name) in self.table.folded.iter().enumerate() {
            if let Some(metric) = metric_of(name)
                && !self.roles.iter().any(|(used, _)| *used == at)
                && !found.iter().any(|(_, other)| *other == metric)
            {
                found.push((at, metric));
            }
        }
        found
    }

    fn long(&self, kind: usize, value: usize) -> Result<Values, ImportError> {
        if self.words.is_empty() {
            return Ok(Values::Long { kind, value, words: Words::Common });
        }
        let mut words = Vec::new();
        for (word, target) in &self.words {
            match target {
                ColumnTarget::Metric(metric) => words.push((fold(word), *metric)),
                _ => return Err(self.no_such(word)),
            }
        }
        Ok(Values::Long { kind, value, words: Words::Named(words) })
    }

    fn no_words(&self) -> Result<(), ImportError> {
        self.words.first().map_or(Ok(()), |(name, _)| Err(self.no_such(name)))
    }

    fn no_such(&self, column: &str) -> ImportError {
        ImportError::NoSuchColumn {
            path: self.path.to_owned(),
            column: column.to_owned(),
            columns: self.table.listed(),
        }
    }
}
