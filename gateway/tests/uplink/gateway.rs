//! A spool with readings in it, and the uplink that empties it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foulee_contract::{
    Grain, How, Metric, ParticipantId, Provenance, Series, Source, SourceKind, Tuple, Value,
};
use foulee_gateway::clock::Clock;
use foulee_gateway::config::{SpoolConfig, UplinkConfig};
use foulee_gateway::normalise::Taken;
use foulee_gateway::spool::{Aside, Spool};
use foulee_gateway::status::{Snapshot, Status};
use foulee_gateway::{Stop, uplink};
use tempfile::TempDir;

use crate::service::{Asked, Service};

/// 2026-01-05T00:00:00Z.
pub(crate) const START_MS: i64 = 1_767_571_200_000;
/// How long anything may take that takes a moment.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whose readings they are.
pub(crate) fn participant() -> ParticipantId {
    ParticipantId::from_parts(1, [1; 10])
}

/// The reading of this number.
pub(crate) fn reading(metric: Metric, number: i64) -> Taken {
    let series = Series {
        participant: participant(),
        source: Source::new(SourceKind::Strap, ["gateway", "", "heart_rate_strap", "strap", ""]),
        metric,
        grain: Grain::Sample,
    };
    let start_ms = START_MS + number * 1_000;
    let tuple = Tuple { start_ms, end_ms: start_ms, seq: 0, rev: 0, value: Value::Present(600 + number) };
    let provenance = Provenance { offset_minutes: Some(60), how: How::Automatic };
    Taken { series, tuple, provenance, stretch: 0 }
}

/// What a gateway has: a folder with a spool, and a token.
pub(crate) struct Gateway {
    pub(crate) folder: TempDir,
    pub(crate) spool: Arc<Spool>,
    status: Arc<Status>,
    url: String,
}

impl Gateway {
    /// One that has sealed the readings `0..count`, ten a commit (more where they are ever so many); the value of each is
    /// 600 and its number.
    pub(crate) fn with(service: &Service, count: i64) -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = SpoolConfig { folder: folder.path().join("spool"), max_bytes: 64 << 20, key_file: None };
        let (spool, _) = Spool::open(&config).expect("opens");
        let taken: Vec<Taken> = (0..count).map(|number| reading(Metric::HeartRate, number)).collect();
        for commit in taken.chunks(10.max(taken.len() / 200)) {
            spool.take(commit).expect("taken");
        }
        std::fs::write(folder.path().join("token"), "first\n").expect("a file");
        let url = service.url.clone();
        Self { folder, spool: Arc::new(spool), status: Arc::default(), url }
    }

    pub(crate) fn token_file(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    /// Sends until `enough`, then ends in good order.
    #[track_caller]
    pub(crate) fn run_until(&self, mut enough: impl FnMut(&Self) -> bool) -> Snapshot {
        let config = UplinkConfig {
            url: self.url.clone(),
            token_file: Some(self.token_file()),
            allow_plain_http: false,
            ca_file: None,
        };
        let stop = Stop::default();
        let sending = {
            let clock = Arc::new(Clock::of_the_moment());
            let (spool, status, stop) = (Arc::clone(&self.spool), Arc::clone(&self.status), stop.clone());
            std::thread::spawn(move || uplink::run(&config, &spool, &status, &clock, &stop))
        };
        let begun = Instant::now();
        while !enough(self) {
            assert!(begun.elapsed() < PATIENCE, "{:?}", self.status.snapshot(0, None));
            std::thread::sleep(Duration::from_millis(10));
        }
        stop.set();
        sending.join().expect("no panic").expect("it ends well");
        self.status.snapshot(0, None)
    }

    /// Sends until nothing waits.
    #[track_caller]
    pub(crate) fn run(&self) -> Snapshot {
        self.run_until(|gateway| gateway.waiting() == 0)
    }

    /// Commits that wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.spool.stats().expect("counted").waiting_commits
    }

    /// Why what was set aside was.
    pub(crate) fn aside_codes(&self) -> Vec<String> {
        self.asides().into_iter().map(|aside| aside.code).collect()
    }

    pub(crate) fn asides(&self) -> Vec<Aside> {
        self.spool.asides().expect("read")
    }
}

/// The numbers of the readings of some batches, sorted.
pub(crate) fn numbers<'a>(batches: impl IntoIterator<Item = &'a Asked>) -> Vec<i64> {
    let readings = batches.into_iter().flat_map(|asked| &asked.readings);
    let mut numbers: Vec<i64> = readings
        .map(|reading| {
            assert_eq!(reading.start_ms, START_MS + (reading.value - 600) * 1_000, "its own time");
            reading.value - 600
        })
        .collect();
    numbers.sort_unstable();
    numbers
}
