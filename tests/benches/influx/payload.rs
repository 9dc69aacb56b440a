//! What is delivered: minutes of steps and heart rate, day after day, person after person, as uploads come.

use foulee_contract::{Grain, Metric, ParticipantId, Provenance, Series, Tuple, Value};
use foulee_store::{Group, WriteBatch};

use crate::chance::Chance;

/// 2024-01-01T00:00:00Z.
pub(crate) const FIRST_MS: i64 = 1_704_067_200_000;
pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MS: i64 = 86_400_000;
const MINUTES: i64 = 1_440;
pub(crate) const METRICS: [Metric; 2] = [Metric::Steps, Metric::HeartRate];
pub(crate) const SOURCE: &str = "watch/garmin/vivosmart5";
/// Readings of one upload.
const UPLOAD: usize = 10_000;
/// Of the days before, one minute in so many comes again with another value.
const CORRECTED: u64 = 20;

/// How much there is of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload {
    pub(crate) people: usize,
    pub(crate) days: usize,
    /// Whether minutes of the day before come again as later versions.
    pub(crate) corrected: bool,
}

/// A reading with no names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minute {
    pub(crate) person: usize,
    pub(crate) metric: usize,
    pub(crate) start_ms: i64,
    pub(crate) rev: u64,
    pub(crate) value: i64,
}

impl Payload {
    /// Minutes without the corrections of them.
    pub(crate) fn minutes(&self) -> usize {
        self.people * self.days * METRICS.len() * MINUTES as usize
    }

    /// The first day that is not in it, ms UTC.
    pub(crate) fn end_ms(&self) -> i64 {
        FIRST_MS + self.days as i64 * DAY_MS
    }

    /// What a connection of several brings: each has people of its own, so that everybody's readings come in order.
    pub(crate) fn share(&self, connection: usize, connections: usize) -> Feed {
        let people = (connection..self.people).step_by(connections);
        let walk = |person| Walk { person, values: [60, 70], chance: Chance(person as u64), before: None };
        Feed { payload: *self, walks: people.map(walk).collect(), day: 0, next: 0, ready: Vec::new(), at: 0 }
    }
}

/// Somebody's days, one after the other.
struct Walk {
    person: usize,
    values: [i64; 2],
    chance: Chance,
    /// Yesterday, where it may be corrected.
    before: Option<Vec<Minute>>,
}

impl Walk {
    fn day(&mut self, day: usize, corrected: bool, out: &mut Vec<Minute>) {
        let mut corrections = Vec::new();
        for minute in self.before.take().unwrap_or_default() {
            if self.chance.next().is_multiple_of(CORRECTED) {
                corrections.push(Minute { rev: 1, value: minute.value + 1, ..minute });
            }
        }
        let first_ms = FIRST_MS + day as i64 * DAY_MS;
        let begun = out.len();
        for (metric, (lowest, highest, stride)) in [(0, 180, 9), (45, 180, 5)].into_iter().enumerate() {
            let revised = corrections.iter().filter(|minute| minute.metric == metric);
            out.extend(revised);
            for minute in 0..MINUTES {
                let by = (self.chance.next() % stride) as i64 - (stride / 2) as i64;
                let value = &mut self.values[metric];
                *value = (*value + by).clamp(lowest, highest);
                let start_ms = first_ms + minute * MINUTE_MS;
                out.push(Minute { person: self.person, metric, start_ms, rev: 0, value: *value });
            }
        }
        if corrected {
            self.before = Some(out[begun..].iter().filter(|minute| minute.rev == 0).copied().collect());
        }
    }
}

/// The readings of one connection in the order in which they come.
pub(crate) struct Feed {
    payload: Payload,
    walks: Vec<Walk>,
    day: usize,
    next: usize,
    ready: Vec<Minute>,
    at: usize,
}

impl Feed {
    /// The next so many readings, or those that are left.
    pub(crate) fn take(&mut self, count: usize) -> &[Minute] {
        self.ready.drain(..self.at);
        self.at = 0;
        while self.ready.len() < count && self.day < self.payload.days && !self.walks.is_empty() {
            self.walks[self.next].day(self.day, self.payload.corrected, &mut self.ready);
            self.next += 1;
            if self.next == self.walks.len() {
                (self.next, self.day) = (0, self.day + 1);
            }
        }
        self.at = count.min(self.ready.len());
        &self.ready[..self.at]
    }

    /// The next upload.
    pub(crate) fn upload(&mut self, received_ms: i64) -> Option<WriteBatch> {
        let minutes = self.take(UPLOAD);
        let parts = minutes.chunk_by(|a, b| (a.person, a.metric) == (b.person, b.metric));
        let groups: Vec<Group> = parts.map(group).collect();
        (!groups.is_empty()).then_some(WriteBatch { received_ms, groups })
    }
}

fn group(minutes: &[Minute]) -> Group {
    let row = |minute: &Minute| {
        let Minute { start_ms, rev, value, .. } = *minute;
        let value = Value::Present(value);
        (Tuple { start_ms, end_ms: start_ms + MINUTE_MS, seq: 0, rev, value }, Provenance::default())
    };
    let series = Series {
        participant: participant(minutes[0].person),
        source: SOURCE.parse().expect("a source's key"),
        metric: METRICS[minutes[0].metric],
        grain: Grain::Epoch,
    };
    Group { series, rows: minutes.iter().map(row).collect() }
}

pub(crate) fn participant(person: usize) -> ParticipantId {
    let mut random = [7; 10];
    random[..8].copy_from_slice(&(person as u64).to_be_bytes());
    ParticipantId::from_parts(FIRST_MS as u64, random)
}

/// As long as Foulée's own.
pub(crate) fn key(person: usize) -> String {
    format!("{:016x}", Chance(person as u64).next())
}
