//! FIT files, written here for what can go wrong; real ones are in `fit_real`.

use std::fs;
use std::sync::LazyLock;

use foulee_contract::{How, Metric};
use foulee_ingest::import::{Options, Summary};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::memory::{Memory, lines, one_person, run, study, written};
use crate::real::data;
use crate::samples::fit::{MIDNIGHT, activity, beats, day, low, record, u16s, u32s};
use crate::samples::fit_writer::{ENUM, FitWriter, STRING, UINT8, UINT16, UINT32};

pub(crate) fn import(bytes: &[u8]) -> (Summary, Memory) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut memory = Memory::default();
    let summary =
        run(&written(folder.path(), "a.fit", bytes), &one_person(""), &mut memory).expect("an import");
    (summary, memory)
}

/// Readings as `step_counter 06:00:00 #6 100 @-360`.
fn short(memory: &Memory) -> Vec<String> {
    let seqs: Vec<u64> = memory.readings.keys().map(|key| key.4.seq).collect();
    let line = |(line, seq): (String, &u64)| {
        let words: Vec<&str> = line.split(' ').collect();
        let time = words[2].split('T').nth(1).expect("a time").trim_end_matches('Z');
        assert_eq!((words[1], words[3]), ("sample", "+0s"));
        format!("{} {time} #{seq} {} {}", words[0], words[4], words[5])
    };
    lines(memory).into_iter().zip(&seqs).map(line).collect()
}

#[test]
fn short_times_go_on_from_the_last_and_roll_over() {
    let walking = 6 | 3 << 5;
    let later = MIDNIGHT + 30_000;
    assert!(MIDNIGHT & 0xffff > later & 0xffff, "the low bits begin anew between them");
    let bytes = day()
        .data(3, &[&u32s(100), &low(MIDNIGHT + 600), &[walking]])
        .data(3, &[&u32s(250), &low(later), &[walking]])
        .data(3, &[&u32s(31), &low(later), &[1 | 5 << 5]])
        .data(4, &[&low(later + 60), &[64]])
        .data(2, &[&u32s(MIDNIGHT + 86_400), &u32s(9000), &[6]])
        .finish();
    let (summary, memory) = import(&bytes);
    assert_eq!(
        short(&memory),
        [
            "step_counter 06:10:00 #6 100 @-360",
            "step_counter 14:20:00 #1 31 @-360",
            "step_counter 14:20:00 #6 250 @-360",
            "step_counter 06:00:00 #6 9000 @-360",
            "heart_rate 14:21:00 #0 640 @-360",
        ]
    );
    assert!(memory.readings.values().all(|provenance| provenance.how == How::Automatic));
    let file = &summary.files[0];
    assert_eq!((file.format, file.rejected, file.cut_short), ("fit", 0, false));
    let sources: Vec<_> = memory.readings.keys().map(|key| key.1.as_str()).collect();
    assert!(sources.iter().all(|source| source.starts_with("watch/fit/garmin/2697/")), "{sources:?}");
    assert!(!format!("{sources:?}").contains("3945849289"), "a serial number is hashed");
}

#[test]
fn cycles_that_are_no_steps_and_heart_rates_that_are_none_are_left_out() {
    let bytes = day()
        .data(2, &[&u32s(MIDNIGHT + 60), &u32s(400), &[2]])
        .data(3, &[&u32s(20), &low(MIDNIGHT + 120), &[5]])
        .data(4, &[&low(MIDNIGHT + 180), &[0]])
        .data(4, &[&low(MIDNIGHT + 240), &[255]])
        .data(2, &[&u32s(MIDNIGHT + 300), &u32s(u32::MAX), &[6]])
        .finish();
    let (summary, memory) = import(&bytes);
    assert_eq!((memory.readings.len(), summary.rejected), (0, 0));
    let not_kept: Vec<_> = summary.files[0].not_kept.iter().map(|k| (k.what.as_str(), k.count)).collect();
    assert_eq!(not_kept, [("monitoring", 3), ("monitoring: cycles that are no steps", 2)]);
}

#[test]
fn a_short_time_without_a_whole_one_before_costs_its_message() {
    let bytes = FitWriter::of_fenix(32)
        .define(4, 55, &[(26, 2, UINT16), (27, 1, UINT8)])
        .data(4, &[&low(MIDNIGHT), &[64]])
        .define(5, 55, &[(253, 4, UINT32), (27, 1, UINT8)])
        // Seconds since the device was switched on.
        .data(5, &[&u32s(4_000), &[65]])
        .data(5, &[&u32s(MIDNIGHT), &[66]])
        .finish();
    let (summary, memory) = import(&bytes);
    assert_eq!(short(&memory), ["heart_rate 06:00:00 #0 660 @?"]);
    let rejection = &summary.files[0].rejections[0];
    assert_eq!(rejection.count, 2);
    assert_eq!(rejection.example, "line 2: monitoring: when it was is not known");
}

#[test]
fn five_bits_of_time_go_on_too() {
    let at = MIDNIGHT | 0x1e;
    let bytes = FitWriter::of_fenix(4)
        .define(1, 20, &[(253, 4, UINT32), (3, 1, UINT8)])
        .define(2, 20, &[(3, 1, UINT8)])
        .data(1, &[&u32s(at), &[90]])
        .compressed(2, 0x1f, &[&[91]])
        .compressed(2, 0x01, &[&[92]])
        .finish();
    let (_, memory) = import(&bytes);
    let times: Vec<i64> = memory.readings.keys().map(|key| key.4.start_ms / 1000).collect();
    assert_eq!(times.iter().map(|time| time - times[0]).collect::<Vec<_>>(), [0, 1, 3]);
}

#[test]
fn beats_stand_at_the_record_before_them_in_their_order() {
    const NONE: u16 = u16::MAX;
    let writer = beats(activity(), [800, NONE, NONE]);
    let writer = beats(beats(record(writer, 0, 70), [810, 820, NONE]), [830, NONE, NONE]);
    let writer = beats(record(record(writer, 3, 71), 3, 71), [840, 850, 860]);
    let writer = (0..25).fold(record(writer, 5, 72), |writer, _| beats(writer, [1000; 3]));
    let (summary, memory) = import(&writer.finish());
    let rr: Vec<_> = short(&memory).into_iter().filter(|line| line.starts_with("rr")).take(6).collect();
    assert_eq!(
        rr,
        [
            "rr_interval 06:00:00 #0 8100 @?",
            "rr_interval 06:00:00 #1 8200 @?",
            "rr_interval 06:00:00 #2 8300 @?",
            "rr_interval 06:00:03 #0 8400 @?",
            "rr_interval 06:00:03 #1 8500 @?",
            "rr_interval 06:00:03 #2 8600 @?",
        ]
    );
    let count = |metric| memory.readings.keys().filter(|key| key.2 == metric).count();
    // A minute behind the last record its time stands for nothing any more.
    assert_eq!((count(Metric::RrInterval), count(Metric::HeartRate)), (6 + 61, 3));
    assert!(memory.readings.values().all(|provenance| provenance.how == How::Active));
    let not_kept: Vec<_> = summary.files[0].not_kept.iter().map(|k| (k.what.as_str(), k.count)).collect();
    assert_eq!(not_kept, [("hrv: no record just before", 1 + 5), ("record: position", 4)]);
}

#[test]
fn the_devices_settings_tell_the_local_time_of_an_activity() {
    let settings = |offset: i32, utc: u32| {
        let writer = FitWriter::of_fenix(4)
            .define(3, 2, &[(0, 1, UINT8), (1, 4, UINT32), (2, 8, UINT32)])
            .data(3, &[&[1], &u32s(utc), &u32s(3600), &offset.to_le_bytes()])
            .define(1, 20, &[(253, 4, UINT32), (3, 1, UINT8)]);
        short(&import(&writer.data(1, &[&u32s(MIDNIGHT), &[70]]).finish()).1)
    };
    assert_eq!(settings(-25_200, 0), ["heart_rate 06:00:00 #0 700 @-420"]);
    assert_eq!(settings(19_800, 0), ["heart_rate 06:00:00 #0 700 @330"]);
    assert_eq!(settings(19_801, 0), ["heart_rate 06:00:00 #0 700 @?"]);
    assert_eq!(settings(19_800, 3600), ["heart_rate 06:00:00 #0 700 @?"]);
}

#[test]
fn a_strap_that_was_listened_to_is_not_the_files_device() {
    let info = |index: u8| {
        FitWriter::of_fenix(4)
            .define(3, 23, &[(0, 1, UINT8), (1, 1, UINT8), (25, 1, ENUM)])
            .data(3, &[&[index], &[120], &[1]])
            .define(1, 20, &[(253, 4, UINT32), (3, 1, UINT8)])
            .data(1, &[&u32s(MIDNIGHT), &[70]])
            .finish()
    };
    for (index, kind) in [(3, "watch/"), (0, "strap/")] {
        let (_, memory) = import(&info(index));
        let (key, _) = memory.readings.iter().next().unwrap();
        assert!(key.1.starts_with(kind), "{}", key.1);
    }
}

#[test]
fn messages_and_fields_that_nobody_knows_cost_themselves() {
    let writer = activity()
        .define(5, 0xff03, &[(0, 3, UINT16), (1, 0, STRING), (2, 5, STRING), (9, 4, 0x6b)])
        .data(5, &[&[1, 2, 3], b"h\xffi\0\0", &[0; 4]])
        // A developer's field that was never introduced, of a size that fits no type.
        .define_with(6, 20, &[(253, 4, UINT32), (3, 1, UINT8)], Some(&[(0, 255, 0), (7, 3, 9)]))
        .data(6, &[&u32s(MIDNIGHT), &[80], &[0xaa; 258]]);
    let (summary, memory) = import(&record(writer, 1, 81).finish());
    assert_eq!(short(&memory), ["heart_rate 06:00:00 #0 800 @?", "heart_rate 06:00:01 #0 810 @?"]);
    let file = &summary.files[0];
    assert_eq!((file.rejected, file.cut_short), (0, false));
    let not_kept: Vec<_> = file.not_kept.iter().map(|k| k.what.as_str()).collect();
    assert_eq!(not_kept, ["developer fields", "message 65283", "record: position"]);
}

#[test]
fn most_significant_bytes_may_come_first() {
    let definition = [0x40, 0, 1, 0, 20, 2, 253, 4, UINT32, 3, 1, UINT8];
    let writer = FitWriter::of_fenix(4).raw(&definition).data(0, &[&MIDNIGHT.to_be_bytes(), &[70]]);
    assert_eq!(short(&import(&writer.finish()).1), ["heart_rate 06:00:00 #0 700 @?"]);
}

fn cut_short(bytes: &[u8]) -> (usize, String) {
    let (summary, memory) = import(bytes);
    let file = &summary.files[0];
    assert!(file.cut_short && summary.refused(), "{summary:?}");
    (memory.readings.len(), file.rejections[0].example.clone())
}

#[test]
fn what_is_sound_of_a_broken_file_is_kept() {
    let two = record(record(activity(), 0, 70), 1, 71);
    let whole = two.finish();
    let truncated = cut_short(&whole[..whole.len() - 5]);
    assert_eq!(truncated, (1, "line 2: the file ends early or is damaged: the end is missing".into()));
    assert_eq!(cut_short(&whole[..whole.len() - 1]).0, 2);

    let mut bad = whole.clone();
    *bad.last_mut().unwrap() ^= 1;
    let (readings, why) = cut_short(&bad);
    assert_eq!((readings, why.contains("checksum")), (2, true), "{why}");

    let (readings, why) = cut_short(&record(two.clone().raw(&[0x0b; 20]), 2, 72).finish());
    assert_eq!((readings, why.contains("kind 11 is not defined")), (2, true), "{why}");
    let (readings, why) = cut_short(&two.clone().raw(&[0x41, 0, 9, 0, 0, 0]).finish());
    assert_eq!((readings, why.contains("a definition that is none")), (2, true), "{why}");
    let (readings, why) = cut_short(&[whole.as_slice(), b"\0\0\0"].concat());
    assert_eq!((readings, why.contains("behind it")), (2, true), "{why}");
    // A battery that ran out before the size was written.
    let open = two.finish_as(0);
    let (readings, why) = cut_short(&open[..open.len() - 2]);
    assert_eq!((readings, why.contains("never closed")), (2, true), "{why}");
}

#[test]
fn each_file_of_a_chain_stands_for_itself() {
    let strap = FitWriter::default()
        .define(0, 0, &[(1, 2, UINT16), (2, 2, UINT16)])
        .data(0, &[&u16s(1), &u16s(3300)])
        .define(1, 20, &[(253, 4, UINT32), (3, 1, UINT8)])
        .data(1, &[&u32s(MIDNIGHT + 9), &[90]])
        .finish();
    let day = day().data(4, &[&low(MIDNIGHT + 60), &[64]]).finish();
    let (summary, memory) = import(&[day.as_slice(), &strap].concat());
    assert_eq!((summary.accepted, summary.rejected), (2, 0));
    let sources: Vec<_> = memory.readings.keys().map(|key| key.1.as_str()).collect();
    assert!(
        sources[0].starts_with("strap/fit/garmin/3300") && sources[1].starts_with("watch/"),
        "{sources:?}"
    );
    assert_eq!(short(&memory), ["heart_rate 06:00:09 #0 900 @?", "heart_rate 06:01:00 #0 640 @-360"]);

    // What is broken in the first is the first's.
    let broken = record(activity(), 0, 70).raw(&[0x0b; 20]).finish();
    assert_eq!(cut_short(&[broken.as_slice(), &strap].concat()).0, 2);
}

#[test]
fn nothing_in_it_says_whose_it_is_and_it_names_its_device() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "a.fit", record(activity(), 0, 70).finish());
    let refused = |options: &Options| run(&path, options, &mut Memory::default()).unwrap_err().to_string();
    assert!(refused(&study("UTC")).contains("--participant ID in place of --study"));
    let named = Options { source: Some("montre".to_owned()), ..one_person("") };
    assert!(refused(&named).contains("leave out --source"));
}

/// A file with something of everything.
fn everything() -> Vec<u8> {
    let day =
        day().data(3, &[&u32s(100), &low(MIDNIGHT + 600), &[6]]).data(4, &[&low(MIDNIGHT + 660), &[64]]);
    let walk =
        (0..40).fold(activity(), |writer, second| beats(record(writer, second, 70), [800, 810, u16::MAX]));
    let walk = walk
        .define_with(6, 20, &[(253, 4, UINT32), (3, 1, UINT8)], Some(&[(0, 2, 0), (7, 3, 9)]))
        .data(6, &[&u32s(MIDNIGHT + 50), &[80], &[0xaa; 5]]);
    [day.finish(), walk.finish()].concat()
}

/// What is damaged: that, and real files where they are at hand.
static ORIGINALS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let real = data("fit").into_iter().flat_map(|folder| {
        ["MonitoringFile.fit", "garmin-fenix-5-walk.fit"]
            .map(|name| fs::read(folder.join(name)).expect("readable"))
    });
    [everything()].into_iter().chain(real).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_stops_an_import(
        which in any::<Index>(),
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 0..6),
        end in any::<Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = which.get(&ORIGINALS).clone();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // The mark stays, or it is no FIT file and another test's business.
        bytes[8..12].copy_from_slice(b".FIT");
        if cut {
            bytes.truncate(12 + end.index(bytes.len() - 11));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), "a.fit", &bytes);
        let mut memory = Memory::default();
        let first = run(&path, &one_person(""), &mut memory).expect("an import");
        let again = run(&path, &one_person(""), &mut memory).expect("an import");
        prop_assert_eq!((again.new, again.accepted, again.rejected), (Some(0), first.accepted, first.rejected));
    }
}
