//! What is kept behind its release: reading it again, expiring it, giving way, erasing it, and damage to it.

use foulee_journal::{Cause, Journal, JournalError, Key, Options, Position, WhenFull};

use crate::chance::Chance;
use crate::sim::{Faults, SimDisk};

const SEGMENT: &str = "000000000000.seg";

/// Twenty commits of `record` make a segment.
fn options() -> Options {
    Options {
        segment_bytes: 20 * (84 + 2 + 40 + 16),
        max_bytes: 64 << 10,
        max_commit_bytes: 8192,
        keep_released: true,
        ..Options::default()
    }
}

fn open_with(disk: &SimDisk, options: Options) -> Journal<SimDisk> {
    let opened = Journal::open(disk.clone(), &Key::from_bytes([1; 32]), options, Chance::new(9).filler());
    let (journal, recovery) = opened.expect("opens");
    assert_eq!(recovery.lost, []);
    journal
}

fn record(number: u8) -> [u8; 40] {
    [number; 40]
}

/// One commit a record, 1 s apart.
fn commit_all(journal: &mut Journal<SimDisk>, numbers: std::ops::Range<u8>) {
    for number in numbers {
        let ms = i64::from(number) * 1000;
        journal.append(&record(number), ms, ms + 10).expect("room");
        let committed = journal.commit().expect("written");
        assert!(committed.lost.is_empty() && committed.not_joined.is_none(), "{committed:?}");
    }
}

fn release(journal: &mut Journal<SimDisk>, upto: u64) {
    journal.release(Position(upto)).expect("released");
}

/// What is kept from a number on, and the numbers told as lost.
fn kept_from(journal: &mut Journal<SimDisk>, from: u64) -> (Vec<u8>, Vec<u64>) {
    let read = journal.read_kept(Position(from), usize::MAX).expect("reads");
    assert_eq!(read.next, journal.next_position());
    let records = read.blocks.iter().flat_map(|block| block.records());
    let numbers = records.map(|bytes| {
        assert_eq!(bytes, record(bytes[0]));
        bytes[0]
    });
    (numbers.collect(), read.lost.iter().flat_map(|loss| loss.first.0..=loss.last.0).collect())
}

fn kept(journal: &mut Journal<SimDisk>) -> Vec<u8> {
    let (numbers, lost) = kept_from(journal, 0);
    assert_eq!(lost, []);
    numbers
}

fn due(journal: &mut Journal<SimDisk>) -> Vec<u8> {
    let read = journal.read(Position::START, usize::MAX).expect("reads");
    assert_eq!(read.lost, []);
    read.blocks.iter().flat_map(|block| block.records()).map(|record| record[0]).collect()
}

/// A disk with 70 commits, of which 50 are released: two kept segments, a third in which the cursor stands, and one in use.
fn disk() -> SimDisk {
    let disk = SimDisk::new(Chance::new(1));
    let mut journal = open_with(&disk, options());
    commit_all(&mut journal, 0..70);
    release(&mut journal, 50);
    journal.persist_released().expect("written");
    disk
}

#[test]
fn what_is_released_is_read_again_and_the_plain_reader_does_not_notice() {
    let disk = SimDisk::new(Chance::new(1));
    let mut journal = open_with(&disk, options());
    commit_all(&mut journal, 0..70);
    release(&mut journal, 50);
    let mut next = Position::START;
    let mut found = Vec::new();
    for from in 0..70 {
        let (numbers, lost) = kept_from(&mut journal, from);
        assert_eq!((numbers, lost), ((from as u8..70).collect(), vec![]));
        let read = journal.read(next, 1).expect("reads");
        found.extend(read.blocks.iter().flat_map(|block| block.records()).map(|record| record[0]));
        next = read.next;
    }
    assert_eq!(found, (50..70).collect::<Vec<_>>());
    for _ in 0..2 {
        journal = open_with(&disk, options());
        assert_eq!(
            (journal.oldest(), journal.released()),
            (Position(0), Position(50)),
            "written when 0 to 39 was through"
        );
        assert_eq!(kept(&mut journal), (0..70).collect::<Vec<_>>());
    }
}

#[test]
fn the_cursor_is_written_as_often_as_without_keeping() {
    for keep_released in [false, true] {
        let disk = SimDisk::new(Chance::new(1));
        let mut journal = open_with(&disk, Options { keep_released, ..options() });
        commit_all(&mut journal, 0..70);
        release(&mut journal, 19);
        assert!(!disk.file_names().contains(&"journal.cursor".to_owned()), "{keep_released}");
        release(&mut journal, 21);
        release(&mut journal, 39);
        let journal = open_with(&disk, Options { keep_released, ..options() });
        assert_eq!(journal.released(), Position(21), "{keep_released}");
        assert_eq!(journal.oldest(), Position(if keep_released { 0 } else { 20 }));
    }
}

#[test]
fn stats_tell_what_is_kept_from_what_is_not_released() {
    let mut journal = open_with(&disk(), options());
    let stats = journal.stats().expect("counted");
    assert_eq!((stats.segments, stats.unreleased_records), (4, 20));
    assert_eq!((stats.kept_from_ms, stats.oldest_ms), (Some(0), Some(40_000)));
    assert!(stats.kept_bytes > 0 && stats.unreleased_bytes > 0, "{stats:?}");
    assert_eq!(stats.bytes, 256 + stats.kept_bytes + stats.unreleased_bytes);
    release(&mut journal, 70);
    let all = journal.stats().expect("counted");
    assert_eq!((all.unreleased_records, all.unreleased_bytes, all.oldest_ms), (0, 0, None));
    assert_eq!((all.bytes, all.kept_bytes), (stats.bytes, stats.bytes - 256));
}

#[test]
fn segments_expire_oldest_first_and_never_what_is_not_released() {
    let disk = disk();
    let mut journal = open_with(&disk, options());
    let latest = |last: i64| last * 1000 + 10;
    assert_eq!(journal.expire(latest(19)).expect("looked"), 0, "its latest time is not before");
    assert_eq!(journal.expire(latest(19) + 1).expect("deleted"), 1);
    assert_eq!((journal.oldest(), kept(&mut journal)), (Position(20), (20..70).collect()));
    assert_eq!(journal.expire(i64::MAX).expect("deleted"), 1);
    assert_eq!((journal.oldest(), kept(&mut journal)), (Position(40), (40..70).collect()));
    assert_eq!(journal.expire(i64::MAX).expect("looked"), 0, "the cursor stands inside");
    journal = open_with(&disk, options());
    assert_eq!((kept(&mut journal), due(&mut journal)), ((40..70).collect(), (50..70).collect()));
    // The segment in use goes too, and numbers go on.
    commit_all(&mut journal, 70..75);
    release(&mut journal, 75);
    assert!(journal.expire(i64::MAX).expect("deleted") >= 2);
    assert_eq!((journal.oldest(), journal.next_position()), (Position(75), Position(75)));
    assert!(disk.file_names().iter().all(|name| !name.ends_with(".seg")));
    journal = open_with(&disk, options());
    commit_all(&mut journal, 75..76);
    assert_eq!(kept(&mut journal), [75]);
}

#[test]
fn expiring_stops_at_a_time_far_ahead() {
    let disk = SimDisk::new(Chance::new(1));
    let mut journal = open_with(&disk, options());
    commit_all(&mut journal, 0..30);
    journal.append(&record(30), 1 << 50, 1 << 50).expect("room");
    let _ = journal.commit().expect("written");
    commit_all(&mut journal, 31..70);
    release(&mut journal, 70);
    assert_eq!(journal.expire(1 << 49).expect("deleted"), 1);
    assert_eq!(kept(&mut journal), (20..70).collect::<Vec<_>>());
}

#[test]
fn an_unsettled_loss_does_not_expire() {
    let disk = SimDisk::new(Chance::new(1));
    let mut journal = open_with(&disk, options());
    commit_all(&mut journal, 0..10);
    let whole = disk.contents(SEGMENT);
    drop(journal);
    disk.put(SEGMENT, whole[..whole.len() - 1].to_vec());
    let open = || Journal::open(disk.clone(), &Key::from_bytes([1; 32]), options(), Chance::new(2).filler());
    let (mut journal, recovery) = open().expect("opens");
    assert_eq!((recovery.lost.len(), recovery.lost[0].cause), (1, Cause::CutOff));
    release(&mut journal, 10);
    assert_eq!(journal.expire(i64::MAX).expect("looked"), 0);
    assert_eq!(open().expect("opens").1.lost, recovery.lost, "told again");
    let (mut journal, _) = open().expect("opens");
    journal.settle().expect("settles");
    assert_eq!(open().expect("opens").1.lost, []);
    release(&mut journal, 10);
    assert_eq!(kept_from(&mut journal, 0), ((0..9).collect(), vec![9]), "whoever reads again is told again");
    assert_eq!(journal.expire(i64::MAX).expect("deleted"), 1);
}

/// Commits noise until `until` says so.
fn fill(journal: &mut Journal<SimDisk>, mut until: impl FnMut(&Journal<SimDisk>) -> bool) {
    let (mut chance, mut noise) = (Chance::new(4), [0; 200]);
    while !until(journal) {
        chance.fill(&mut noise);
        journal.append(&noise, 0, 0).expect("room");
        assert_eq!(journal.commit().expect("written").lost, []);
    }
}

#[test]
fn what_is_kept_makes_room_before_anything_is_refused_or_dropped() {
    for when_full in [WhenFull::Refuse, WhenFull::DropOldest] {
        let disk = SimDisk::new(Chance::new(1));
        let options = Options { when_full, ..options() };
        let mut journal = open_with(&disk, options);
        let full = |journal: &Journal<SimDisk>| journal.oldest() > Position(0);
        fill(&mut journal, |journal| journal.next_position() == Position(150));
        release(&mut journal, 100);
        let before = journal.stats().expect("counted");
        fill(&mut journal, full);
        let (oldest, stats) = (journal.oldest(), journal.stats().expect("counted"));
        assert!(oldest < Position(20), "one segment was enough, and it was the oldest: {oldest:?}");
        assert!(stats.kept_bytes < before.kept_bytes && stats.kept_bytes > 0, "{stats:?}");
        assert!(disk.peak_bytes() <= options.max_bytes);
        // All of it goes, then `when_full` applies, and not before.
        let mut chance = Chance::new(5);
        let mut noise = [0; 200];
        loop {
            chance.fill(&mut noise);
            journal.append(&noise, 0, 0).expect("room");
            let kept_bytes = journal.stats().expect("counted").kept_bytes;
            match journal.commit() {
                Ok(committed) if committed.lost.is_empty() => continue,
                Ok(committed) => assert_eq!(
                    (when_full, committed.lost[0].cause, committed.lost[0].first),
                    (WhenFull::DropOldest, Cause::Dropped, Position(100))
                ),
                Err(JournalError::Full { .. }) => assert_eq!(when_full, WhenFull::Refuse),
                Err(error) => panic!("{error}"),
            }
            assert_eq!(kept_bytes, 0);
            break;
        }
        assert!(disk.peak_bytes() <= options.max_bytes);
        let next = journal.next_position();
        release(&mut journal, next.0);
        let _ = journal.commit().expect("what is released makes room again");
    }
}

#[test]
fn a_smaller_bound_shortens_what_is_kept_at_the_next_start() {
    let disk = SimDisk::new(Chance::new(1));
    let mut journal = open_with(&disk, options());
    fill(&mut journal, |journal| journal.next_position() == Position(220));
    assert_eq!(journal.oldest(), Position(0));
    release(&mut journal, 220);
    let small = Options { max_bytes: 48 << 10, ..options() };
    let mut journal = open_with(&disk, small);
    let bytes = journal.stats().expect("counted").bytes;
    assert!(journal.oldest() > Position(0) && journal.oldest() < Position(100), "{:?}", journal.oldest());
    assert!(bytes <= small.max_bytes - small.segment_bytes, "{bytes}");
}

#[test]
fn erasing_reaches_what_is_kept() {
    let disk = disk();
    let mut journal = open_with(&disk, options());
    let purged = journal.purge(|bytes| bytes[0].is_multiple_of(3)).expect("rewritten");
    assert_eq!((purged.records, purged.segments), (24, 4));
    let left: Vec<u8> = (0..70).filter(|number| number % 3 != 0).collect();
    assert_eq!(kept(&mut journal), left);
    disk.power_cut();
    assert_eq!(kept(&mut open_with(&disk, options())), left);
}

#[test]
fn erasing_takes_what_is_damaged_or_unreadable_of_what_is_kept() {
    // Damaged: the block cannot be opened here, and another might.
    let template = disk();
    let disk = template.copy();
    let mut bytes = disk.contents(SEGMENT);
    bytes[100] ^= 1;
    disk.put(SEGMENT, bytes.clone());
    let mut journal = open_with(&disk, options());
    assert_eq!(journal.purge(|bytes| bytes[0] == 99).expect("rewritten").records, 0);
    let after = disk.contents(SEGMENT);
    assert!(!after.windows(32).any(|window| bytes[84..].starts_with(window)), "the block is gone");
    assert_eq!(kept_from(&mut journal, 0), ((20..70).collect(), (0..20).collect()));
    // Unreadable: no part of it is certain to be without the record.
    let disk = template.copy();
    let mut journal = open_with(&disk, options());
    release(&mut journal, 70);
    disk.set_faults(Faults { unreadable: Some((0, 1)), ..Faults::default() });
    journal.purge(|bytes| bytes[0] == 99).expect("given up");
    disk.set_faults(Faults::default());
    assert_eq!(kept_from(&mut journal, 0), (vec![], (0..70).collect()));
}

#[test]
fn keeping_may_begin_and_end_with_any_start() {
    let disk = SimDisk::new(Chance::new(1));
    let without = Options { keep_released: false, ..options() };
    let mut journal = open_with(&disk, without);
    commit_all(&mut journal, 0..50);
    release(&mut journal, 30);
    assert_eq!((journal.oldest(), kept(&mut journal)), (Position(20), (20..50).collect()));
    let mut journal = open_with(&disk, options());
    release(&mut journal, 50);
    commit_all(&mut journal, 50..70);
    assert_eq!(kept(&mut journal), (20..70).collect::<Vec<_>>());
    let mut journal = open_with(&disk, without);
    assert_eq!(journal.oldest(), journal.released(), "gone with the start");
    assert_eq!(due(&mut journal), (journal.released().0 as u8..70).collect::<Vec<_>>());
}

#[test]
fn damage_to_what_is_kept_stops_nothing() {
    let template = disk();
    for damage in ["missing", "emptied", "cut", "nonsense", "unreadable"] {
        let disk = template.copy();
        let whole = disk.contents("000000000020.seg");
        match damage {
            "missing" => disk.delete("000000000020.seg"),
            "emptied" => disk.put("000000000020.seg", Vec::new()),
            "cut" => disk.put("000000000020.seg", whole[..whole.len() / 2].to_vec()),
            "nonsense" => disk.put("000000000020.seg", vec![0x5a; whole.len()]),
            _ => disk.set_unreadable("000000000020.seg"),
        }
        let mut journal = open_with(&disk, options());
        let left: Vec<u8> = (0..20).chain(40..70).collect();
        for _ in 0..2 {
            assert_eq!(kept_from(&mut journal, 0), (left.clone(), (20..40).collect()), "{damage}");
        }
        assert_eq!(due(&mut journal), (50..70).collect::<Vec<_>>(), "{damage}");
        commit_all(&mut journal, 70..90);
        journal.settle().expect("nothing to settle");
        assert_eq!(journal.purge(|bytes| bytes[0] == 5).expect("erased").records, 1, "{damage}");
        let expired = journal.expire(45_000).expect("deleted");
        assert!(expired >= 1 && journal.oldest() == Position(40), "{damage}: {expired}");
        let mut journal = open_with(&disk, options());
        assert_eq!(kept(&mut journal), (40..90).collect::<Vec<_>>(), "{damage}");
    }
}

#[test]
fn a_kept_file_that_goes_while_it_is_used_is_told() {
    let disk = disk();
    let mut journal = open_with(&disk, options());
    disk.delete(SEGMENT);
    assert_eq!(kept_from(&mut journal, 3), ((20..70).collect(), (3..20).collect()));
    assert_eq!(journal.expire(i64::MAX).expect("deleted"), 2);
}

#[test]
fn a_settled_note_of_what_was_dropped_is_kept_and_not_told_again() {
    let disk = SimDisk::new(Chance::new(1));
    let mut journal = open_with(&disk, options());
    let (mut chance, mut noise, mut lost) = (Chance::new(4), [0; 200], Vec::new());
    while lost.is_empty() {
        chance.fill(&mut noise);
        journal.append(&noise, 0, 0).expect("room");
        lost = journal.commit().expect("written").lost;
    }
    let other = disk.copy();
    let (_, recovery) =
        Journal::open(other, &Key::from_bytes([1; 32]), options(), Chance::new(2).filler()).expect("opens");
    assert_eq!(recovery.lost, lost, "not settled yet");
    journal.settle().expect("settles");
    assert_eq!((journal.released(), journal.oldest()), (lost[0].last.after(), Position(0)));
    for _ in 0..2 {
        let mut journal = open_with(&disk, options());
        let read = journal.read_kept(Position::START, 1).expect("reads");
        assert_eq!(
            (read.lost[0].cause, read.lost[0].first, read.lost[0].last),
            (Cause::Dropped, Position(0), lost[0].last)
        );
    }
    assert_eq!(journal.expire(0).expect("deleted"), 1, "it holds nothing to be kept");
}
