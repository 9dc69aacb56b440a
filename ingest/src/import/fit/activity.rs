use foulee_contract::{How, Metric, RejectCode};

use super::message::Message;
use super::{File, heart_rate};
use crate::import::ImportError;
use crate::import::collector::Collector;
use crate::import::local_clock::Instant;

// Fields. [FIT profile, record]
const LATITUDE: u8 = 0;
const LONGITUDE: u8 = 1;
const HEART_RATE: u8 = 3;

/// RR intervals, ms. [FIT profile, hrv: `time`, s, scale 1000]
const RR: u8 = 0;

/// Most beats' time behind a record that its time still stands for, ms. Ours: a fenix 5 that writes a record when
/// something changes left up to 14 s between two, and 18 s of beats behind the last.
const MOST_BEHIND_MS: i64 = 60_000;

/// The beats behind the last record.
#[derive(Default)]
pub(super) struct Beats {
    record: Option<Instant>,
    next_seq: u64,
    sum_ms: i64,
}

/// Takes the heart rate of a record of an activity.
pub(super) fn take_record(
    file: &mut File,
    message: &Message,
    at: Option<Instant>,
    number: u64,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    // Another record of the same second does not begin anew, or its beats would take the places of those before.
    if at.is_none_or(|at| file.beats.record.is_none_or(|before| before.utc_ms != at.utc_ms)) {
        file.beats = Beats { record: at, ..Beats::default() };
    }
    if message.has(LATITUDE) || message.has(LONGITUDE) {
        out.not_kept("record: position");
    }
    match (heart_rate(message, HEART_RATE), at) {
        (Some(bpm), Some(at)) => file.keep(Metric::HeartRate, (at, 0, How::Active), bpm, number, out),
        (Some(_), None) => {
            out.reject(RejectCode::Unreadable, number, format_args!("record: when it was is not known"));
            Ok(())
        }
        (None, _) => {
            out.not_kept("record: no heart rate");
            Ok(())
        }
    }
}

/// Takes the RR intervals of a message, which has no time of its own.
///
/// Their order and lengths are exact; their time is that of the record before them, so they are up to as much too early as
/// records lie apart: mostly 1 s. Other readers add intervals up from the start, and drift with each beat that was missed.
pub(super) fn take_beats(
    file: &mut File,
    message: &Message,
    number: u64,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    for rr_ms in message.wholes(RR) {
        let Some(at) = file.beats.record.filter(|_| file.beats.sum_ms <= MOST_BEHIND_MS) else {
            out.not_kept("hrv: no record just before");
            return Ok(());
        };
        let seq = file.beats.next_seq;
        file.beats.next_seq += 1;
        file.beats.sum_ms += rr_ms;
        file.keep(Metric::RrInterval, (at, seq, How::Active), rr_ms, number, out)?;
    }
    Ok(())
}
