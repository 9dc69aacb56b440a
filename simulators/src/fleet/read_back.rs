//! What a server gives back, held against what was emitted.

use std::collections::HashMap;

use foulee_contract::{How, ParticipantId, Tuple, Value};

use super::batch::FUTURE_MS;
use super::patience::{Heard, Patience};
use super::send::Acknowledged;
use super::server::{Row, Server};
use super::wearer::{DAY_MS, Emitted, PROVENANCE, SOURCE, Wearer};
use crate::error::SimError;

/// How far before and behind the days is looked for what was never emitted: as far as one answer reaches.
const AROUND_MS: i64 = 31 * DAY_MS;
/// Most differences that are told.
const MOST_EXAMPLES: usize = 5;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Acknowledged, and not there.
    pub(super) missing: u64,
    /// There more than once, or never emitted.
    pub(super) duplicated: u64,
    /// There, but not as recorded: another offset, or recorded otherwise.
    pub(super) provenance_lost: u64,
    /// The first of them in words.
    pub(super) examples: Vec<String>,
}

impl Found {
    pub(super) fn add(&mut self, other: Found) {
        self.missing += other.missing;
        self.duplicated += other.duplicated;
        self.provenance_lost += other.provenance_lost;
        self.examples.extend(other.examples);
        self.examples.truncate(MOST_EXAMPLES);
    }

    fn example(&mut self, what: &str, which: &dyn std::fmt::Debug) {
        if self.examples.len() < MOST_EXAMPLES {
            self.examples.push(format!("{what}: {which:?}"));
        }
    }
}

/// Reads all of somebody's readings back and compares; `None` where patience is over.
pub(super) fn read_back(
    server: &Server,
    participant: ParticipantId,
    wearer: &Wearer,
    acknowledged: &Acknowledged,
    patience: &mut Patience<'_>,
) -> Result<Option<Found>, SimError> {
    let mut found = Found::default();
    let (first_ms, end_ms) = (wearer.day_start_ms(0), wearer.day_start_ms(wearer.days()));
    let days = (0..wearer.days()).map(|day| {
        let numbers = wearer.of_days(day..day + 1);
        let expected = numbers.map(|number| acknowledged.holds(number));
        (wearer.day_start_ms(day), DAY_MS, wearer.day(day).into_iter().zip(expected).collect())
    });
    let around = [(first_ms - AROUND_MS, AROUND_MS), (end_ms, AROUND_MS), (FUTURE_MS, 2 * DAY_MS)];
    let around = around.map(|(from_ms, length_ms)| (from_ms, length_ms, Vec::new()));
    for (from_ms, length_ms, expected) in days.chain(around) {
        let to_ms = from_ms + length_ms;
        let Heard::Said(reply) = patience.ask(|| server.readings(participant, from_ms, to_ms))? else {
            return Ok(None);
        };
        let mut rows = reply.rows()?;
        rows.retain(|row| (from_ms..to_ms).contains(&row.start.timestamp_millis()));
        found.add(compare(&expected, &rows));
    }
    Ok(Some(found))
}

/// What is missing and what is too much: `expected` are all emitted readings of a time, each with whether it was
/// acknowledged; `held` is everything that the server holds of it.
fn compare(expected: &[(Emitted, bool)], held: &[Row]) -> Found {
    let mut found = Found::default();
    let mut times: HashMap<Emitted, u64> = expected.iter().map(|(emitted, _)| (*emitted, 0)).collect();
    for row in held {
        match emitted(row).and_then(|emitted| times.get_mut(&emitted)) {
            Some(times) => {
                *times += 1;
                if *times > 1 {
                    found.duplicated += 1;
                    found.example("held again", row);
                }
            }
            None => {
                found.duplicated += 1;
                found.example("held, and never emitted", row);
            }
        }
        if row.offset != PROVENANCE.offset_minutes || row.how.parse() != Ok::<How, _>(PROVENANCE.how) {
            found.provenance_lost += 1;
            found.example("not as it was recorded", row);
        }
    }
    for (emitted, _) in expected.iter().filter(|(_, acknowledged)| *acknowledged) {
        if times.get(emitted).is_none_or(|times| *times == 0) {
            found.missing += 1;
            found.example("acknowledged, and not held", emitted);
        }
    }
    found
}

/// The reading that a row is, if a device of the fleet could have made it.
fn emitted(row: &Row) -> Option<Emitted> {
    let metric = row.metric().filter(|_| row.source == SOURCE)?;
    let value = match row.value {
        None => Value::Deleted,
        Some(number) => {
            let stored = metric.scale_decimal(number).ok()?;
            // Not what it would be if it were rounded.
            Value::Present(Some(stored).filter(|&stored| metric.to_unit(stored) == number)?)
        }
    };
    let (start_ms, end_ms) = (row.start.timestamp_millis(), row.end.timestamp_millis());
    let exact = [row.start, row.end].iter().all(|time| time.timestamp_subsec_nanos() % 1_000_000 == 0);
    let tuple = Tuple { start_ms, end_ms, seq: row.seq, rev: row.rev, value };
    exact.then_some(Emitted { metric, grain: row.grain.parse().ok()?, tuple })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDate};

    fn day() -> Vec<(Emitted, bool)> {
        let wearer = Wearer::new(1, 1, NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(), 1).unwrap();
        wearer.day(0).into_iter().map(|emitted| (emitted, true)).collect()
    }

    fn row(emitted: &Emitted) -> Row {
        let time = |ms| DateTime::from_timestamp_millis(ms).unwrap();
        Row {
            metric: emitted.metric.to_string(),
            source: SOURCE.to_owned(),
            grain: emitted.grain.to_string(),
            start: time(emitted.tuple.start_ms),
            end: time(emitted.tuple.end_ms),
            offset: PROVENANCE.offset_minutes,
            value: emitted.tuple.value.present().map(|value| emitted.metric.to_unit(value)),
            unit: emitted.metric.unit().to_owned(),
            seq: emitted.tuple.seq,
            rev: emitted.tuple.rev,
            how: PROVENANCE.how.to_string(),
        }
    }

    fn counts(found: &Found) -> (u64, u64, u64) {
        (found.missing, found.duplicated, found.provenance_lost)
    }

    #[test]
    fn what_is_held_as_it_was_emitted_is_whole_in_any_order() {
        let expected = day();
        let mut rows: Vec<Row> = expected.iter().map(|(emitted, _)| row(emitted)).collect();
        rows.reverse();
        assert_eq!(counts(&compare(&expected, &rows)), (0, 0, 0));
        assert_eq!(counts(&compare(&[], &[])), (0, 0, 0));
    }

    #[test]
    fn each_way_of_being_wrong_is_seen() {
        let expected = day();
        let rows: Vec<Row> = expected.iter().map(|(emitted, _)| row(emitted)).collect();
        let with = |change: &dyn Fn(&mut Vec<Row>)| {
            let mut rows = rows.clone();
            change(&mut rows);
            counts(&compare(&expected, &rows))
        };
        assert_eq!(with(&|rows| drop(rows.remove(7))), (1, 0, 0));
        assert_eq!(with(&|rows| rows.push(rows[7].clone())), (0, 1, 0));
        for change in [
            (&|row: &mut Row| row.value = row.value.map(|value| value + 1.0)) as &dyn Fn(&mut Row),
            &|row| row.value = row.value.map(|value| value + 0.001),
            &|row| row.value = None,
            &|row| row.start += chrono::TimeDelta::minutes(1_500),
            &|row| row.end += chrono::TimeDelta::microseconds(1),
            &|row| row.seq += 8,
            &|row| row.rev += 8,
            &|row| row.unit.push('s'),
            &|row| row.source.push('2'),
            &|row| row.grain = "total".to_owned(),
        ] {
            assert_eq!(with(&|rows| change(&mut rows[0])), (1, 1, 0));
        }
        assert_eq!(with(&|rows| rows[7].offset = None), (0, 0, 1));
        assert_eq!(with(&|rows| rows[7].how = "manual".to_owned()), (0, 0, 1));
    }

    #[test]
    fn what_was_not_acknowledged_may_be_there_or_not() {
        let mut expected = day();
        expected[3].1 = false;
        let mut rows: Vec<Row> = expected.iter().map(|(emitted, _)| row(emitted)).collect();
        assert_eq!(counts(&compare(&expected, &rows)), (0, 0, 0));
        rows.remove(3);
        assert_eq!(counts(&compare(&expected, &rows)), (0, 0, 0));
    }
}
