//! Keys, and what a wrong one says.

use foulee_journal::{Journal, JournalError, Key, Options, Position};

use crate::chance::Chance;
use crate::sim::SimDisk;

#[test]
fn a_key_file_is_made_once_and_is_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool.key");
    assert!(matches!(Key::from_file(&path), Err(JournalError::KeyFile(_))));
    let mut chance = Chance::new(1);
    Key::from_file_or_new(&path, &mut |bytes| chance.fill(bytes)).expect("made");
    let first = std::fs::read(&path).expect("there");
    assert_eq!(first.len(), 32);
    let again = Key::from_file_or_new(&path, &mut |_| panic!("there is one")).expect("read");
    assert_eq!(std::fs::read(&path).expect("there"), first);
    assert_eq!(format!("{again:?}"), "Key(not shown)");
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("lists").collect();
    assert_eq!(names.len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("set");
        let refused = Key::from_file(&path).expect_err("open to a group");
        assert_eq!(refused.to_string(), "the key file may be read by others (mode 640); make it 600");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).expect("set");
        Key::from_file(&path).expect("a credential");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    }
    for len in [0, 31, 33] {
        std::fs::write(&path, vec![1; len]).expect("written");
        let refused = Key::from_file_or_new(&path, &mut |_| panic!("there is one"));
        assert!(matches!(refused, Err(JournalError::KeyFileLength { bytes }) if bytes == len), "{refused:?}");
    }
}

fn open(disk: &SimDisk, key: u8) -> Result<Journal<SimDisk>, JournalError> {
    let key = Key::from_bytes([key; 32]);
    Journal::open(disk.clone(), &key, Options::default(), Chance::new(9).filler()).map(|(journal, _)| journal)
}

#[test]
fn a_wrong_key_says_so_and_touches_nothing() {
    let disk = SimDisk::new(Chance::new(1));
    let mut journal = open(&disk, 1).expect("opens");
    for number in 0..3_u8 {
        journal.append(&[number], 0, 0).expect("room");
        let _ = journal.commit().expect("written");
    }
    drop(journal);
    for without_key_check in [false, true] {
        if without_key_check {
            disk.delete("journal.meta");
        }
        let before: Vec<_> = disk.file_names().iter().map(|name| disk.contents(name)).collect();
        assert!(matches!(open(&disk, 2), Err(JournalError::WrongKey)), "{without_key_check}");
        let after: Vec<_> = disk.file_names().iter().map(|name| disk.contents(name)).collect();
        assert_eq!(before, after);
    }
    let mut journal = open(&disk, 1).expect("opens");
    let read = journal.read(Position::START, usize::MAX).expect("reads");
    assert_eq!(read.blocks.iter().map(|block| block.len()).sum::<usize>(), 3);
    assert!(disk.file_names().contains(&"journal.meta".to_owned()), "written anew");
}

#[test]
fn no_file_shows_a_record_or_the_key() {
    let disk = SimDisk::new(Chance::new(1));
    let canary = b"canary: a reading in the clear";
    let mut journal = open(&disk, 0x4b).expect("opens");
    for _ in 0..100 {
        journal.append(canary, 0, 0).expect("room");
        let _ = journal.commit().expect("written");
    }
    journal.purge(|_| false).expect("rewritten");
    for name in disk.file_names() {
        let bytes = disk.contents(&name);
        assert!(!bytes.windows(8).any(|window| window == &canary[..8] || window == [0x4b; 8]), "{name}");
    }
}
