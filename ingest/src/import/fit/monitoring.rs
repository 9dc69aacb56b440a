use foulee_contract::{How, Metric, RejectCode};

use super::message::Message;
use super::{File, heart_rate};
use crate::import::ImportError;
use crate::import::collector::Collector;
use crate::import::local_clock::Instant;

// Fields. [FIT profile, monitoring]
/// Half steps, strokes or turns since local midnight, each kind of activity for itself; unscaled, whole steps.
const CYCLES: u8 = 3;
const ACTIVITY_TYPE: u8 = 5;
/// The kind of activity in the low five bits, how hard it was in the others.
const TYPE_AND_INTENSITY: u8 = 24;
const HEART_RATE: u8 = 27;

/// Kinds of activity whose cycles are steps: running and walking. [FIT profile, activity_type, monitoring.steps]
const ON_FOOT: [i64; 2] = [1, 6];

/// Takes what a message of an ordinary day holds: a counter of steps, a heart rate.
pub(super) fn take(
    file: &mut File,
    message: &Message,
    at: Option<Instant>,
    number: u64,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    let kind = message
        .whole(ACTIVITY_TYPE)
        .or_else(|| message.whole(TYPE_AND_INTENSITY).map(|packed| packed & 0x1f))
        .filter(|kind| ON_FOOT.contains(kind));
    let steps = kind.zip(message.whole(CYCLES));
    if steps.is_none() && message.has(CYCLES) {
        out.not_kept("monitoring: cycles that are no steps");
    }
    let heart = heart_rate(message, HEART_RATE);
    if steps.is_none() && heart.is_none() {
        if !message.has(CYCLES) {
            out.not_kept(&message.name);
        }
        return Ok(());
    }
    let Some(at) = at else {
        out.reject(RejectCode::Unreadable, number, format_args!("monitoring: when it was is not known"));
        return Ok(());
    };
    if let Some((kind, steps)) = steps {
        // Walking and running are two counters of one device, told apart by the kind's own number.
        let seq = kind.unsigned_abs();
        file.keep(Metric::StepCounter, (at, seq, How::Automatic), steps, number, out)?;
    }
    if let Some(bpm) = heart {
        file.keep(Metric::HeartRate, (at, 0, How::Automatic), bpm, number, out)?;
    }
    Ok(())
}
