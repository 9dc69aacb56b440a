use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use foulee_contract::{Grain, Metric, Source};

use super::blocks::Taken;
use super::collector::Device;
use super::summary::{NotKept, SeriesSummary};

/// Most kinds of records that are counted one by one; the others are counted together.
const MOST_KINDS: usize = 200;

/// What a file turned out to hold.
#[derive(Debug, Default)]
pub(super) struct Contents {
    series: BTreeMap<(Device, Metric, Grain), Span>,
    not_kept: HashMap<String, u64>,
    /// Whether it ended before its end.
    pub(super) cut_short: bool,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    readings: u64,
    from_ms: i64,
    to_ms: i64,
}

impl Contents {
    pub(super) fn note(&mut self, device: Device, metric: Metric, grain: Grain, taken: &Taken) {
        let start_ms = taken.start.utc_ms;
        let span = self.series.entry((device, metric, grain)).or_insert(Span {
            readings: 0,
            from_ms: start_ms,
            to_ms: taken.end_ms,
        });
        span.readings += 1;
        span.from_ms = span.from_ms.min(start_ms);
        span.to_ms = span.to_ms.max(taken.end_ms);
    }

    pub(super) fn pass_over(&mut self, what: &str, records: u64) {
        if let Some(count) = self.not_kept.get_mut(what) {
            *count += records;
            return;
        }
        const LONGEST: usize = 80;
        let what: String = if self.not_kept.len() < MOST_KINDS {
            what.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
        } else {
            "others".to_owned()
        };
        *self.not_kept.entry(what).or_default() += records;
    }

    pub(super) fn series(&self, sources: &[Source]) -> Vec<SeriesSummary> {
        let mut series: Vec<SeriesSummary> = self
            .series
            .iter()
            .map(|((device, metric, grain), span)| SeriesSummary {
                source: sources[device.index()].clone(),
                metric: *metric,
                grain: *grain,
                readings: span.readings,
                from: instant(span.from_ms),
                to: instant(span.to_ms),
            })
            .collect();
        series.sort_by(|a, b| (&a.source, a.metric, a.grain).cmp(&(&b.source, b.metric, b.grain)));
        series
    }

    pub(super) fn not_kept(&self) -> Vec<NotKept> {
        let mut found: Vec<NotKept> =
            self.not_kept.iter().map(|(what, count)| NotKept { what: what.clone(), count: *count }).collect();
        found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
        found
    }
}

/// An instant that a calendar may not hold, at its nearest end.
fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(if ms < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}
