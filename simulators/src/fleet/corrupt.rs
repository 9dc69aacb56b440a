//! Batches that nobody may accept.

use std::io::Read as _;

use foulee_contract::{
    Batch, CONTRACT_VERSION, Grain, Grid, MAX_DECODED_BYTES, MAX_READINGS, Metric, Object, ParticipantId,
    Source,
};

use super::batch::{FUTURE_MS, Form, Parcel, SPOILT_REV, json, packed};
use super::chance::Chance;
use super::server::Request;
use super::wearer::{Emitted, MINUTE_MS};
use crate::error::SimError;

/// Most readings of a spoilt batch, so that it costs little.
const MOST_READINGS: usize = 300;
/// A zstd frame's header ends before this byte (RFC 8878, 3.1.1: 4 of magic, then 2 to 14).
const FRAME_HEADER: usize = 18;

/// How a batch is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Corruption {
    Truncated,
    WrongZstd,
    Flipped,
    WrongUnit,
    UnknownMetric,
    WrongContract,
    Ragged,
    Oversized,
    Future,
    Stranger,
    WrongToken,
}

impl Corruption {
    pub(super) const ALL: [Self; 11] = [
        Self::Truncated,
        Self::WrongZstd,
        Self::Flipped,
        Self::WrongUnit,
        Self::UnknownMetric,
        Self::WrongContract,
        Self::Ragged,
        Self::Oversized,
        Self::Future,
        Self::Stranger,
        Self::WrongToken,
    ];
}

/// These readings, spoilt. All of them have a version that no emitted one has, so that what is taken in of them is seen.
pub(super) fn spoilt(
    corruption: Corruption,
    participant: ParticipantId,
    source: &Source,
    readings: &[(usize, Emitted)],
    chance: &mut Chance,
) -> Result<Request, SimError> {
    let mut readings = readings[..readings.len().min(MOST_READINGS)].to_vec();
    for (_, emitted) in &mut readings {
        emitted.tuple.rev = SPOILT_REV;
    }
    if corruption == Corruption::Future {
        for (at_ms, (_, emitted)) in (0..).map(|minute| FUTURE_MS + minute * MINUTE_MS).zip(&mut readings) {
            let length_ms = emitted.tuple.end_ms - emitted.tuple.start_ms;
            (emitted.tuple.start_ms, emitted.tuple.end_ms) = (at_ms, at_ms + length_ms);
        }
    }
    let mut batch = Parcel::new(participant, source, &readings, Form::default(), chance).batch;
    match corruption {
        Corruption::Truncated => {
            let mut body = json(&batch)?;
            body.truncate(chance.between(1, body.len() - 1));
            return Ok(Request::plain(body));
        }
        Corruption::WrongZstd => {
            let body = json(&batch)?;
            if chance.below(2) == 0 {
                return Ok(Request::zstd(body));
            }
            let mut frame = packed(&body)?;
            frame.truncate(chance.between(1, frame.len() - 1));
            return Ok(Request::zstd(frame));
        }
        Corruption::Flipped => return flipped(&batch, chance),
        Corruption::WrongUnit => spoil_one(&mut batch, chance, |block| block.unit = "km".to_owned()),
        Corruption::UnknownMetric => {
            let text = String::from_utf8_lossy(&json(&batch)?).replace("\"metric\":\"", "\"metric\":\"un");
            return packed(text.as_bytes()).map(Request::zstd);
        }
        Corruption::WrongContract => batch.contract = CONTRACT_VERSION + 1,
        Corruption::Ragged => spoil_one(&mut batch, chance, |block| {
            if let Some(points) = &mut block.points {
                points.value.pop();
            }
        }),
        Corruption::Oversized if chance.below(2) == 0 => return padded(&batch),
        Corruption::Oversized => too_many(&mut batch),
        Corruption::Stranger => {
            let mut random = [0; 10];
            random.iter_mut().for_each(|byte| *byte = chance.below(256) as u8);
            let stranger = ParticipantId::from_parts(1, random);
            batch.series.iter_mut().for_each(|block| block.participant = stranger);
        }
        Corruption::WrongToken => {
            let request = Request::zstd(packed(&json(&batch)?)?);
            return Ok(Request { wrong_token: true, ..request });
        }
        Corruption::Future => {}
    }
    packed(&json(&batch)?).map(Request::zstd)
}

fn spoil_one(batch: &mut Batch, chance: &mut Chance, spoil: impl Fn(&mut foulee_contract::SeriesBlock)) {
    let chosen = chance.below(batch.series.len());
    if let Some(block) = batch.series.get_mut(chosen) {
        spoil(block);
    }
}

/// One byte is another one, so that what comes out is no batch any more.
fn flipped(batch: &Batch, chance: &mut Chance) -> Result<Request, SimError> {
    let body = json(batch)?;
    let frame = packed(&body)?;
    let as_zstd = chance.below(2) == 0;
    let (whole, first) = if as_zstd { (frame, FRAME_HEADER) } else { (body, 0) };
    loop {
        let mut damaged = whole.clone();
        let at = chance.between(first, damaged.len() - 1);
        damaged[at] ^= 1 << chance.below(8);
        // A digit that became another digit is a batch as good as any.
        if !is_batch(&damaged, as_zstd) {
            return Ok(if as_zstd { Request::zstd(damaged) } else { Request::plain(damaged) });
        }
    }
}

fn is_batch(body: &[u8], as_zstd: bool) -> bool {
    let mut text = Vec::new();
    if !as_zstd {
        return serde_json::from_slice::<Object<Batch>>(body).is_ok();
    }
    let Ok(mut frame) = zstd::stream::Decoder::new(body) else { return false };
    frame.read_to_end(&mut text).is_ok() && serde_json::from_slice::<Object<Batch>>(&text).is_ok()
}

/// More bytes than a batch may have, most of them blank: little on the wire, much once unpacked.
fn padded(batch: &Batch) -> Result<Request, SimError> {
    let mut frame = zstd::stream::Encoder::new(Vec::new(), 1).map_err(SimError::Pack)?;
    std::io::copy(&mut std::io::repeat(b' ').take(MAX_DECODED_BYTES as u64), &mut frame)
        .map_err(SimError::Pack)?;
    std::io::copy(&mut json(batch)?.as_slice(), &mut frame).map_err(SimError::Pack)?;
    frame.finish().map(Request::zstd).map_err(SimError::Pack)
}

/// More readings than a batch may have.
fn too_many(batch: &mut Batch) {
    batch.series.truncate(1);
    for block in &mut batch.series {
        let start =
            block.points.as_ref().and_then(|points| points.start.first()).copied().unwrap_or(FUTURE_MS);
        (block.metric, block.grain) = (Metric::Steps, Grain::Epoch);
        (block.unit, block.exponent) = (Metric::Steps.unit().to_owned(), Metric::Steps.exponent());
        block.points = None;
        let value = vec![Some(0); MAX_READINGS + 1];
        // Close together, so that all of them stand where they would be found.
        block.grid = Some(Grid { start, step: 1_000, rev: SPOILT_REV, value });
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Purpose;
    use super::super::wearer::{SOURCE, Wearer};
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn none_but_those_that_are_refused_for_their_content_can_be_read() {
        let first_date = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        let wearer = Wearer::new(3, 1, first_date, 1).unwrap();
        let who = ParticipantId::from_parts(1, [1; 10]);
        for turn in 0..40 {
            let mut chance = Chance::new(turn, Purpose::Deliveries, 0, 0);
            let start = chance.below(wearer.readings() - 1);
            let readings = wearer.readings_of(&(start..wearer.readings().min(start + 1 + turn as usize)));
            for corruption in Corruption::ALL {
                let source = SOURCE.parse().unwrap();
                let made = spoilt(corruption, who, &source, &readings, &mut chance).unwrap();
                let readable = is_batch(&made.body, made.is_zstd);
                let by_form = [
                    Corruption::Truncated,
                    Corruption::WrongZstd,
                    Corruption::Flipped,
                    Corruption::UnknownMetric,
                ];
                assert_eq!(readable, !by_form.contains(&corruption), "{corruption:?} {turn}");
            }
        }
    }
}
