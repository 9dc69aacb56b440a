//! Thirty days without a network: four sources at 1 Hz (two heart rates, two step counters), one small record a second,
//! through the real journal into real files. Only here are the fsyncs swallowed: 2.6 million of them would measure the
//! disk. `FOULEE_TEST_SCALE=ci` takes one day and holds it against the same bound.

use std::time::Instant;

use foulee_journal::{Cause, Disk, Journal, Key, Options, Position};

use crate::chance::{Chance, Scale, scale, seed};
use crate::swallow::Swallow;

const SOURCES: usize = 4;
/// Readings of thirty days.
const MONTH_READINGS: u64 = 30 * 86_400 * SOURCES as u64;
/// What they may take, bytes.
const MONTH_BYTES: u64 = 64 << 20;
/// Readings a second that a backlog must drain with.
const DRAIN_RATE: f64 = 250_000.0;
/// 2026-01-01T00:00:00Z.
const START_MS: i64 = 1_767_225_600_000;

/// Four wearables: heart rates that wander and pause, counters that rise while their wearer walks.
struct Wearables {
    chance: Chance,
    /// 0.1 /min.
    heart: [i64; 2],
    /// Since the device's reset.
    steps: [i64; 2],
    walking: [bool; 2],
}

impl Wearables {
    /// The readings of one second: ms UTC with the radio's jitter, and value.
    fn second(&mut self, ms: i64) -> [(i64, i64); SOURCES] {
        let mut readings = [(0, 0); SOURCES];
        for person in 0..2 {
            let step = self.chance.below(31) as i64 - 15;
            self.heart[person] = (self.heart[person] + step).clamp(450, 1900);
            if self.chance.one_in(200) {
                self.walking[person] = !self.walking[person];
            }
            self.steps[person] += if self.walking[person] { 1 + self.chance.below(2) as i64 } else { 0 };
            let mut jitter = || ms + self.chance.below(60) as i64;
            readings[person] = (jitter(), self.heart[person]);
            readings[2 + person] = (jitter(), self.steps[person]);
        }
        readings
    }
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn get(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first().expect("a whole varint");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return value;
        }
        shift += 7;
    }
}

/// What each source measures, and how a reading was recorded.
const METRIC: [u64; SOURCES] = [2, 2, 7, 7];
const SEEN: u64 = 1;

/// A record that stands for itself: the second, then source, metric, how, ms behind the second and whole value of each
/// reading.
fn encode(ms: i64, readings: &[(i64, i64)], out: &mut Vec<u8>) {
    out.clear();
    put(out, ms as u64);
    for (source, (at, value)) in readings.iter().enumerate() {
        put(out, source as u64);
        put(out, METRIC[source]);
        put(out, SEEN);
        put(out, (at - ms) as u64);
        put(out, *value as u64);
    }
}

/// A sum that any lost, doubled, swapped or changed reading changes.
fn fold(sum: u64, at: i64, value: i64) -> u64 {
    (sum ^ at as u64 ^ (value as u64).rotate_left(32)).wrapping_mul(0x0100_0000_01b3)
}

#[test]
fn thirty_days_offline_fit_and_drain_fast() {
    let days = if scale() == Scale::Ci { 1 } else { 30 };
    let folder = tempfile::tempdir().expect("a folder");
    let disk = Disk::open(folder.path()).expect("opens");
    let files = Swallow { files: disk, file_syncs: true, dir_syncs: true };
    let (options, key) = (Options::default(), Key::from_bytes([5; 32]));
    let (mut journal, _) = Journal::open(files, &key, options, Chance::new(seed()).filler()).expect("opens");

    let mut wearables =
        Wearables { chance: Chance::new(1), heart: [700, 620], steps: [12_000, 3], walking: [false; 2] };
    let (mut written, mut record, mut record_bytes) = (0, Vec::new(), 0);
    let start = Instant::now();
    for second in 0..days * 86_400 {
        let ms = START_MS + second * 1000;
        let readings = wearables.second(ms);
        encode(ms, &readings, &mut record);
        record_bytes += record.len();
        for (at, value) in readings {
            written = fold(written, at, value);
        }
        journal.append(&record, ms, ms + 60).expect("room");
        let committed = journal.commit().expect("written");
        assert!(committed.lost.is_empty() && committed.not_joined.is_none(), "{committed:?}");
    }
    let wrote = start.elapsed().as_secs_f64();
    let count = days as u64 * 86_400 * SOURCES as u64;
    let stats = journal.stats().expect("counted");
    // Looking for what to erase closes and joins the active segment.
    assert_eq!(journal.purge(|_| false).expect("joined").records, 0);
    let joined = journal.stats().expect("counted").bytes;
    assert_eq!(stats.unreleased_records, count / SOURCES as u64);

    let (mut next, mut read, mut seen) = (Position::START, 0, 0);
    let start = Instant::now();
    loop {
        let batch = journal.read(next, 256 << 10).expect("read");
        assert_eq!(batch.lost, []);
        if batch.blocks.is_empty() {
            break;
        }
        for mut bytes in batch.blocks.iter().flat_map(|block| block.records()) {
            let ms = get(&mut bytes) as i64;
            for (source, metric) in METRIC.into_iter().enumerate() {
                assert_eq!(
                    [get(&mut bytes), get(&mut bytes), get(&mut bytes)],
                    [source as u64, metric, SEEN]
                );
                let at = ms + get(&mut bytes) as i64;
                read = fold(read, at, get(&mut bytes) as i64);
                seen += 1;
            }
        }
        next = batch.next;
        journal.release(next).expect("released");
    }
    let rate = seen as f64 / start.elapsed().as_secs_f64();
    assert_eq!((seen, read), (count, written));
    // One day leaves a segment of its own that is not joined yet, and so does a month.
    let month = joined * (MONTH_READINGS / count) + options.segment_bytes;
    println!(
        "{count} readings, {:.1} B each as records: {:.1} MiB on disk, {:.2} B each ({} segments); thirty days take \
         at most {:.1} MiB; written in {wrote:.1} s without fsync, drained at {rate:.0} readings/s",
        record_bytes as f64 / count as f64,
        stats.bytes as f64 / (1 << 20) as f64,
        stats.bytes as f64 / count as f64,
        stats.segments,
        month as f64 / (1 << 20) as f64,
    );
    assert!(month <= MONTH_BYTES, "{month} bytes");
    assert!(rate >= DRAIN_RATE, "{rate} readings/s");
}

/// More than the bound: it holds, and every reading is either there or counted as dropped.
#[test]
fn what_does_not_fit_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let files =
        Swallow { files: Disk::open(folder.path()).expect("opens"), file_syncs: true, dir_syncs: true };
    let options = Options {
        segment_bytes: 64 << 10,
        max_bytes: 1 << 20,
        max_commit_bytes: 64 << 10,
        ..Options::default()
    };
    let (mut journal, _) =
        Journal::open(files, &Key::from_bytes([5; 32]), options, Chance::new(1).filler()).expect("opens");
    let (mut chance, mut dropped, mut record) = (Chance::new(2), 0, [0; 30]);
    let records = 100_000;
    for second in 0..records {
        chance.fill(&mut record);
        journal.append(&record, second * 1000, second * 1000).expect("room");
        for loss in journal.commit().expect("written").lost {
            assert_eq!(loss.cause, Cause::Dropped);
            assert!(loss.from_ms.is_some() && loss.to_ms.is_some(), "{loss:?}");
            dropped += loss.records.expect("counted");
            if dropped.is_multiple_of(2) {
                journal.settle().expect("settles");
            }
        }
        if second % 1000 == 0 {
            let files = std::fs::read_dir(folder.path()).expect("lists");
            let bytes: u64 = files.map(|file| file.expect("a file").metadata().expect("there").len()).sum();
            assert!(bytes <= options.max_bytes, "{bytes}");
        }
    }
    let read = journal.read(Position::START, usize::MAX).expect("reads");
    let left: usize = read.blocks.iter().map(|block| block.len()).sum();
    println!("{dropped} of {records} dropped and told, {left} left");
    assert!(dropped > 0);
    assert_eq!(dropped + left as u64, records as u64);
}
