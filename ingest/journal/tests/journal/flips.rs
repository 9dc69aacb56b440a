//! Every single bit of a segment, flipped: nothing panics, at most the block that was hit is lost, and that is told.

use std::time::Instant;

use foulee_journal::{Cause, Journal, Key, Loss, Options, Position};

use crate::chance::{Chance, Scale, scale};
use crate::sim::SimDisk;

const KEY: [u8; 32] = [9; 32];
/// Bytes of a block that holds one record of `record_of`: header, count, length, record, tag.
const COMMIT_BYTES: u64 = 84 + 1 + 1 + 9 + 16;

fn options(segment_bytes: u64) -> Options {
    Options { segment_bytes, max_bytes: 64 << 20, max_commit_bytes: 4096, ..Options::default() }
}

fn record_of(number: u64) -> [u8; 9] {
    let mut record = [b'r'; 9];
    record[..8].copy_from_slice(&number.to_le_bytes());
    record
}

fn open(disk: SimDisk, options: Options) -> (Journal<SimDisk>, Vec<Loss>) {
    let (journal, recovery) =
        Journal::open(disk, &Key::from_bytes(KEY), options, Chance::new(3).filler()).expect("opens");
    (journal, recovery.lost)
}

/// A disk with so many commits, one record each, 40 s apart: two of them make a joined block.
fn disk_with(commits: u64, options: Options) -> SimDisk {
    let disk = SimDisk::new(Chance::new(1));
    let (mut journal, _) = open(disk.clone(), options);
    for number in 0..commits {
        let ms = number as i64 * 40_000;
        journal.append(&record_of(number), ms, ms + 10).expect("room");
        assert_eq!(journal.commit().expect("written").position, Some(Position(number)));
    }
    disk
}

fn read_all(journal: &mut Journal<SimDisk>, lost: &mut Vec<Loss>) -> Vec<u64> {
    let read = journal.read(Position::START, usize::MAX).expect("reads");
    lost.extend(read.lost);
    let records = read.blocks.iter().flat_map(|block| block.records());
    records.map(|record| u64::from_le_bytes(record[..8].try_into().expect("8 bytes"))).collect()
}

/// Where the blocks of a segment begin.
fn block_starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        starts.push(at);
        let sealed = u32::from_le_bytes(bytes[at + 52..at + 56].try_into().expect("4 bytes"));
        at += 84 + sealed as usize;
    }
    starts
}

struct Flipped {
    template: SimDisk,
    bytes: Vec<u8>,
    starts: Vec<usize>,
    commits: u64,
    commits_a_block: u64,
    options: Options,
}

const SEGMENT: &str = "000000000000.seg";

impl Flipped {
    fn new(commits: u64, commits_a_block: u64, options: Options) -> Self {
        let template = disk_with(commits, options);
        let bytes = template.contents(SEGMENT);
        let starts = block_starts(&bytes);
        assert_eq!(starts.len() as u64, commits / commits_a_block, "blocks");
        Self { template, bytes, starts, commits, commits_a_block, options }
    }

    /// Flips one bit, opens, reads, and every so often lives on.
    fn flip(&self, bit: usize) {
        let block = self.starts.partition_point(|start| *start <= bit / 8) as u64 - 1;
        let (first, behind) = (block * self.commits_a_block, (block + 1) * self.commits_a_block);
        let mut bytes = self.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let disk = self.template.copy();
        disk.put(SEGMENT, bytes);
        let (mut journal, mut lost) = open(disk.clone(), self.options);
        let found = read_all(&mut journal, &mut lost);
        let others: Vec<u64> = (0..self.commits).filter(|number| !(first..behind).contains(number)).collect();
        assert_eq!(found, others, "bit {bit}");
        let [loss] = lost[..] else { panic!("bit {bit}: {lost:?}") };
        let at_end = behind == self.commits;
        // Where the end itself is damaged, only its beginning is known.
        let told_end = loss.last.0 + 1 == behind || (at_end && loss.last.0 == first);
        assert!(loss.first.0 == first && told_end, "bit {bit}: {loss:?}");
        assert!(
            (loss.from_ms.is_some() || block == 0) && (loss.to_ms.is_some() || at_end),
            "bit {bit}: {loss:?}"
        );
        if !(at_end && self.commits_a_block == 1) {
            assert_eq!(loss.cause, Cause::Damaged, "bit {bit}");
        }
        if bit.is_multiple_of(61) {
            self.live_on(journal, disk, others);
        }
    }

    /// A settled loss is not told again, and the journal goes on.
    fn live_on(&self, mut journal: Journal<SimDisk>, disk: SimDisk, mut expected: Vec<u64>) {
        journal.settle().expect("settles");
        journal.append(&record_of(999), 1, 2).expect("room");
        let _ = journal.commit().expect("written");
        expected.push(999);
        for _ in 0..2 {
            let (mut journal, mut lost) = open(disk.clone(), self.options);
            assert_eq!(read_all(&mut journal, &mut lost), expected);
            assert_eq!(lost, []);
        }
    }

    /// All bits, on two threads; with `ci` every third, which comes to every byte and every place in one.
    fn flip_all(&self, name: &str) {
        let start = Instant::now();
        let bits = self.bytes.len() * 8;
        let stride = if scale() == Scale::Ci { 3 } else { 1 };
        std::thread::scope(|scope| {
            for half in 0..2 {
                let (commits, a_block, options) = (self.commits, self.commits_a_block, self.options);
                scope.spawn(move || {
                    let own = Self::new(commits, a_block, options);
                    (half * stride..bits).step_by(2 * stride).for_each(|bit| own.flip(bit));
                });
            }
        });
        let seconds = start.elapsed().as_secs_f64();
        let flipped = bits.div_ceil(stride);
        println!("{name}: {flipped} of {bits} bits of {} blocks flipped, {seconds:.1} s", self.starts.len());
    }
}

#[test]
fn every_flipped_bit_of_a_fresh_segment_costs_one_block() {
    Flipped::new(100, 1, options(1 << 20)).flip_all("as committed");
}

#[test]
fn every_flipped_bit_of_a_joined_segment_costs_one_block() {
    Flipped::new(200, 2, options(200 * COMMIT_BYTES)).flip_all("joined");
}

/// Everything is released: nobody hears of it but who reads again.
#[test]
fn every_flipped_bit_of_a_kept_segment_costs_one_block_to_who_reads_it_again() {
    let options = Options { keep_released: true, ..options(40 * COMMIT_BYTES) };
    let template = disk_with(40, options);
    let (mut journal, _) = open(template.clone(), options);
    journal.release(Position(40)).expect("released");
    let bytes = template.contents(SEGMENT);
    let starts = block_starts(&bytes);
    let stride = if scale() == Scale::Ci { 3 } else { 1 };
    for bit in (0..bytes.len() * 8).step_by(stride) {
        let block = starts.partition_point(|start| *start <= bit / 8) as u64 - 1;
        let (first, behind) = (block * 2, block * 2 + 2);
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let disk = template.copy();
        disk.put(SEGMENT, flipped);
        // As found, and as a second start finds it.
        for start in 0..2 {
            let (mut journal, mut lost) = open(disk.clone(), options);
            assert_eq!(read_all(&mut journal, &mut lost), [], "bit {bit}");
            assert_eq!(lost, [], "bit {bit}");
            let read = journal.read_kept(Position::START, usize::MAX).expect("reads");
            let records = read.blocks.iter().flat_map(|block| block.records());
            let numbers = records.map(|record| u64::from_le_bytes(record[..8].try_into().expect("8 bytes")));
            let others = (0..40).filter(|number| !(first..behind).contains(number));
            assert!(numbers.eq(others), "bit {bit}, start {start}");
            let [loss] = read.lost[..] else { panic!("bit {bit}, start {start}: {:?}", read.lost) };
            // Where the end itself is damaged, only its beginning is known.
            let told_end = loss.last.0 + 1 == behind || (behind == 40 && loss.last.0 == first);
            assert!(loss.first.0 == first && told_end && loss.cause == Cause::Damaged, "bit {bit}: {loss:?}");
        }
    }
}

#[test]
fn every_flipped_bit_of_the_small_files_costs_nothing() {
    let template = disk_with(20, options(1 << 20));
    let (mut journal, _) = open(template.clone(), options(1 << 20));
    journal.release(Position(5)).expect("released");
    journal.persist_released().expect("written");
    for name in ["journal.meta", "journal.cursor"] {
        let bytes = template.contents(name);
        for bit in 0..bytes.len() * 8 {
            let disk = template.copy();
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            disk.put(name, flipped);
            let (journal, recovery) = Journal::open(
                disk.clone(),
                &Key::from_bytes(KEY),
                options(1 << 20),
                Chance::new(bit as u64).filler(),
            )
            .expect("opens");
            let cursor = name == "journal.cursor";
            assert_eq!(
                (recovery.cursor_lost, recovery.key_check_lost),
                (cursor, !cursor),
                "{name} bit {bit}"
            );
            assert_eq!(journal.released(), Position(if cursor { 0 } else { 5 }));
            let (mut journal, mut lost) = open(disk, options(1 << 20));
            let from = if cursor { 0 } else { 5 };
            assert_eq!(read_all(&mut journal, &mut lost), (from..20).collect::<Vec<_>>(), "{name} bit {bit}");
            assert_eq!(lost, []);
        }
    }
}

#[test]
fn a_segment_that_is_gone_or_cut_short_is_told() {
    let options = options(20 * COMMIT_BYTES);
    let template = disk_with(70, options);
    let whole = template.contents("000000000020.seg");
    for len in [None, Some(0), Some(1), Some(whole.len() / 2), Some(whole.len() - 1)] {
        let disk = template.copy();
        disk.delete("000000000020.seg");
        if let Some(len) = len {
            disk.put("000000000020.seg", whole[..len].to_vec());
        }
        let (mut journal, mut lost) = open(disk.clone(), options);
        let found = read_all(&mut journal, &mut lost);
        let told = |number: &u64| lost.iter().any(|loss| (loss.first.0..=loss.last.0).contains(number));
        let missing: Vec<u64> = (0..70).filter(|number| !found.contains(number)).collect();
        assert!(!missing.is_empty() && missing.iter().all(|number| (20..40).contains(number)), "{missing:?}");
        assert!(missing.iter().all(told), "{missing:?} {lost:?}");
        journal.settle().expect("settles");
        let (mut journal, mut lost) = open(disk, options);
        assert_eq!(read_all(&mut journal, &mut lost), found);
        assert_eq!(lost, []);
    }
}
