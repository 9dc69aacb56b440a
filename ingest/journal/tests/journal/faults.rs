//! Full and failing disks, full journals, torn ends, positions, erasure.

use foulee_journal::{Cause, Journal, JournalError, Key, Loss, Options, Position, WhenFull};

use crate::chance::Chance;
use crate::sim::{Faults, SimDisk};

fn options() -> Options {
    Options { segment_bytes: 2048, max_bytes: 64 << 10, max_commit_bytes: 8192, ..Options::default() }
}

fn open_with(disk: &SimDisk, options: Options) -> (Journal<SimDisk>, Vec<Loss>) {
    let opened = Journal::open(disk.clone(), &Key::from_bytes([1; 32]), options, Chance::new(9).filler());
    let (journal, recovery) = opened.expect("opens");
    (journal, recovery.lost)
}

fn open(disk: &SimDisk) -> (Journal<SimDisk>, Vec<Loss>) {
    open_with(disk, options())
}

fn record(number: u8) -> [u8; 40] {
    [number; 40]
}

/// One commit a record, 1 s apart.
fn commit(journal: &mut Journal<SimDisk>, number: u8) -> Result<Vec<Loss>, JournalError> {
    journal.append(&record(number), i64::from(number) * 1000, i64::from(number) * 1000)?;
    journal.commit().map(|committed| committed.lost)
}

fn commit_all(journal: &mut Journal<SimDisk>, numbers: std::ops::Range<u8>) {
    for number in numbers {
        assert_eq!(commit(journal, number).expect("written"), []);
    }
}

fn read_from(journal: &mut Journal<SimDisk>, from: Position) -> (Vec<u8>, Vec<Loss>) {
    let read = journal.read(from, usize::MAX).expect("reads");
    assert_eq!(read.next, journal.next_position());
    let records = read.blocks.iter().flat_map(|block| block.records());
    let numbers = records.map(|bytes| {
        assert_eq!(bytes, record(bytes[0]));
        bytes[0]
    });
    (numbers.collect(), read.lost)
}

fn read(journal: &mut Journal<SimDisk>) -> Vec<u8> {
    let (numbers, lost) = read_from(journal, Position::START);
    assert_eq!(lost, []);
    numbers
}

#[test]
fn a_full_disk_takes_nothing_and_is_over_when_there_is_room() {
    let disk = SimDisk::new(Chance::new(1));
    let (mut journal, _) = open(&disk);
    commit_all(&mut journal, 0..5);
    for capacity in [780, 850, 900] {
        disk.set_faults(Faults { capacity: Some(capacity), ..Faults::default() });
        let error = if journal.pending() == 0 {
            commit(&mut journal, 5).expect_err("no room")
        } else {
            journal.commit().expect_err("no room")
        };
        let JournalError::Io { source, .. } = error else { panic!("{error}") };
        assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
        assert_eq!(read(&mut journal), [0, 1, 2, 3, 4]);
    }
    disk.set_faults(Faults::default());
    let committed = journal.commit().expect("written");
    assert_eq!(committed.position, Some(Position(5)));
    commit_all(&mut journal, 6..9);
    assert_eq!(read(&mut journal), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let (mut journal, lost) = open(&disk);
    assert_eq!((read(&mut journal), lost), (vec![0, 1, 2, 3, 4, 5, 6, 7, 8], vec![]));
}

#[test]
fn after_a_failed_fsync_the_file_is_left_alone() {
    for power_cut in [false, true] {
        let disk = SimDisk::new(Chance::new(1));
        let (mut journal, _) = open(&disk);
        commit_all(&mut journal, 0..5);
        disk.set_faults(Faults { eio_per_mille: 1000, ..Faults::default() });
        commit(&mut journal, 5).expect_err("input/output error");
        for _ in 0..3 {
            journal.commit().expect_err("input/output error");
        }
        disk.set_faults(Faults::default());
        let _ = journal.commit().expect("written to another file");
        assert!(disk.file_names().contains(&"000000000005.seg".to_owned()), "{:?}", disk.file_names());
        drop(journal);
        if power_cut {
            disk.power_cut();
        }
        let (mut journal, lost) = open(&disk);
        assert_eq!((read(&mut journal), lost), (vec![0, 1, 2, 3, 4, 5], vec![]));
    }
}

#[test]
fn a_full_journal_refuses_if_told_to() {
    let disk = SimDisk::new(Chance::new(1));
    let refuse = Options { when_full: WhenFull::Refuse, ..options() };
    let (mut journal, _) = open_with(&disk, refuse);
    let mut chance = Chance::new(4);
    let mut noise = [0; 200];
    let full = loop {
        chance.fill(&mut noise);
        journal.append(&noise, 0, 0).expect("room");
        match journal.commit() {
            Ok(committed) => assert_eq!(committed.lost, []),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, JournalError::Full { max_bytes: 65_536 }), "{full}");
    assert_eq!(journal.pending(), 1);
    journal.release(Position(100)).expect("released");
    let _ = journal.commit().expect("there is room again");
    assert_eq!(journal.pending(), 0);
    assert!(disk.peak_bytes() <= refuse.max_bytes);
}

#[test]
fn a_full_journal_drops_the_oldest_and_tells_until_that_is_settled() {
    let disk = SimDisk::new(Chance::new(1));
    let (mut journal, _) = open(&disk);
    let (mut chance, mut noise, mut lost, mut commits) = (Chance::new(4), [0; 200], Vec::new(), 0);
    while lost.is_empty() {
        chance.fill(&mut noise);
        journal.append(&noise, commits * 1000, commits * 1000 + 5).expect("room");
        lost = journal.commit().expect("written").lost;
        commits += 1;
    }
    let [loss] = lost[..] else { panic!("{lost:?}") };
    let records = loss.last.0 + 1;
    let told = Loss {
        cause: Cause::Dropped,
        first: Position(0),
        last: loss.last,
        from_ms: Some(0),
        to_ms: Some(loss.last.0 as i64 * 1000 + 5),
        records: Some(records),
    };
    assert_eq!(loss, told);
    assert_eq!(journal.stats().expect("counted").unreleased_records, commits as u64 - records);
    drop(journal);
    let (mut journal, lost) = open(&disk);
    assert_eq!(lost, [told], "told again");
    journal.settle().expect("settles");
    assert_eq!(journal.released(), Position(records));
    let (_, lost) = open(&disk);
    assert_eq!(lost, []);
    assert!(disk.peak_bytes() <= options().max_bytes);
}

#[test]
fn a_torn_end_is_told_once_and_its_number_is_not_used_again() {
    let template = SimDisk::new(Chance::new(1));
    let (mut journal, _) = open(&template);
    commit_all(&mut journal, 0..3);
    let name = "000000000000.seg";
    let whole = template.contents(name);
    let block = whole.len() / 3;
    for cut in 1..block {
        let disk = template.copy();
        disk.put(name, whole[..whole.len() - cut].to_vec());
        let (mut journal, lost) = open(&disk);
        let [loss] = lost[..] else { panic!("{lost:?}") };
        assert_eq!((loss.cause, loss.first, loss.last), (Cause::CutOff, Position(2), Position(2)));
        assert!(loss.from_ms.is_some());
        assert_eq!(journal.next_position(), Position(3));
        assert_eq!(commit(&mut journal, 3).expect("written"), []);
        journal.settle().expect("settles");
        for _ in 0..2 {
            let (mut journal, lost) = open(&disk);
            assert_eq!((read(&mut journal), lost), (vec![0, 1, 3], vec![]));
        }
    }
}

#[test]
fn positions_outlive_joining() {
    let disk = SimDisk::new(Chance::new(1));
    let (mut journal, _) = open(&disk);
    commit_all(&mut journal, 0..40);
    let stats = journal.stats().expect("counted");
    assert!(stats.bytes < 40 * 142, "{stats:?}");
    for from in 0..40_u8 {
        let (numbers, _) = read_from(&mut journal, Position(from.into()));
        assert_eq!(numbers, (from..40).collect::<Vec<_>>());
    }
    // Small steps, as an uplink takes them.
    let (mut next, mut numbers) = (Position(3), Vec::new());
    while next < journal.next_position() {
        let read = journal.read(next, 1).expect("reads");
        assert_eq!(read.blocks.len(), 1);
        numbers.extend(read.blocks[0].records().map(|record| record[0]));
        assert_eq!(read.next, read.blocks[0].last.after());
        next = read.next;
    }
    assert_eq!(numbers, (3..40).collect::<Vec<_>>());
    // Inside a joined block.
    journal.release(Position(5)).expect("released");
    journal.persist_released().expect("written");
    let (mut journal, _) = open(&disk);
    assert_eq!(journal.released(), Position(5));
    assert_eq!(journal.stats().expect("counted").unreleased_records, 35);
    let (numbers, _) = read_from(&mut journal, Position(5));
    assert_eq!(numbers, (5..40).collect::<Vec<_>>());
    let error = journal.release(Position(41)).expect_err("not committed");
    assert!(matches!(error, JournalError::NotCommitted { .. }), "{error}");
}

#[test]
fn what_is_erased_is_gone_and_the_rest_stays() {
    let disk = SimDisk::new(Chance::new(1));
    let (mut journal, _) = open(&disk);
    commit_all(&mut journal, 0..35);
    journal.append(&record(35), 0, 0).expect("room");
    journal.append(&record(36), 0, 0).expect("room");
    let purged = journal.purge(|bytes| bytes[0] % 3 == 0).expect("rewritten");
    assert_eq!(purged.records, 13);
    let expected: Vec<u8> = (0..36).filter(|number| number % 3 != 0).collect();
    assert_eq!(read(&mut journal), expected[..expected.len() - 1]);
    let _ = journal.commit().expect("written");
    assert_eq!(read(&mut journal), expected);
    assert_eq!(journal.purge(|bytes| bytes[0] % 3 == 0).expect("looked"), Default::default());
    let (mut journal, lost) = open(&disk);
    assert_eq!((read(&mut journal), lost), (expected, vec![]));
}

#[test]
fn an_unreadable_part_costs_its_blocks_and_is_not_thrown_away() {
    let disk = SimDisk::new(Chance::new(1));
    let roomy = Options { segment_bytes: 20_000, max_bytes: 1 << 20, ..options() };
    let (mut journal, _) = open_with(&disk, roomy);
    commit_all(&mut journal, 0..100);
    disk.set_faults(Faults { unreadable: Some((5000, 5001)), ..Faults::default() });
    let (mut journal, mut lost) = open_with(&disk, roomy);
    let (numbers, late) = read_from(&mut journal, Position::START);
    lost.extend(late);
    let missing: Vec<u8> = (0..100).filter(|number| !numbers.contains(number)).collect();
    let told = |number: &u8| lost.iter().any(|l| (l.first.0..=l.last.0).contains(&u64::from(*number)));
    assert!((1..40).contains(&missing.len()) && missing.iter().all(told), "{missing:?} {lost:?}");
    journal.purge(|bytes| bytes[0] == 35).expect_err("that part may hold it");
    disk.set_faults(Faults::default());
    let (mut journal, _) = open_with(&disk, roomy);
    assert_eq!(read(&mut journal), (0..100).collect::<Vec<_>>());
}

#[test]
fn memory_is_bounded() {
    let disk = SimDisk::new(Chance::new(1));
    let (mut journal, _) = open(&disk);
    let mut taken = 0;
    let refused = loop {
        match journal.append(&record(1), 0, 0) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, JournalError::TooMuchPending { max_commit_bytes: 8192 }), "{refused}");
    assert_eq!(journal.pending(), taken);
    assert_eq!(journal.discard_pending(), taken);
    assert_eq!(journal.commit().expect("nothing to do").position, None);
}

#[test]
fn options_that_cannot_be_kept_are_refused() {
    for wrong in [
        Options { segment_bytes: 10, ..options() },
        Options { max_commit_bytes: 0, ..options() },
        Options { max_bytes: 30_000, ..options() },
    ] {
        let disk = SimDisk::new(Chance::new(1));
        let opened = Journal::open(disk, &Key::from_bytes([1; 32]), wrong, |_| ());
        assert!(matches!(opened, Err(JournalError::Options(_))), "{wrong:?}");
    }
}
