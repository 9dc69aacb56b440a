//! A commit of 64 readings with real fsyncs, and reading a backlog back: `cargo bench -p foulee-journal`.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use foulee_journal::{Disk, Journal, Key, Options, Position};

/// Bytes of a reading's record.
const RECORD_BYTES: usize = 30;
const READINGS: usize = 64;

fn main() {
    divan::main();
}

fn journal(folder: &std::path::Path) -> Journal<Disk> {
    let disk = Disk::open(folder).expect("a folder");
    // Nonces need to differ, and a bench needs no more.
    let mut counter = 0_u64;
    let nonces = move |bytes: &mut [u8]| {
        counter += 1;
        bytes[..8].copy_from_slice(&counter.to_le_bytes());
    };
    Journal::open(disk, &Key::from_bytes([1; 32]), Options::default(), nonces).expect("opens").0
}

fn append(journal: &mut Journal<Disk>, second: i64) {
    for reading in 0..READINGS {
        let mut record = [0; RECORD_BYTES];
        record[..8].copy_from_slice(&(second * 64 + reading as i64).wrapping_mul(0x9e37_79b9).to_le_bytes());
        journal.append(&record, second * 1000, second * 1000 + 999).expect("room");
    }
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn commit_64_readings(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = journal(folder.path());
    let mut second = 0;
    bencher.counter(ItemsCount::new(READINGS)).bench_local(|| {
        append(&mut journal, second);
        second += 1;
        journal.commit().expect("written")
    });
}

#[divan::bench]
fn drain(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = journal(folder.path());
    let seconds = 2000;
    for second in 0..seconds {
        append(&mut journal, second);
        let _ = journal.commit().expect("written");
    }
    let records = seconds as usize * READINGS;
    let bytes = BytesCount::new(records * RECORD_BYTES);
    bencher.counter(ItemsCount::new(records)).counter(bytes).bench_local(|| {
        let (mut next, mut read) = (Position::START, 0);
        while next < journal.next_position() {
            let batch = journal.read(next, 256 << 10).expect("read");
            read += batch.blocks.iter().flat_map(|block| block.records()).map(<[u8]>::len).sum::<usize>();
            next = batch.next;
        }
        assert_eq!(read, records * RECORD_BYTES);
    });
}
