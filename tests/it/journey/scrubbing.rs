//! Somebody reads a database while a person is erased: what is left in its file is said, owed, and done later.

use rusqlite::Connection;

use super::erasure::{external_id, folder_with, forms, found};
use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

const DATABASES: [&str; 2] = ["registry.db", "store.db"];

/// A backup, say: a connection of another process in a transaction that goes on.
fn reader_of(folder: &Folder, database: &str) -> Connection {
    let reader = Connection::open(folder.data().join(database)).expect("a database");
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM sqlite_master; SELECT * FROM participant")
        .expect("read");
    reader
}

/// It is said on stderr and by the exit code, and what was done is said on stdout all the same.
fn erased_and_left(folder: &Folder, id: &str) {
    let done = folder.run(["participant", "erase", id, "--yes"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stdout.starts_with("erased: "), "{}", done.stdout);
    for word in ["copies of the id", "registry.db or store.db", "foulee doctor"] {
        assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
    }
    let doctor = folder.say("doctor");
    assert_eq!(doctor.code, 1, "{}", doctor.stdout);
    assert!(doctor.stdout.contains("FAIL erasures"), "{}", doctor.stdout);
}

#[test]
fn the_service_scrubs_once_the_reader_is_gone() {
    let folder = folder_with(&[1, 2]);
    let needles = forms(&people::id(2), &external_id(2));
    let mut served = Served::start(&folder);
    let readers = DATABASES.map(|database| reader_of(&folder, database));
    erased_and_left(&folder, &people::id(2));
    drop(readers);
    served.until("the service scrubs", |_| (folder.say("doctor").code == 0).then_some(()));
    assert_eq!(found(&folder.data(), &needles), []);
    served.stop();
    assert_eq!(folder.say("store verify").code, 0);
}

#[test]
fn a_service_scrubs_what_an_earlier_command_left() {
    for database in DATABASES {
        let folder = folder_with(&[1, 2]);
        let needles = forms(&people::id(2), &external_id(2));
        let reader = reader_of(&folder, database);
        erased_and_left(&folder, &people::id(2));
        drop(reader);
        // Nothing but a start: no command that would do it by itself.
        let mut served = Served::start(&folder);
        served.until("the service scrubs", |_| found(&folder.data(), &needles).is_empty().then_some(()));
        served.stop();
    }
}

#[test]
fn a_command_waits_for_a_reader_who_goes_in_time() {
    let folder = folder_with(&[1, 2]);
    let needles = forms(&people::id(2), &external_id(2));
    let reader = reader_of(&folder, "registry.db");
    let ends = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(8));
        drop(reader);
    });
    folder.run(["participant", "erase", &people::id(2), "--yes"]).ok();
    ends.join().expect("the reader ends");
    assert_eq!(found(&folder.data(), &needles), []);
}
