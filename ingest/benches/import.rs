//! People's exports to batches: `cargo bench -p foulee-ingest --bench import`.
//!
//! Each export is made once, into a temporary file, and read whole into a sink that counts. A step is a file. What the
//! process held at most, of all benches so far, is printed behind them (Linux).

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use foulee_contract::{Answer, Batch, ParticipantId, SeriesBlock};
use foulee_ingest::import::{Options, People, Sink, SinkError, Target, import};

/// Rows of Gadgetbridge's table: nearly ten years of minutes.
const ROWS: i64 = 5_000_000;
/// Bytes of Apple's document.
const APPLE_BYTES: usize = 100_000_000;
/// 2016-01-01T00:00:00Z, s.
const FIRST: i64 = 1_451_606_400;

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

/// A band's minutes: walks, rest with a heart rate, and nights without one.
fn gadgetbridge_database(path: &Path, rows: i64) -> rusqlite::Result<()> {
    let mut database = rusqlite::Connection::open(path)?;
    database.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE DEVICE (_id INTEGER PRIMARY KEY, NAME TEXT, \
         MANUFACTURER TEXT, IDENTIFIER TEXT, TYPE INTEGER, TYPE_NAME TEXT, MODEL TEXT); INSERT INTO DEVICE VALUES (1, \
         'Band', 'Huami', 'C8:0F:10:11:22:33', 0, 'MIBAND5', NULL); CREATE TABLE MI_BAND_ACTIVITY_SAMPLE (TIMESTAMP INTEGER \
         NOT NULL, DEVICE_ID INTEGER NOT NULL, USER_ID INTEGER NOT NULL, RAW_INTENSITY INTEGER NOT NULL, STEPS INTEGER NOT \
         NULL, RAW_KIND INTEGER NOT NULL, HEART_RATE INTEGER NOT NULL, PRIMARY KEY (TIMESTAMP, DEVICE_ID)) WITHOUT ROWID;",
    )?;
    let transaction = database.transaction()?;
    {
        let mut insert =
            transaction.prepare("INSERT INTO MI_BAND_ACTIVITY_SAMPLE VALUES (?1, 1, 1, ?2, ?3, ?4, ?5)")?;
        for minute in 0..rows {
            let (steps, kind, heart_rate) = match minute % 1440 {
                0..420 => (0, 112, 255),
                420..440 => (0, 3, 255),
                of_day if of_day % 97 < 12 => (90 + of_day % 30, 1, 100 + of_day % 20),
                of_day => (0, 80, 60 + of_day % 25),
            };
            insert.execute([FIRST + minute * 60, steps / 2, steps, kind, heart_rate])?;
        }
    }
    transaction.commit()
}

/// A Watch's and a phone's records, as Health exports them.
fn apple_document(path: &Path, bytes: usize) -> std::io::Result<()> {
    let mut document = BufWriter::new(File::create(path)?);
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HealthData locale=\"fr_FR\">\n";
    document.write_all(head.as_bytes())?;
    let mut written = head.len();
    let watch = "&lt;&lt;HKDevice: 0x2829e8460&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, \
                 hardware:Watch6,1, software:9.1&gt;";
    let mut minute = 0;
    while written < bytes {
        let time = |seconds: i64| {
            let at = chrono::DateTime::from_timestamp(FIRST + seconds, 0).unwrap_or_default();
            at.format("%Y-%m-%d %H:%M:%S +0000").to_string()
        };
        let (start, end) = (time(minute * 60), time(minute * 60 + 55));
        let (kind, unit, end, value) = match minute % 3 {
            0 => ("StepCount", "count", &end, 10 + minute % 90),
            1 => ("HeartRate", "count/min", &start, 60 + minute % 60),
            _ => ("ActiveEnergyBurned", "kcal", &end, 1 + minute % 9),
        };
        let record = format!(
            " <Record type=\"HKQuantityTypeIdentifier{kind}\" sourceName=\"Montre\" sourceVersion=\"9.1\" device=\"{watch}\" \
             unit=\"{unit}\" creationDate=\"{end}\" startDate=\"{start}\" endDate=\"{end}\" value=\"{value}\"/>\n"
        );
        document.write_all(record.as_bytes())?;
        written += record.len();
        minute += 1;
    }
    document.write_all(b"</HealthData>\n")?;
    document.flush()
}
