use std::sync::Arc;

use foulee_contract::Tuple;

use super::index::{Day, Entry, Settled};
use super::line::{LineError, head, put_field, put_time};
use super::rows::{Before, EXTRAS, Origin, Plan, Point, plan};
use super::sum::Sum;
use crate::epoch_day;

/// What is to be added to one day of one series: sorted by tuple, each once.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) entry: Arc<Entry>,
    pub(super) day: i32,
    pub(super) rows: Vec<(Tuple, Origin)>,
}

/// A block with what is known of its day.
pub(super) struct Look {
    pub(super) block: Block,
    pub(super) known: Option<Day>,
    /// What of the day was there, where it was read.
    pub(super) found: Option<Sum>,
    pub(super) step: Step,
    head: Vec<u8>,
}

/// How far a block is.
pub(super) enum Step {
    /// All of it lies behind what the day holds, whose last origin is this: it is planned when its turn comes, so that
    /// the server works meanwhile.
    Behind(Option<Origin>),
    /// What is to be written of it.
    Planned(Plan),
}

impl Look {
    pub(super) fn new(
        block: Block,
        known: Option<Day>,
        found: Option<Sum>,
        step: Step,
    ) -> Result<Self, LineError> {
        let series = &block.entry.series;
        let grain = series.grain.to_string();
        let tags = [("g", grain.as_str()), ("p", &block.entry.key), ("s", series.source.key())];
        let head = head(series.metric.name(), &tags)?;
        Ok(Self { block, known, found, step, head })
    }

    /// Whether anything of it is written.
    pub(super) fn writes(&self) -> bool {
        match &self.step {
            Step::Behind(_) => !self.block.rows.is_empty(),
            Step::Planned(plan) => !plan.points.is_empty() || !plan.pins.is_empty(),
        }
    }
}

/// Makes the bodies of requests from blocks, one when it is asked for: a large write never stands in memory as lines.
pub(super) struct Bodies {
    looks: std::vec::IntoIter<Look>,
    explicit: bool,
    most_lines: usize,
    last_bytes: usize,
    /// The block that is being written, up to where.
    under_way: Option<(Vec<u8>, std::vec::IntoIter<Point>)>,
    /// How the days stand when all of it has arrived; whole once all bodies are made.
    pub(super) settled: Vec<Settled>,
    /// How many tuples were not there.
    pub(super) new: u64,
}

impl Bodies {
    pub(super) fn new(looks: Vec<Look>, explicit: bool, most_lines: usize) -> Self {
        let settled = Vec::with_capacity(looks.len());
        Self {
            looks: looks.into_iter(),
            explicit,
            most_lines,
            last_bytes: 0,
            under_way: None,
            settled,
            new: 0,
        }
    }

    /// Begins the next block; whether there was one.
    fn begin(&mut self) -> bool {
        let Some(Look { block, known, found, step, head }) = self.looks.next() else { return false };
        let plan = match step {
            Step::Planned(plan) => plan,
            Step::Behind(tail) => {
                plan(block.entry.series.grain, Before::Tail(tail), &block.rows, self.explicit)
            }
        };
        self.new += plan.new.len() as u64;
        self.settled.extend(settled(&block, known, found, &plan));
        self.under_way = Some((head, plan.points.into_iter()));
        true
    }
}

/// Bodies of the points that must be there before anything else is written.
pub(super) fn pins(looks: &mut [Look], most_lines: usize) -> Vec<Vec<u8>> {
    let (mut bodies, mut body, mut lines) = (Vec::new(), Vec::new(), 0);
    for look in looks {
        let Step::Planned(plan) = &mut look.step else { continue };
        for point in std::mem::take(&mut plan.pins) {
            put_point(&mut body, &look.head, &point);
            lines += 1;
            if lines == most_lines {
                bodies.push(std::mem::take(&mut body));
                lines = 0;
            }
        }
    }
    if lines > 0 {
        bodies.push(body);
    }
    bodies
}

impl Iterator for Bodies {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        // As long as the one before, or nearly: grown step by step it would be copied as often.
        let mut body = Vec::with_capacity(self.last_bytes + self.last_bytes / 16);
        let mut lines = 0;
        // What a point inherits stands in the body before, which may not arrive.
        let mut is_cut = self.under_way.is_some();
        while lines < self.most_lines && (self.under_way.is_some() || self.begin()) {
            let Some((head, points)) = &mut self.under_way else { break };
            let before = lines;
            for point in points.take(self.most_lines - lines) {
                let point = if std::mem::take(&mut is_cut) { point.explicit() } else { point };
                put_point(&mut body, head, &point);
                lines += 1;
            }
            if lines == before || points.len() == 0 {
                self.under_way = None;
            }
        }
        self.last_bytes = body.len();
        (lines > 0).then_some(body)
    }
}

fn put_point(out: &mut Vec<u8>, head: &[u8], point: &Point) {
    out.extend_from_slice(head);
    put_field(out, "value", point.value, true);
    for (name, value) in EXTRAS.iter().zip(point.extra) {
        if let Some(value) = value {
            put_field(out, name, value, false);
        }
    }
    put_time(out, point.time_ns);
}

/// How the day stands now; `None` where nothing has to be noted.
fn settled(block: &Block, known: Option<Day>, found: Option<Sum>, plan: &Plan) -> Option<Settled> {
    let was_open = known.is_some_and(|known| known.open);
    if plan.points.is_empty() && !was_open {
        return None;
    }
    // What was read is how it stood; else the word of the index is.
    let mut sum = found.or(known.map(|known| known.sum)).unwrap_or_default();
    for (tuple, origin) in &plan.new {
        sum = sum.with(&block.entry, tuple, *origin);
    }
    for (tuple, old, new) in &plan.changed {
        sum = sum.changed(&block.entry, tuple, *old, *new);
    }
    let last_ms = block.rows.last().map_or(i64::MIN, |(tuple, _)| tuple.start_ms);
    let spans = block.rows.iter().map(|(tuple, _)| tuple.end_ms - tuple.start_ms);
    let ends = block.rows.iter().map(|(tuple, _)| tuple.end_ms.max(tuple.start_ms + 1) - 1);
    let day = Day {
        epoch_day: block.day,
        sum,
        last_ms: known.map_or(last_ms, |known| known.last_ms.max(last_ms)),
        // What was in doubt before this write is so after it: a repair settles it.
        open: was_open,
        tail: plan.tail,
    };
    Some(Settled {
        series_no: block.entry.no,
        day,
        span_ms: spans.max().unwrap_or(0),
        reaches: ends.max().map_or(block.day, epoch_day),
        dirty: !plan.points.is_empty(),
    })
}
