use foulee_contract::{
    Batch, CONTRACT_VERSION, Column, Grain, How, MAX_READINGS, MAX_SERIES, Metric, Problem, ProblemKind,
    Provenance, RejectCode, Rejection, ScaleError, Series, SeriesBlock, Shape, Tuple, Value,
};
use foulee_store::{Group, WriteBatch};

use crate::WriteGrant;

/// A batch that has been looked through.
#[derive(Debug)]
pub struct Accepted {
    /// What is good, on its way to the store.
    pub write: WriteBatch,
    /// What is not, each with its reason.
    pub rejected: Vec<Rejection>,
}

/// A batch that is wrong as a whole.
pub type Refused = Box<Problem>;

/// 2000-01-01T00:00:00Z: no wearable's reading is older.
const EARLIEST_MS: i64 = 946_684_800_000;
/// How far a device's clock may run ahead of the server's before its readings are refused.
const FUTURE_TOLERANCE_MS: i64 = 24 * 3_600_000;
/// A gap may be as long as it was, up to a year at a time: each of its days is marked to be computed.
const MAX_GAP_MS: i64 = 366 * 86_400_000;
/// Local time is never further from UTC.
const MAX_OFFSET_MINUTES: i16 = 18 * 60;

/// Looks through a batch received at `now_ms` (ms UTC) under `grant`: pure, the same for every path into the store.
///
/// # Errors
/// A problem that names the field and the fix where the batch is wrong as a whole; then nothing of it is kept.
pub fn accept(batch: &Batch, grant: &WriteGrant, now_ms: i64) -> Result<Accepted, Refused> {
    check_whole(batch)?;
    let mut accepted = Accepted {
        write: WriteBatch { received_ms: now_ms, groups: Vec::with_capacity(batch.series.len()) },
        rejected: Vec::new(),
    };
    for (number, block) in (0_u32..).zip(&batch.series) {
        let mut check = Check { block, number, now_ms, rejected: &mut accepted.rejected };
        let rows = if grant.allows(&block.participant) { check.rows()? } else { check.refuse_all() };
        if !rows.is_empty() {
            let series = Series {
                participant: block.participant,
                source: block.source.clone(),
                metric: block.metric,
                grain: block.grain,
            };
            accepted.write.groups.push(Group { series, rows });
        }
    }
    Ok(accepted)
}

fn invalid(field: String, fix: impl Into<String>) -> Refused {
    Box::new(Problem::new(ProblemKind::InvalidField).field(field, fix))
}

fn check_whole(batch: &Batch) -> Result<(), Refused> {
    if batch.contract != CONTRACT_VERSION {
        return Err(invalid("contract".into(), format!("this server speaks contract {CONTRACT_VERSION}")));
    }
    let too_large = |detail: String| Box::new(Problem::new(ProblemKind::TooLarge).detail(detail));
    if batch.series.len() > MAX_SERIES {
        return Err(too_large(format!("{} series; at most {MAX_SERIES} in one batch", batch.series.len())));
    }
    let readings: usize = batch.series.iter().map(SeriesBlock::len).sum();
    if readings > MAX_READINGS {
        return Err(too_large(format!(
            "{readings} readings; at most {MAX_READINGS} in one batch: send them in parts"
        )));
    }
    batch.series.iter().enumerate().try_for_each(|(number, block)| check_block(number, block))
}

fn check_block(number: usize, block: &SeriesBlock) -> Result<(), Refused> {
    let at = |field: &str| format!("series[{number}].{field}");
    if block.unit != block.metric.unit() {
        let fix = format!("{} is in {}", block.metric, block.metric.unit());
        return Err(invalid(at("unit"), fix));
    }
    if let Err(ScaleError::TooFine) = block.metric.scale_integer(0, block.exponent) {
        let fix = format!("{} is kept to 10^{}: round at the origin", block.metric, block.metric.exponent());
        return Err(invalid(at("exponent"), fix));
    }
    if block.exponent > 9 {
        return Err(invalid(at("exponent"), "at most 9"));
    }
    if let Some(points) = &block.points {
        let rows = points.start.len();
        let columns = [
            ("end", points.end.as_ref().map(Vec::len)),
            ("seq", points.seq.as_ref().map(Vec::len)),
            ("rev", points.rev.as_ref().map(Vec::len)),
            ("value", Some(points.value.len())),
            ("deleted", points.deleted.as_ref().map(Vec::len)),
        ];
        for (name, len) in columns {
            if len.is_some_and(|len| len != rows) {
                let fix = format!("as many entries as points.start has ({rows})");
                return Err(invalid(at(&format!("points.{name}")), fix));
            }
        }
    }
    for (name, len) in [
        ("offset", block.offset.as_ref().and_then(Column::len)),
        ("how", block.how.as_ref().and_then(Column::len)),
    ] {
        if len.is_some_and(|len| len != block.len()) {
            return Err(invalid(
                at(name),
                format!("one value, or one for each of the {} readings", block.len()),
            ));
        }
    }
    if let Some(grid) = &block.grid {
        let last = i64::try_from(grid.value.len()).ok().and_then(|n| grid.step.checked_mul(n));
        if grid.step < 1 || last.and_then(|last| grid.start.checked_add(last)).is_none() {
            return Err(invalid(at("grid.step"), "at least 1 ms, and no longer than time itself"));
        }
    }
    Ok(())
}

struct Check<'a> {
    block: &'a SeriesBlock,
    number: u32,
    now_ms: i64,
    rejected: &'a mut Vec<Rejection>,
}

/// One reading as it came, before it is known to be good.
struct Candidate {
    start_ms: i64,
    end_ms: i64,
    seq: u64,
    rev: u64,
    value: Option<i64>,
    deleted: bool,
}

impl Check<'_> {
    fn refuse_all(&mut self) -> Vec<(Tuple, Provenance)> {
        for index in 0..self.block.len() {
            self.reject(
                index,
                RejectCode::ParticipantUnknown,
                "participant",
                "a participant that this token may write for",
            );
        }
        Vec::new()
    }

    fn rows(&mut self) -> Result<Vec<(Tuple, Provenance)>, Refused> {
        let block = self.block;
        let mut rows = Vec::with_capacity(block.len());
        // Values come in the block's exponent; the factor is the same for all.
        let factor = block
            .metric
            .scale_integer(1, block.exponent)
            .map_err(|error| invalid(format!("series[{}].exponent", self.number), error.to_string()))?;
        let mut index = 0;
        if let Some(points) = &block.points {
            for (at, &start_ms) in points.start.iter().enumerate() {
                let candidate = Candidate {
                    start_ms,
                    end_ms: points.end.as_ref().map_or(start_ms, |end| end[at]),
                    seq: points.seq.as_ref().map_or(0, |seq| seq[at]),
                    rev: points.rev.as_ref().map_or(0, |rev| rev[at]),
                    value: points.value[at],
                    deleted: points.deleted.as_ref().is_some_and(|deleted| deleted[at]),
                };
                self.take(index, &candidate, factor, &mut rows);
                index += 1;
            }
        }
        if let Some(grid) = &block.grid {
            let length = if block.grain == Grain::Sample { 0 } else { grid.step };
            for (at, &value) in (0_i64..).zip(&grid.value) {
                if value.is_some() {
                    let start_ms = grid.start + at * grid.step;
                    let candidate = Candidate {
                        start_ms,
                        end_ms: start_ms + length,
                        seq: 0,
                        rev: grid.rev,
                        value,
                        deleted: false,
                    };
                    self.take(index, &candidate, factor, &mut rows);
                }
                index += 1;
            }
        }
        Ok(rows)
    }

    fn take(
        &mut self,
        index: usize,
        candidate: &Candidate,
        factor: i64,
        rows: &mut Vec<(Tuple, Provenance)>,
    ) {
        match self.check(index, candidate, factor) {
            Ok(row) => rows.push(row),
            Err((code, field, fix)) => self.reject(index, code, field, fix),
        }
    }

    fn check(
        &self,
        index: usize,
        candidate: &Candidate,
        factor: i64,
    ) -> Result<(Tuple, Provenance), (RejectCode, &'static str, String)> {
        let metric = self.block.metric;
        let &Candidate { start_ms, end_ms, seq, rev, value, deleted } = candidate;
        let no = |code, field, fix: &str| Err((code, field, fix.to_owned()));
        if start_ms > self.now_ms.saturating_add(FUTURE_TOLERANCE_MS) {
            return no(
                RejectCode::StartInFuture,
                "start",
                "correct the device's clock: it starts more than a day from now",
            );
        }
        if start_ms < EARLIEST_MS {
            return no(
                RejectCode::StartTooEarly,
                "start",
                "ms since 1970, not s, and not before the year 2000",
            );
        }
        if end_ms < start_ms {
            return no(RejectCode::EndBeforeStart, "end", "an end at or after the start");
        }
        let duration_ms = end_ms.saturating_sub(start_ms);
        match metric.shape() {
            Shape::Interval if duration_ms == 0 => {
                return no(
                    RejectCode::IntervalRequired,
                    "end",
                    "an end after the start: this metric is over an interval",
                );
            }
            Shape::Instant if duration_ms > 0 => {
                return no(RejectCode::InstantRequired, "end", "no end: this metric is read at an instant");
            }
            _ => {}
        }
        if end_ms > self.now_ms.saturating_add(FUTURE_TOLERANCE_MS) {
            let fix = "correct the device's clock: it ends more than a day from now";
            return no(RejectCode::EndInFuture, "end", fix);
        }
        let longest_ms = if metric == Metric::Gap { MAX_GAP_MS } else { self.block.grain.max_duration_ms() };
        if duration_ms > longest_ms {
            let fix = format!("at most {} s for {metric} of grain {}", longest_ms / 1_000, self.block.grain);
            return Err((RejectCode::IntervalTooLong, "end", fix));
        }
        if seq > i64::MAX as u64 || rev > i64::MAX as u64 {
            let field = if seq > i64::MAX as u64 { "seq" } else { "rev" };
            return no(RejectCode::NumberTooLarge, field, "at most 2^63 - 1");
        }
        let value = match (value, deleted) {
            (None, true) => Value::Deleted,
            (Some(_), true) => return no(RejectCode::ValueOfDeleted, "value", "null where deleted is true"),
            (None, false) => {
                return no(RejectCode::ValueMissing, "value", "leave the reading out where there is none");
            }
            (Some(value), false) => {
                let (least, most) = metric.range(duration_ms);
                let scaled = value.checked_mul(factor).filter(|scaled| (least..=most).contains(scaled));
                let Some(scaled) = scaled else {
                    let fix = format!(
                        "{} to {} {} here; leave the reading out where the device has none",
                        metric.to_unit(least),
                        metric.to_unit(most),
                        metric.unit()
                    );
                    return Err((RejectCode::ValueOutOfRange, "value", fix));
                };
                Value::Present(scaled)
            }
        };
        let offset_minutes = self.block.offset.as_ref().and_then(|column| column.get(index));
        if offset_minutes.is_some_and(|offset| !(-MAX_OFFSET_MINUTES..=MAX_OFFSET_MINUTES).contains(&offset))
        {
            return no(
                RejectCode::OffsetOutOfRange,
                "offset",
                "minutes east of UTC, at most 1080 either way",
            );
        }
        let how = self.block.how.as_ref().and_then(|column| column.get(index)).unwrap_or(How::Unknown);
        Ok((Tuple { start_ms, end_ms, seq, rev, value }, Provenance { offset_minutes, how }))
    }

    fn reject(&mut self, index: usize, code: RejectCode, field: &str, fix: impl Into<String>) {
        self.rejected.push(Rejection {
            series: self.number,
            index: index as u32,
            code,
            field: field.to_owned(),
            fix: fix.into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foulee_contract::{Grid, ParticipantId, Points, Source};

    const NOW: i64 = 1_800_000_000_000;

    fn who() -> ParticipantId {
        ParticipantId::from_parts(1, [1; 10])
    }

    fn block(metric: Metric, grain: Grain) -> SeriesBlock {
        SeriesBlock {
            participant: who(),
            source: "watch////a".parse::<Source>().unwrap(),
            metric,
            grain,
            unit: metric.unit().into(),
            exponent: 0,
            offset: None,
            how: None,
            points: None,
            grid: None,
        }
    }

    fn accept_one(block: SeriesBlock) -> Result<Accepted, Refused> {
        accept(&Batch { contract: 1, series: vec![block] }, &WriteGrant::One(who()), NOW)
    }

    #[test]
    fn a_grid_and_points_go_on_from_each_other() {
        let accepted = accept_one(SeriesBlock {
            points: Some(Points {
                start: vec![NOW - 5],
                end: Some(vec![NOW]),
                value: vec![Some(72)],
                ..Points::default()
            }),
            grid: Some(Grid {
                start: NOW - 300_000,
                step: 60_000,
                rev: 0,
                value: vec![Some(70), None, Some(900)],
            }),
            ..block(Metric::HeartRate, Grain::Epoch)
        })
        .unwrap();
        let rows = &accepted.write.groups[0].rows;
        assert_eq!(rows.iter().map(|(t, _)| t.value).collect::<Vec<_>>(), [720, 700].map(Value::Present));
        assert_eq!(rows[1].0.end_ms - rows[1].0.start_ms, 60_000);
        assert_eq!(accepted.rejected.len(), 1);
        assert_eq!((accepted.rejected[0].index, accepted.rejected[0].code), (3, RejectCode::ValueOutOfRange));
        assert_eq!(
            accepted.rejected[0].fix,
            "20 to 300 /min here; leave the reading out where the device has none"
        );
    }

    #[test]
    fn each_reason_is_named() {
        let reject = |metric, grain, start, end: i64, value| {
            let points =
                Points { start: vec![start], end: Some(vec![end]), value: vec![value], ..Points::default() };
            let accepted = accept_one(SeriesBlock { points: Some(points), ..block(metric, grain) }).unwrap();
            accepted.rejected.first().map(|r| (r.code, r.field.clone()))
        };
        let named = |code, field: &str| Some((code, field.to_owned()));
        let (steps, epoch) = (Metric::Steps, Grain::Epoch);
        let t = NOW - 86_400_000;
        assert_eq!(reject(steps, epoch, t, t + 60_000, Some(5)), None);
        assert_eq!(
            reject(steps, epoch, 3_818_448_000_000, 3_818_448_060_000, Some(5)),
            named(RejectCode::StartInFuture, "start")
        );
        assert_eq!(
            reject(steps, epoch, 1_700_000_000, 1_700_000_060, Some(5)),
            named(RejectCode::StartTooEarly, "start")
        );
        assert_eq!(reject(steps, epoch, t, t - 1, Some(5)), named(RejectCode::EndBeforeStart, "end"));
        assert_eq!(reject(steps, epoch, t, t, Some(5)), named(RejectCode::IntervalRequired, "end"));
        assert_eq!(
            reject(Metric::Battery, Grain::Sample, t, t + 1, Some(5)),
            named(RejectCode::InstantRequired, "end")
        );
        assert_eq!(reject(steps, epoch, t, t + 60_001, Some(5)), named(RejectCode::IntervalTooLong, "end"));
        assert_eq!(reject(steps, epoch, t, t + 60_000, None), named(RejectCode::ValueMissing, "value"));
        assert_eq!(
            reject(steps, epoch, t, t + 60_000, Some(601)),
            named(RejectCode::ValueOutOfRange, "value")
        );
        assert_eq!(
            reject(steps, epoch, t, t + 60_000, Some(-1)),
            named(RejectCode::ValueOutOfRange, "value")
        );
        assert_eq!(reject(Metric::Gap, Grain::Sample, t - 86_400_000 * 30, t, Some(2)), None);
        assert_eq!(
            reject(Metric::HeartRate, Grain::Sample, i64::MAX - 1, i64::MAX, Some(60)),
            named(RejectCode::StartInFuture, "start")
        );
        assert_eq!(
            reject(Metric::HeartRate, Grain::Sample, t, i64::MAX, Some(60)),
            named(RejectCode::EndInFuture, "end")
        );
    }

    #[test]
    fn what_is_wrong_as_a_whole_leaves_nothing() {
        let field = |block: SeriesBlock| accept_one(block).unwrap_err().errors[0].field.clone();
        let steps = || block(Metric::Steps, Grain::Epoch);
        assert_eq!(field(SeriesBlock { unit: "steps".into(), ..steps() }), "series[0].unit");
        assert_eq!(field(SeriesBlock { exponent: -1, ..steps() }), "series[0].exponent");
        let uneven = Points { start: vec![NOW], value: vec![], ..Points::default() };
        assert_eq!(field(SeriesBlock { points: Some(uneven), ..steps() }), "series[0].points.value");
        let offset = Some(Column::Each(vec![60, 60]));
        assert_eq!(field(SeriesBlock { offset, ..steps() }), "series[0].offset");
        let grid = Some(Grid { start: NOW, step: 0, rev: 0, value: vec![Some(1)] });
        assert_eq!(field(SeriesBlock { grid, ..steps() }), "series[0].grid.step");
        let many = Some(Grid { start: NOW, step: 1, rev: 0, value: vec![Some(1); MAX_READINGS + 1] });
        assert_eq!(accept_one(SeriesBlock { grid: many, ..steps() }).unwrap_err().status, 413);
    }

    #[test]
    fn a_stranger_is_refused_reading_by_reading() {
        let points = Points {
            start: vec![NOW, NOW],
            end: Some(vec![NOW, NOW]),
            value: vec![None, None],
            ..Points::default()
        };
        let batch = Batch {
            contract: 1,
            series: vec![SeriesBlock { points: Some(points), ..block(Metric::Steps, Grain::Epoch) }],
        };
        let other = WriteGrant::One(ParticipantId::from_parts(2, [2; 10]));
        let accepted = accept(&batch, &other, NOW).unwrap();
        assert!(accepted.write.is_empty());
        assert!(accepted.rejected.iter().all(|r| r.code == RejectCode::ParticipantUnknown));
    }
}
