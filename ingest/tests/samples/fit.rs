//! FIT files of a day and of an activity.

use super::Sample;
use super::fit_writer::{BYTE, ENUM, FitWriter, SINT32, STRING, UINT8, UINT16, UINT32};

/// 2015-09-25T06:00:00Z in seconds since Garmin's year zero.
pub(crate) const MIDNIGHT: u32 = 812_095_200;

pub(crate) fn u32s(value: u32) -> [u8; 4] {
    value.to_le_bytes()
}

pub(crate) fn u16s(value: u16) -> [u8; 2] {
    value.to_le_bytes()
}

pub(crate) fn low(seconds: u32) -> [u8; 2] {
    u16s((seconds & 0xffff) as u16)
}

/// A day six hours west of Greenwich, and definitions of monitoring messages: 2 whole, 3 short, 4 heart rate.
pub(crate) fn day() -> FitWriter {
    FitWriter::of_fenix(32)
        .define(1, 103, &[(253, 4, UINT32), (0, 4, UINT32)])
        .data(1, &[&u32s(MIDNIGHT), &u32s(MIDNIGHT - 6 * 3600)])
        .define(2, 55, &[(253, 4, UINT32), (3, 4, UINT32), (5, 1, ENUM)])
        .define(3, 55, &[(3, 4, UINT32), (26, 2, UINT16), (24, 1, BYTE)])
        .define(4, 55, &[(26, 2, UINT16), (27, 1, UINT8)])
}

/// An activity's records with a heart rate and a position (1), and RR intervals (2).
pub(crate) fn activity() -> FitWriter {
    FitWriter::of_fenix(4)
        .define(1, 20, &[(253, 4, UINT32), (3, 1, UINT8), (0, 4, SINT32), (1, 4, SINT32)])
        .define(2, 78, &[(0, 6, UINT16)])
}

pub(crate) fn record(writer: FitWriter, seconds: u32, bpm: u8) -> FitWriter {
    writer.data(1, &[&u32s(MIDNIGHT + seconds), &[bpm], &u32s(456_099_128), &u32s(1)])
}

pub(crate) fn beats(writer: FitWriter, rr: [u16; 3]) -> FitWriter {
    writer.data(2, &[&rr.map(u16s).concat()])
}

pub(crate) fn samples() -> Vec<Sample> {
    let walking = 6 | 3 << 5;
    let named = |writer: FitWriter| {
        writer
            .define_with(7, 0xff03, &[(2, 5, STRING)], Some(&[(0, 2, 0)]))
            .data(7, &[b"Zoe\0\0", &u16s(7)])
            .compressed(0, 3, &[&[4], &u16s(1), &u16s(2697), &u32s(1)])
    };
    let minutes = day()
        .data(3, &[&u32s(100), &low(MIDNIGHT + 600), &[walking]])
        .data(4, &[&low(MIDNIGHT + 660), &[64]])
        .data(2, &[&u32s(MIDNIGHT + 86_400), &u32s(9000), &[6]]);
    let run = beats(record(record(activity(), 0, 120), 1, 121), [512, 498, u16::MAX]);
    vec![
        Sample::new("fit", "MONITOR.FIT", named(minutes.clone()).finish()),
        Sample::new("fit", "run.fit", run.finish()),
        // Two files behind each other.
        Sample::new("fit", "both.fit", [minutes.finish(), run.finish()].concat()),
    ]
}
