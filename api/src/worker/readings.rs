use std::collections::BTreeMap;
use std::ops::Range;

use foulee_analytics::counters::CounterNote;
use foulee_analytics::wear::CONTEXT_MINUTES;
use foulee_analytics::{
    AnalyticsError, Contact, Gap, GapCause, HeartRate, SourceDay, StepInterval, WornInterval,
};
use foulee_contract::{Grain, Metric, Source, Stored, resolve};
use foulee_store::SeriesReadings;

use super::counters::Counters;
use super::person::{Person, PersonSource};

/// Milliseconds on either side of a day whose readings may change it.
pub const CONTEXT_MS: i64 = CONTEXT_MINUTES as i64 * 60_000;

const HOUR_MS: i64 = 3_600_000;

/// A day total spans at least this much of its day; a shorter one is an hour's. 20 hours: no DST day is shorter.
const DAY_TOTAL_MS: i64 = 20 * 3_600_000;

/// The current readings of one participant over some days, by source, each list by time.
#[derive(Debug, Default)]
pub struct Readings {
    sources: Vec<SourceReadings>,
    conflicts: Vec<i64>,
    starts: Vec<i64>,
    /// Minutes that a device's own clock was ahead of UTC, by hour since 1970, where it says so.
    clocks: BTreeMap<i64, i16>,
    /// What had to be decided about counters, by the place of their source.
    notes: Vec<(usize, CounterNote)>,
}

#[derive(Debug, Default)]
struct SourceReadings {
    /// Its place among the person's.
    place: usize,
    priority: u8,
    wearable: bool,
    has_heart_rate: bool,
    has_counter: bool,
    sparse_steps: bool,
    steps: Vec<StepInterval>,
    beside: Vec<Vec<StepInterval>>,
    heart_rate: Vec<HeartRate>,
    worn: Vec<WornInterval>,
    contact: Vec<Contact>,
    totals: Vec<StepInterval>,
    /// What its counter stood at last on a day, by the day's first instant.
    counter_totals: BTreeMap<i64, u64>,
    gaps: Vec<Gap>,
}

impl Readings {
    /// Of what a scan found, and of what the counters say.
    ///
    /// # Errors
    /// When a date cannot be.
    pub(super) fn new(
        person: &Person,
        found: Vec<SeriesReadings>,
        counters: &Counters,
    ) -> Result<Self, AnalyticsError> {
        let mut readings = Self::default();
        let mut by_source: BTreeMap<usize, SourceReadings> = BTreeMap::new();
        for SeriesReadings { series, tuples } in found {
            let Some(at) = person.sources.iter().position(|known| known.source == series.source) else {
                continue;
            };
            let known = &person.sources[at];
            let source = by_source.entry(at).or_insert_with(|| SourceReadings::of(known));
            let all = tuples.len();
            let resolved = resolve(tuples, series.source.is_growing());
            if resolved.conflicts > 0 && all > 0 {
                readings
                    .conflicts
                    .extend(resolved.current.iter().take(resolved.conflicts).map(|s| s.tuple.start_ms));
            }
            readings.starts.extend(resolved.current.iter().map(|stored| stored.tuple.start_ms));
            let clocks = resolved.current.iter().filter_map(|stored| {
                // A file in UTC has the offset 0 wherever its device was.
                let offset = stored.provenance.offset_minutes.filter(|offset| *offset != 0)?;
                Some((stored.tuple.start_ms.div_euclid(HOUR_MS), offset))
            });
            readings.clocks.extend(clocks);
            source.add(series.metric, series.grain, &resolved.current);
        }
        for (at, known) in person.sources.iter().enumerate().filter(|(_, known)| known.has_counter) {
            let counted = counters.of_source(person, &known.source)?;
            readings.notes.extend(counted.notes.into_iter().map(|note| (at, note)));
            let mut counts = counted.counts.into_iter().filter(|steps| !steps.is_empty());
            if let Some(first) = counts.next() {
                let source = by_source.entry(at).or_insert_with(|| SourceReadings::of(known));
                source.steps.extend(first);
                source.beside.extend(counts);
                source.counter_totals = counted.day_totals;
            }
        }
        readings.starts.sort_unstable();
        readings.sources =
            by_source.into_iter().map(|(place, source)| SourceReadings { place, ..source }).collect();
        for source in &mut readings.sources {
            source.steps.sort_unstable();
            source.heart_rate.sort_unstable();
            source.worn.sort_unstable();
            source.contact.sort_unstable();
            source.totals.sort_unstable();
            source.gaps.sort_unstable();
        }
        Ok(readings)
    }

    /// What each source says of the day with these bounds, with the context that wear needs.
    #[must_use]
    pub fn of_day(&self, bounds: &Range<i64>) -> Vec<SourceDay> {
        let from = bounds.start - CONTEXT_MS;
        let to = bounds.end + CONTEXT_MS;
        self.sources
            .iter()
            .map(|source| {
                let totals = within(&source.totals, bounds.start, bounds.end, |t| (t.start_ms, t.end_ms));
                let (days, hours): (Vec<StepInterval>, Vec<StepInterval>) = totals
                    .into_iter()
                    .filter(|total| bounds.contains(&(total.start_ms + (total.end_ms - total.start_ms) / 2)))
                    .partition(|total| total.end_ms - total.start_ms >= DAY_TOTAL_MS);
                SourceDay {
                    priority: source.priority,
                    wearable: source.wearable,
                    has_heart_rate: source.has_heart_rate,
                    has_counter: source.has_counter,
                    sparse_steps: source.sparse_steps,
                    steps: within(&source.steps, from, to, |s| (s.start_ms, s.end_ms)),
                    beside: source
                        .beside
                        .iter()
                        .map(|steps| within(steps, from, to, |s| (s.start_ms, s.end_ms)))
                        .collect(),
                    heart_rate: within(&source.heart_rate, from, to, |h| (h.start_ms, h.end_ms)),
                    worn: within(&source.worn, from, to, |w| (w.start_ms, w.end_ms)),
                    contact: within(&source.contact, from, to, |c| (c.at_ms, c.at_ms)),
                    day_total_steps: days.iter().map(|total| total.count).max(),
                    hour_totals: hours,
                    // A gap may be a year long, and there are few.
                    gaps: source
                        .gaps
                        .iter()
                        .filter(|g| g.start_ms < to && g.end_ms > from)
                        .copied()
                        .collect(),
                }
            })
            .collect()
    }

    /// What a source that said nothing is like.
    pub(super) fn silent(known: &PersonSource) -> SourceDay {
        let source = SourceReadings::of(known);
        SourceDay {
            priority: source.priority,
            wearable: source.wearable,
            has_heart_rate: source.has_heart_rate,
            has_counter: source.has_counter,
            sparse_steps: source.sparse_steps,
            ..SourceDay::default()
        }
    }

    /// The own total of the day of each source of [`Readings::of_day`]: as it was given, else what its counter came to.
    pub(super) fn totals_of<'a>(
        &'a self,
        days: &'a [SourceDay],
        bounds: &'a Range<i64>,
    ) -> impl Iterator<Item = Option<u32>> + 'a {
        self.sources.iter().zip(days).map(|(source, day)| {
            let counted =
                || source.counter_totals.get(&bounds.start).and_then(|&sum| u32::try_from(sum).ok());
            day.day_total_steps.or_else(counted)
        })
    }

    /// Whether devices' own clocks differed from the home clock in most of the day's hours in which they tell: somebody may
    /// have travelled.
    #[must_use]
    pub fn is_elsewhere(&self, bounds: &Range<i64>, home_offset: impl Fn(i64) -> i32) -> bool {
        let hours = bounds.start.div_euclid(HOUR_MS)..bounds.end.div_euclid(HOUR_MS);
        let (mut told, mut differ) = (0, 0);
        for (hour, offset) in self.clocks.range(hours) {
            told += 1;
            differ += usize::from(home_offset(hour * HOUR_MS) != i32::from(*offset));
        }
        2 * differ > told
    }

    /// Whether anything was recorded in the day, or began before it and reaches into it.
    #[must_use]
    pub fn any_in(&self, bounds: &Range<i64>) -> bool {
        let reaches = |steps: &[StepInterval]| {
            let found = within(steps, bounds.start, bounds.end, |s| (s.start_ms, s.end_ms));
            found.iter().any(|steps| steps.count > 0 && steps.end_ms > bounds.start)
        };
        self.last_in(bounds).is_some() || self.sources.iter().any(|source| reaches(&source.steps))
    }

    /// The last start in the day.
    #[must_use]
    pub fn last_in(&self, bounds: &Range<i64>) -> Option<i64> {
        let until = self.starts.partition_point(|start| *start < bounds.end);
        self.starts[..until].last().copied().filter(|start| *start >= bounds.start)
    }

    /// The place of each source of [`Readings::of_day`] among the person's.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.sources.iter().map(|source| source.place)
    }

    /// What had to be decided about the counters' readings of the day, each with the place of its source.
    pub(super) fn notes_in(&self, bounds: &Range<i64>) -> impl Iterator<Item = (usize, &CounterNote)> {
        let about = bounds.clone();
        self.notes.iter().filter(move |(_, note)| note.is_about(&about)).map(|(place, note)| (*place, note))
    }

    /// What had to be decided about the counters' readings of the day, by the word for it.
    #[must_use]
    pub fn decisions_in(&self, bounds: &Range<i64>) -> BTreeMap<String, u32> {
        let mut decisions = BTreeMap::new();
        for (_, note) in self.notes_in(bounds) {
            *decisions.entry(note.decision.as_str().to_owned()).or_default() += 1;
        }
        decisions
    }

    /// Keys of the day on which origins disagreed.
    #[must_use]
    pub fn conflicts_in(&self, bounds: &Range<i64>) -> u32 {
        self.conflicts.iter().filter(|start| bounds.contains(start)).count() as u32
    }
}

impl SourceReadings {
    fn of(known: &PersonSource) -> Self {
        Self {
            priority: known.priority,
            wearable: known.source.kind().is_worn(),
            has_heart_rate: known.has_heart_rate,
            has_counter: known.has_counter,
            sparse_steps: is_sparse(&known.source),
            ..Self::default()
        }
    }

    fn add(&mut self, metric: Metric, grain: Grain, current: &[Stored]) {
        let values = current.iter().filter_map(|stored| Some((stored.tuple, stored.tuple.value.present()?)));
        for (tuple, value) in values {
            let (start_ms, end_ms) = (tuple.start_ms, tuple.end_ms);
            let small = u32::try_from(value).unwrap_or(0);
            match (metric, grain) {
                (Metric::Steps, Grain::Total) => {
                    self.totals.push(StepInterval { start_ms, end_ms, count: small })
                }
                (Metric::Steps, _) => self.steps.push(StepInterval { start_ms, end_ms, count: small }),
                (Metric::HeartRate, _) => {
                    let deci_bpm = i32::try_from(value).unwrap_or(0);
                    self.heart_rate.push(HeartRate { start_ms, end_ms, deci_bpm });
                }
                (Metric::Worn, _) => self.worn.push(WornInterval { start_ms, end_ms, worn_seconds: small }),
                (Metric::Contact, _) => self.contact.push(Contact { at_ms: start_ms, on_skin: value == 1 }),
                (Metric::Gap, _) => {
                    self.gaps.extend(gap_cause(value).map(|cause| Gap { start_ms, end_ms, cause }));
                }
                // A beat is a heart that was measured: presence, not yet a rate (that needs artefact correction).
                (Metric::RrInterval, _)
                | (Metric::StepCounter | Metric::Battery | Metric::Sync | Metric::ClockSkew, _) => {}
            }
        }
    }
}

/// Whether what it came through writes no record of a minute without steps: the stores of health data of phones, which
/// cannot say 0, by their exports or by the SDK on the phone.
fn is_sparse(source: &Source) -> bool {
    let app = source.app();
    matches!(app, "apple-health" | "health-connect" | "ow-sdk") || app.starts_with("ow-sdk.")
}

fn gap_cause(code: i64) -> Option<GapCause> {
    use foulee_contract::GapCause as Wire;
    match Wire::from_code(code)? {
        Wire::NotWorn => Some(GapCause::NotWorn),
        Wire::NotSynced => Some(GapCause::NotSynced),
        Wire::Battery => Some(GapCause::Battery),
        Wire::Link => Some(GapCause::Link),
        Wire::Permission => Some(GapCause::Permission),
        Wire::SpoolFull | Wire::SpoolDamaged => Some(GapCause::Lost),
        Wire::Unknown => None,
    }
}

/// The entries that overlap a range, of a list sorted by start. Nothing that a day is made of is longer than a week.
fn within<T: Copy>(sorted: &[T], from: i64, to: i64, times: impl Fn(&T) -> (i64, i64)) -> Vec<T> {
    const LONGEST_MS: i64 = 7 * 86_400_000;
    let first = sorted.partition_point(|entry| times(entry).0 < from - LONGEST_MS);
    let last = sorted.partition_point(|entry| times(entry).0 < to);
    sorted[first..last]
        .iter()
        .filter(|entry| times(entry).1 > from || times(entry).0 >= from)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stores_of_phones_cannot_say_zero() {
        for (key, expected) in [
            ("phone/apple-health", true),
            ("watch/health-connect/garmin", true),
            ("unknown/ow-sdk", true),
            ("phone/ow-sdk.apple/apple-inc.", true),
            ("watch/ow-sdkx", false),
            ("watch/fitabase", false),
        ] {
            assert_eq!(is_sparse(&key.parse().unwrap()), expected, "{key}");
        }
    }
}
