//! A day of a series as points: which slot each reading has, which fields are written, and what is read from them.
//!
//! A point's time is the reading's start in nanoseconds, with a slot in the digits below the millisecond: its `seq` where
//! `rev` is 0 and `seq` below 1,000, else one from 1,000 on that follows from the reading. A field at its default is not written: each costs up to
//! 6.6 bytes a reading. When and how a reading was recorded is written where it differs from the point before on the
//! same day, and belongs to all that follow.

use std::collections::{HashMap, HashSet};

use foulee_contract::{Grain, How, Provenance, Stored, Tuple, Value};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::{Digest, epoch_day};

/// Names of the fields beside `value`, in the order of [`Extra`].
pub(super) const EXTRAS: [&str; 7] = ["deleted", "how", "ms", "offset", "received", "rev", "seq"];
const DELETED: usize = 0;
const HOW: usize = 1;
const LENGTH: usize = 2;
const OFFSET: usize = 3;
const RECEIVED: usize = 4;
const REV: usize = 5;
const SEQ: usize = 6;

/// The fields of a point beside its value; `None` is not written.
pub(super) type Extra = [Option<i64>; 7];

const NS_PER_MS: i64 = 1_000_000;
/// Slots below it stand for their `seq`.
const OWN_SLOTS: u32 = 1_000;
/// The whole microseconds among the others.
const MICROSECONDS: u32 = 999;
/// How many there are: the digits below a millisecond.
const SLOTS: u32 = NS_PER_MS as u32;
/// The last start that fits in nanoseconds, ms UTC (in the year 2262).
pub(super) const LAST_START_MS: i64 = i64::MAX / NS_PER_MS - 1;
/// Written as the offset where there is none.
const NO_OFFSET: i64 = 9_999;

/// When and how something was recorded: what points inherit from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) received_ms: i64,
    pub(super) provenance: Provenance,
}

/// A reading as it stands in InfluxDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) stored: Stored,
    slot: u32,
    /// Whether its own point says when and how it was recorded.
    explicit: bool,
}

impl Origin {
    /// A hash of it together with the tuple whose hash is given.
    pub(super) fn hash(&self, of_tuple: Digest) -> Digest {
        let mut bytes = [0_u8; 27];
        bytes[..16].copy_from_slice(&of_tuple.to_bytes());
        bytes[16..24].copy_from_slice(&self.received_ms.to_le_bytes());
        let offset = self.provenance.offset_minutes.unwrap_or(i16::MIN);
        bytes[24..26].copy_from_slice(&offset.to_le_bytes());
        bytes[26] = self.provenance.how as u8;
        Digest::from_bytes(xxh3_128(&bytes).to_be_bytes())
    }
}

impl Row {
    pub(super) fn time_ns(&self) -> i64 {
        self.stored.tuple.start_ms * NS_PER_MS + i64::from(self.slot)
    }

    pub(super) fn origin(&self) -> Origin {
        Origin { received_ms: self.stored.received_ms, provenance: self.stored.provenance }
    }
}

/// A point to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) time_ns: i64,
    pub(super) value: i64,
    pub(super) extra: Extra,
    origin: Origin,
}

impl Point {
    /// Says itself when and how it was recorded: what it would inherit from may not arrive.
    pub(super) fn explicit(mut self) -> Self {
        let Origin { received_ms, provenance } = self.origin;
        self.extra[RECEIVED] = Some(received_ms);
        self.extra[OFFSET] = Some(provenance.offset_minutes.map_or(NO_OFFSET, i64::from));
        self.extra[HOW] = Some(i64::from(provenance.how as u8));
        self
    }
}

/// How long a reading of this grain is unless its point says otherwise, ms.
fn usual_ms(grain: Grain) -> i64 {
    match grain {
        Grain::Sample => 0,
        Grain::Epoch => 60_000,
        Grain::Total => 86_400_000,
    }
}

/// The readings of a series from its points, both lists in time order: `(time, value)`, and the points that have other
/// fields.
pub(super) fn decode(grain: Grain, values: &[(i64, i64)], extras: &[(i64, Extra)]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(values.len());
    let mut extras = extras.iter().peekable();
    let (mut day, mut origin) = (i32::MIN, None);
    for &(time_ns, value) in values {
        while extras.next_if(|(time, _)| *time < time_ns).is_some() {}
        let extra = extras.next_if(|(time, _)| *time == time_ns).map_or([None; 7], |(_, extra)| *extra);
        let start_ms = time_ns.div_euclid(NS_PER_MS);
        if epoch_day(start_ms) != day {
            (day, origin) = (epoch_day(start_ms), None);
        }
        if let Some(received_ms) = extra[RECEIVED] {
            let offset = extra[OFFSET].filter(|offset| *offset != NO_OFFSET);
            let offset_minutes = offset.and_then(|offset| i16::try_from(offset).ok());
            let how = extra[HOW].and_then(|how| u8::try_from(how).ok()).and_then(How::from_code);
            let provenance = Provenance { offset_minutes, how: how.unwrap_or_default() };
            origin = Some(Origin { received_ms, provenance });
        }
        // A day's first point says it. Where that one was lost, fewer are there than were acknowledged; nothing is taken
        // for earlier than it was.
        let known = origin.unwrap_or(Origin { received_ms: i64::MAX, provenance: Provenance::default() });
        let slot = time_ns.rem_euclid(NS_PER_MS) as u32;
        let own = if slot < OWN_SLOTS { u64::from(slot) } else { 0 };
        let tuple = Tuple {
            start_ms,
            end_ms: start_ms + extra[LENGTH].unwrap_or_else(|| usual_ms(grain)),
            seq: extra[SEQ].map_or(own, |seq| seq as u64),
            rev: extra[REV].map_or(0, |rev| rev as u64),
            value: if extra[DELETED] == Some(1) { Value::Deleted } else { Value::Present(value) },
        };
        let stored = Stored { tuple, provenance: known.provenance, received_ms: known.received_ms };
        rows.push(Row { stored, slot, explicit: extra[RECEIVED].is_some() });
    }
    once_each(rows)
}

/// A reading that stands in two slots is one: a request of long ago may have brought it again.
fn once_each(rows: Vec<Row>) -> Vec<Row> {
    let start = |row: &Row| row.stored.tuple.start_ms;
    if rows.windows(2).all(|pair| start(&pair[0]) != start(&pair[1])) {
        return rows;
    }
    let mut seen = HashSet::new();
    let mut at = i64::MIN;
    let mut rows = rows;
    rows.retain(|row| {
        if start(row) != at {
            at = start(row);
            seen.clear();
        }
        seen.insert(row.stored.tuple)
    });
    rows
}

/// What is known of the day before something is added to it.
#[derive(Debug)]
pub(super) enum Before {
    /// Every point of it lies before what is added; this is the origin of the last, `None` where there is none.
    Tail(Option<Origin>),
    /// Its points, in time order.
    Rows(Vec<Row>),
}

/// What is to be written so that a day holds more.
#[derive(Debug)]
pub(super) struct Plan {
    /// Points that are there and no longer inherit what they have: to be there before anything else is written.
    pub(super) pins: Vec<Point>,
    pub(super) points: Vec<Point>,
    /// Tuples that were not there.
    pub(super) new: Vec<(Tuple, Origin)>,
    /// Tuples that were there, with the origin that they had and the one that they get.
    pub(super) changed: Vec<(Tuple, Origin, Origin)>,
    /// The origin of the day's last point afterwards.
    pub(super) tail: Option<Origin>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Old,
    Written,
}

/// Adds rows, sorted by tuple and each once, to a day of a series. Of a tuple that is there, the greatest provenance and
/// the earliest receipt are kept. With `explicit`, each point written says when and how it was recorded.
pub(super) fn plan(grain: Grain, before: Before, rows: &[(Tuple, Origin)], explicit: bool) -> Plan {
    let (mut cur, old) = match before {
        Before::Tail(origin) => (origin, Vec::new()),
        Before::Rows(old) => (None, old),
    };
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let mut all: Vec<(Row, State)> = old.iter().map(|row| (*row, State::Old)).collect();
    // Of the start that is looked at: which slots are taken, and where each tuple stands.
    let (mut taken, mut known) = (HashSet::new(), HashMap::new());
    let mut taken_at = i64::MIN;
    for (tuple, origin) in rows {
        if tuple.start_ms != taken_at {
            taken_at = tuple.start_ms;
            taken.clear();
            known.clear();
            let at = old.partition_point(|row| row.stored.tuple.start_ms < tuple.start_ms);
            let same = old[at..].iter().take_while(|row| row.stored.tuple.start_ms == tuple.start_ms);
            for (row, at) in same.zip(at..) {
                taken.insert(row.slot);
                known.insert(row.stored.tuple, at);
            }
        }
        if let Some(at) = known.get(tuple) {
            let (row, state) = &mut all[*at];
            let stored = row.stored;
            // A repair: what a point inherits may come from the wrong one, where others are gone.
            let (provenance, received_ms) = if explicit && !row.explicit {
                (origin.provenance, origin.received_ms)
            } else {
                (stored.provenance.max(origin.provenance), stored.received_ms.min(origin.received_ms))
            };
            if explicit || (provenance, received_ms) != (stored.provenance, stored.received_ms) {
                let before = row.origin();
                row.stored = Stored { tuple: *tuple, provenance, received_ms };
                row.explicit = true;
                *state = State::Written;
                changed.push((*tuple, before, row.origin()));
            }
            continue;
        }
        let own = u32::try_from(tuple.seq).ok().filter(|seq| *seq < OWN_SLOTS && tuple.rev == 0);
        let slot = own.filter(|slot| !taken.contains(slot)).or_else(|| free_slot(tuple, &taken));
        // A million different readings of one series at one millisecond: there is no room for more.
        let Some(slot) = slot else { continue };
        taken.insert(slot);
        new.push((*tuple, *origin));
        let stored = Stored { tuple: *tuple, provenance: origin.provenance, received_ms: origin.received_ms };
        all.push((Row { stored, slot, explicit }, State::Written));
    }
    if all.len() > old.len() && !old.is_empty() || !all.is_sorted_by_key(|(row, _)| row.time_ns()) {
        all.sort_by_key(|(row, _)| row.time_ns());
    }
    let mut points = Vec::with_capacity(all.len() - old.len());
    let mut pins = Vec::new();
    for (mut row, state) in all {
        let origin = row.origin();
        let is_pinned = !row.explicit && cur != Some(origin);
        row.explicit |= is_pinned;
        if state == State::Written {
            points.push(point(grain, &row));
        } else if is_pinned {
            pins.push(point(grain, &row));
        }
        cur = Some(origin);
    }
    Plan { pins, points, new, changed, tail: cur }
}

/// A slot that follows from the reading itself, so that whoever writes it later, or again, takes the same: an old request
/// that arrives late does no harm.
fn free_slot(tuple: &Tuple, taken: &HashSet<u32>) -> Option<u32> {
    let shared = SLOTS - OWN_SLOTS;
    if taken.len() >= shared as usize {
        return None;
    }
    let mut bytes = [0_u8; 40];
    let value = tuple.value.present().unwrap_or(i64::MIN);
    for (at, number) in
        [tuple.start_ms, tuple.end_ms, tuple.seq as i64, tuple.rev as i64, value].iter().enumerate()
    {
        bytes[at * 8..][..8].copy_from_slice(&number.to_le_bytes());
    }
    let hash = xxh3_64(&bytes);
    // Whole microseconds as long as there are some: times with a common divisor take InfluxDB half the room.
    if taken.len() < MICROSECONDS as usize / 2 {
        let first = (hash % u64::from(MICROSECONDS)) as u32;
        let slots = (0..MICROSECONDS).map(|step| OWN_SLOTS * (1 + (first + step) % MICROSECONDS));
        if let Some(slot) = slots.into_iter().find(|slot| !taken.contains(slot)) {
            return Some(slot);
        }
    }
    let first = (hash % u64::from(shared)) as u32;
    (0..shared).map(|step| OWN_SLOTS + (first + step) % shared).find(|slot| !taken.contains(slot))
}

fn point(grain: Grain, row: &Row) -> Point {
    let tuple = &row.stored.tuple;
    let mut extra: Extra = [None; 7];
    let length_ms = tuple.end_ms - tuple.start_ms;
    extra[LENGTH] = (length_ms != usual_ms(grain)).then_some(length_ms);
    let own = if row.slot < OWN_SLOTS { u64::from(row.slot) } else { 0 };
    extra[SEQ] = (tuple.seq != own).then_some(tuple.seq as i64);
    extra[REV] = (tuple.rev != 0).then_some(tuple.rev as i64);
    extra[DELETED] = (tuple.value == Value::Deleted).then_some(1);
    let value = tuple.value.present().unwrap_or(0);
    let point = Point { time_ns: row.time_ns(), value, extra, origin: row.origin() };
    if row.explicit { point.explicit() } else { point }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    const DAY_MS: i64 = 86_400_000;

    /// A server of one series: points unite field by field.
    #[derive(Default)]
    struct Points(BTreeMap<i64, (i64, Extra)>);

    impl Points {
        fn write(&mut self, points: &[Point]) {
            for point in points {
                let known = self.0.entry(point.time_ns).or_insert((point.value, [None; 7]));
                known.0 = point.value;
                for (known, new) in known.1.iter_mut().zip(point.extra) {
                    *known = new.or(*known);
                }
            }
        }

        fn rows(&self, grain: Grain) -> Vec<Row> {
            let values: Vec<_> = self.0.iter().map(|(time, (value, _))| (*time, *value)).collect();
            let extras = self.0.iter().filter(|(_, (_, extra))| extra.iter().any(Option::is_some));
            let extras: Vec<_> = extras.map(|(time, (_, extra))| (*time, *extra)).collect();
            decode(grain, &values, &extras)
        }
    }

    fn tuple() -> impl Strategy<Value = Tuple> {
        let value = prop_oneof![4 => (0..3_i64).prop_map(Value::Present), 1 => Just(Value::Deleted)];
        let length = prop_oneof![Just(0), Just(60_000), Just(61_000)];
        let seq = prop_oneof![3 => 0..3_u64, 1 => 998..1_003_u64];
        (0..6_i64, length, seq, 0..2_u64, value).prop_map(|(start, length, seq, rev, value)| {
            let start_ms = 20 * DAY_MS + start;
            Tuple { start_ms, end_ms: start_ms + length, seq, rev, value }
        })
    }

    fn origin() -> impl Strategy<Value = Origin> {
        let offset = prop_oneof![Just(None), Just(Some(60)), Just(Some(120))];
        (0..3_i64, offset, 0..3_u8).prop_map(|(received_ms, offset_minutes, how)| Origin {
            received_ms,
            provenance: Provenance { offset_minutes, how: How::from_code(how).unwrap() },
        })
    }

    /// What arrives together has one receipt and each tuple once.
    fn batch() -> impl Strategy<Value = BTreeMap<Tuple, Origin>> {
        let rows = prop::collection::btree_map(tuple(), origin(), 1..12);
        (rows, 0..9_i64).prop_map(|(mut rows, received_ms)| {
            rows.values_mut().for_each(|origin| origin.received_ms = received_ms);
            rows
        })
    }

    proptest! {
        #[test]
        fn a_day_holds_the_union_of_what_came(
            batches in prop::collection::vec(batch(), 1..8),
            explicit in any::<bool>(),
            grain in prop_oneof![Just(Grain::Sample), Just(Grain::Epoch), Just(Grain::Total)],
        ) {
            let mut points = Points::default();
            let mut model: BTreeMap<Tuple, Origin> = BTreeMap::new();
            for batch in &batches {
                let old = points.rows(grain);
                let before_len = old.len();
                let last = old.last().map(|row| row.stored.tuple.start_ms);
                let is_behind = batch.keys().all(|tuple| last.is_none_or(|last| tuple.start_ms > last));
                let before = if is_behind {
                    Before::Tail(old.last().map(Row::origin))
                } else {
                    Before::Rows(old)
                };
                let rows: Vec<_> = batch.iter().map(|(tuple, origin)| (*tuple, *origin)).collect();
                let plan = plan(grain, before, &rows, explicit);
                let new: Vec<Tuple> =
                    batch.keys().filter(|tuple| !model.contains_key(tuple)).copied().collect();
                let told: Vec<Tuple> = plan.new.iter().map(|(tuple, _)| *tuple).collect();
                prop_assert_eq!(&told, &new);
                points.write(&plan.pins);
                prop_assert_eq!(points.rows(grain).len(), before_len, "pins change nothing");
                points.write(&plan.points);
                for (tuple, origin) in batch {
                    let known = model.entry(*tuple).or_insert(*origin);
                    known.received_ms = known.received_ms.min(origin.received_ms);
                    known.provenance = known.provenance.max(origin.provenance);
                }
                let found = points.rows(grain);
                prop_assert_eq!(plan.tail, found.last().map(Row::origin));
                let found: BTreeMap<Tuple, Origin> =
                    found.iter().map(|row| (row.stored.tuple, row.origin())).collect();
                prop_assert_eq!(&found, &model);
                prop_assert_eq!(points.0.len(), model.len(), "one point each");
            }
        }
    }

    proptest! {
        /// Of the requests of a write any may fail: whatever arrives says of each reading what is true of it.
        #[test]
        fn what_arrives_of_a_write_is_never_told_wrongly(
            batches in prop::collection::vec(batch(), 1..5),
            last in batch(),
            lines in 1..5_usize,
            arrives in prop::collection::vec(any::<bool>(), 40),
            pinned in any::<bool>(),
        ) {
            let grain = Grain::Epoch;
            let rows_of = |batch: &BTreeMap<Tuple, Origin>| -> Vec<_> {
                batch.iter().map(|(tuple, origin)| (*tuple, *origin)).collect()
            };
            let mut points = Points::default();
            for batch in &batches {
                let plan = plan(grain, Before::Rows(points.rows(grain)), &rows_of(batch), false);
                points.write(&plan.pins);
                points.write(&plan.points);
            }
            let before: BTreeMap<Tuple, Origin> =
                points.rows(grain).iter().map(|row| (row.stored.tuple, row.origin())).collect();
            let plan = plan(grain, Before::Rows(points.rows(grain)), &rows_of(&last), false);
            let mut came = arrives.into_iter();
            if pinned {
                points.write(&plan.pins);
                for body in plan.points.chunks(lines) {
                    let mut body = body.to_vec();
                    body[0] = body[0].explicit();
                    if came.next().unwrap_or(true) {
                        points.write(&body);
                    }
                }
            } else {
                // Some of the pins alone.
                for pin in plan.pins.iter().filter(|_| came.next().unwrap_or(true)) {
                    points.write(&[*pin]);
                }
            }
            for row in points.rows(grain) {
                let (old, new) = (before.get(&row.stored.tuple), last.get(&row.stored.tuple));
                let merged = old.zip(new).map(|(old, new)| Origin {
                    received_ms: old.received_ms.min(new.received_ms),
                    provenance: old.provenance.max(new.provenance),
                });
                let origin = Some(row.origin());
                let is_true = match old {
                    Some(old) => origin == Some(*old) || origin == merged,
                    None => origin == new.copied(),
                };
                prop_assert!(is_true, "{:?}: {:?}, before {:?}, new {:?}", row.stored.tuple, origin, old, new);
            }
        }
    }

    #[test]
    fn many_readings_at_one_moment_cost_no_more_than_their_number() {
        let origin = Origin { received_ms: 7, provenance: Provenance::default() };
        let rows: Vec<(Tuple, Origin)> = (0..100_000)
            .map(|rev| {
                let start_ms = 20 * DAY_MS;
                (Tuple { start_ms, end_ms: start_ms, seq: 0, rev, value: Value::Present(1) }, origin)
            })
            .collect();
        let first = plan(Grain::Sample, Before::Tail(None), &rows, false);
        assert_eq!(first.new.len(), rows.len());
        let mut points = Points::default();
        points.write(&first.points);
        assert_eq!(points.0.len(), rows.len(), "a slot each");
        let again = plan(Grain::Sample, Before::Rows(points.rows(Grain::Sample)), &rows, false);
        assert_eq!((again.new.len(), again.points.len()), (0, 0));
    }

    #[test]
    fn minutes_that_go_on_cost_their_value_alone() {
        let origin = Origin {
            received_ms: 7,
            provenance: Provenance { offset_minutes: Some(60), how: How::Automatic },
        };
        let rows: Vec<(Tuple, Origin)> = (0..1_440)
            .map(|minute| {
                let start_ms = 20 * DAY_MS + minute * 60_000;
                let value = Value::Present(minute);
                (Tuple { start_ms, end_ms: start_ms + 60_000, seq: 0, rev: 0, value }, origin)
            })
            .collect();
        let plan = plan(Grain::Epoch, Before::Tail(None), &rows, false);
        assert_eq!(plan.points.iter().filter(|point| point.extra != [None; 7]).count(), 1);
        assert_eq!(plan.points[0].extra.iter().flatten().count(), 3, "the first says when and how");
    }
}
