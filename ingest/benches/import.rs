//! People's exports to batches: `cargo bench -p foulee-ingest --bench import`.
//!
//! Each export is made once, into a temporary file, and read whole into a sink that counts. A step is a file. What the
//! process held at most, of all benches so far, is printed behind them (Linux).

#[path = "import/exports.rs"]
mod exports;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use exports::{apple_document, gadgetbridge_database};
use foulee_contract::{Answer, Batch, ParticipantId, SeriesBlock};
use foulee_ingest::import::{Options, People, Sink, SinkError, Target, import};

/// Rows of Gadgetbridge's table: nearly ten years of minutes.
const ROWS: i64 = 5_000_000;
/// Bytes of Apple's document.
const APPLE_BYTES: u64 = 100_000_000;

static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();

fn main() {
    divan::main();
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && let Some(line) = status.lines().find(|line| line.starts_with("VmHWM"))
    {
        println!("most memory held, exports' making included: {}", line["VmHWM:".len()..].trim());
    }
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn gadgetbridge(bencher: Bencher) {
    let path = made("Gadgetbridge.db", |path| gadgetbridge_database(path, ROWS).expect("a database"));
    bencher.counter(ItemsCount::new(ROWS as u64)).bench_local(|| read(&path));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn apple_health(bencher: Bencher) {
    let path = made("export.xml", |path| apple_document(path, APPLE_BYTES).expect("a document"));
    bencher.counter(BytesCount::new(APPLE_BYTES)).bench_local(|| read(&path));
}

/// A file of the folder that is gone when the benches are done.
fn made(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let path = folder.path().join(name);
    if !path.exists() {
        make(&path);
    }
    path
}

fn read(path: &Path) -> u64 {
    let options = Options::new(Target::Participant(ParticipantId::from_parts(1, [1; 10])));
    let mut sink = Counting(0);
    let summary =
        import(&[path.to_owned()], &options, &mut Nobody, &mut sink, &mut |_| ()).expect("an import");
    assert_eq!((summary.accepted, summary.rejected), (sink.0, 0));
    assert!(sink.0 > 0);
    black_box(sink.0)
}

struct Counting(u64);

impl Sink for Counting {
    fn submit(&mut self, batch: &Batch) -> Result<Answer, SinkError> {
        let accepted = batch.series.iter().map(SeriesBlock::len).sum::<usize>() as u64;
        self.0 += accepted;
        Ok(Answer { accepted, new: None, duplicate: None, rejected: Vec::new() })
    }
}

struct Nobody;

impl People for Nobody {
    fn participant_of(&mut self, _: &str) -> Result<ParticipantId, SinkError> {
        Err(SinkError::NotAdmitted { fix: "the participant is given".to_owned() })
    }
}
