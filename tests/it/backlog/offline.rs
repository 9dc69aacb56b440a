//! A spool as it is after so long without a network: two people, each with a heart rate and a step counter at 1 Hz.

use std::path::{Path, PathBuf};

use foulee_contract::{Grain, How, Metric, ParticipantId, Provenance, Series, SourceKind, Tuple, Value};
use foulee_gateway::config::SpoolConfig;
use foulee_gateway::normalise::Taken;
use foulee_gateway::spool::Spool;
use foulee_store::{Digest, SeriesHasher};
use tempfile::TempDir;

use crate::chance::Chance;

/// 2025-01-01T00:00:00Z.
const START_MS: i64 = 1_735_689_600_000;
/// A radio's notifications come within so many ms of the second.
const JITTER_MS: u64 = 60;

/// What was put into a spool.
pub(crate) struct Offline {
    pub(crate) readings: u64,
    /// As the store must say afterwards, digest and all: it depends on the content alone.
    pub(crate) digest: String,
    /// On disk.
    pub(crate) bytes: u64,
    /// Most bytes of the segment that is still being written.
    pub(crate) open_segment: u64,
}

/// The room that the promise speaks of.
pub(crate) fn config(folder: &Path) -> SpoolConfig {
    SpoolConfig { folder: folder.to_owned(), max_bytes: 64 << 20, key_file: None }
}

/// Fills `folder` with one commit a second, as the gateway's collector does. The commits go to memory files where there
/// are some (`/dev/shm`, whose fsync costs nothing: 2.6 million real ones would take an hour) and the files are then
/// copied; the bytes are the same.
pub(crate) fn fill(folder: &Path, people: [ParticipantId; 2], seconds: i64) -> Offline {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a folder");
    let spool_folder = made.path().join("spool");
    let (spool, _) = Spool::open(&config(&spool_folder)).expect("opens");
    let mut wearers = people.map(Wearer::new);
    let (mut digest, mut readings) = (Digest::default(), 0);
    let mut chance = Chance(1);
    let mut second = Vec::with_capacity(4);
    for ms in (0..seconds).map(|second| START_MS + second * 1_000) {
        second.clear();
        for wearer in &mut wearers {
            for (hasher, taken) in wearer.second(ms, &mut chance) {
                digest = digest.plus(hasher.hash(&taken.tuple));
                second.push(taken);
            }
        }
        let committed = spool.take(&second).expect("taken");
        assert!(committed.lost.is_empty(), "{committed:?}");
        readings += second.len() as u64;
    }
    drop(spool);
    copy(&spool_folder, folder);
    let bytes = bytes_in(&folder.join("readings"));
    Offline { readings, digest: digest.to_string(), bytes, open_segment: 4 << 20 }
}

/// Somebody with a chest strap and a watch.
struct Wearer {
    series: [(SeriesHasher, Series); 2],
    /// 0.1 /min.
    heart: i64,
    /// Since the watch's reset.
    steps: i64,
    walking: bool,
}

impl Wearer {
    fn new(participant: ParticipantId) -> Self {
        let series = |kind, family, metric| {
            let source = foulee_contract::Source::new(kind, ["gateway", "", family, "worn", ""]);
            let series = Series { participant, source, metric, grain: Grain::Sample };
            (SeriesHasher::new(&series), series)
        };
        let series = [
            series(SourceKind::Strap, "heart_rate_strap", Metric::HeartRate),
            series(SourceKind::Watch, "infinitime", Metric::StepCounter),
        ];
        Self { series, heart: 700, steps: 12_000, walking: false }
    }

    /// A heart rate that wanders, and a counter that rises while its wearer walks.
    fn second(&mut self, ms: i64, chance: &mut Chance) -> [(SeriesHasher, Taken); 2] {
        self.heart = (self.heart + (chance.next() % 31) as i64 - 15).clamp(450, 1_900);
        if chance.next().is_multiple_of(200) {
            self.walking = !self.walking;
        }
        self.steps += if self.walking { 1 + (chance.next() % 2) as i64 } else { 0 };
        let provenance = Provenance { offset_minutes: Some(60), how: How::Automatic };
        let values = [self.heart, self.steps];
        std::array::from_fn(|at| {
            let start_ms = ms + (chance.next() % JITTER_MS) as i64;
            let value = Value::Present(values[at]);
            let tuple = Tuple { start_ms, end_ms: start_ms, seq: 0, rev: 0, value };
            let (hasher, series) = &self.series[at];
            (*hasher, Taken { series: series.clone(), tuple, provenance, stretch: 1 })
        })
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for path in entries(from) {
        let copied = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            std::fs::copy(&path, copied).expect("copied");
        }
    }
}

/// Bytes of the files of a folder.
pub(crate) fn bytes_in(folder: &Path) -> u64 {
    entries(folder).map(|path| path.metadata().expect("there").len()).sum()
}
