//! The same on real files.

use foulee_journal::{Disk, Files, Journal, Key, Options, Position};

use crate::chance::Chance;

fn numbers(journal: &mut Journal<Disk>, from: Position) -> Vec<u8> {
    let read = journal.read(from, usize::MAX).expect("reads");
    assert_eq!(read.lost, []);
    read.blocks.iter().flat_map(|block| block.records()).map(|record| record[0]).collect()
}

#[test]
fn what_was_committed_is_there_after_two_more_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("a").join("spool");
    let options =
        Options { segment_bytes: 1024, max_bytes: 1 << 20, max_commit_bytes: 2048, ..Options::default() };
    let key = Key::from_bytes([1; 32]);
    let mut expected = Vec::new();
    for start in 0..3_u8 {
        let disk = Disk::open(&folder).expect("opens");
        let (mut journal, recovery) =
            Journal::open(disk, &key, options, Chance::new(start.into()).filler()).expect("opens");
        assert_eq!(recovery.lost, []);
        let released = journal.released();
        assert_eq!(numbers(&mut journal, released), expected);
        for number in 0..20 {
            journal.append(&[start * 20 + number; 50], 0, 0).expect("room");
            expected.push(start * 20 + number);
            let committed = journal.commit().expect("written");
            assert!(committed.not_joined.is_none());
        }
        journal.append(b"never committed", 0, 0).expect("room");
        let delivered = Position(u64::from(start) * 20 + 7);
        journal.release(delivered).expect("released");
        journal.persist_released().expect("written");
        expected.drain(..expected.len() - (20 - 7));
        assert_eq!(numbers(&mut journal, delivered), expected);
    }
}

#[cfg(unix)]
#[test]
fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let spool = folder.path().join("spool");
    let mut disk = Disk::open(&spool).expect("opens");
    disk.create_new("x").expect("made");
    let error = disk.create_new("x").expect_err("there is one");
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&spool), mode(&spool.join("x"))), (0o700, 0o600));
}
