//! The real influxd behind both ways into it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use foulee_tests::influx::{Influxd, InfluxdOptions};

use crate::payload::{DAY_MS, METRICS, MINUTE_MS, Payload};

pub(crate) const DATABASE: &str = "foulee";
/// What a probe leaves in the log.
const SMALL: u64 = 1_000;
/// How long everything may take to become TSM files.
const FLUSHED_WITHIN: Duration = Duration::from_secs(90);

/// An empty server below `folder`, with InfluxDB's own settings.
pub(crate) fn start(folder: &Path) -> Influxd {
    let server = Influxd::start(&folder.join("influxd"), InfluxdOptions::default()).expect("influxd starts");
    server.query(&format!("CREATE DATABASE {DATABASE}"), "").expect("a database");
    server
}

/// Whether everybody's last minutes are answered: what was sent last is there. It asks for an hour, so that the
/// question itself costs nothing.
pub(crate) fn wait_until_visible(server: &Influxd, payload: &Payload) {
    let from_ms = payload.end_ms() - 60 * MINUTE_MS;
    let ask = format!(
        "SELECT count(\"value\") FROM {} WHERE time >= {from_ms}ms AND time < {}ms",
        METRICS.map(|metric| format!("\"{metric}\"")).join(","),
        payload.end_ms() + DAY_MS
    );
    let expected = (payload.people * METRICS.len() * 60) as u64;
    let begun = Instant::now();
    loop {
        let answer = server.query(&ask, DATABASE).expect("an answer");
        let series = answer["results"][0]["series"].as_array().cloned().unwrap_or_default();
        let found: u64 = series.iter().filter_map(|one| one["values"][0][1].as_u64()).sum();
        if found >= expected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{found} of {expected} are visible");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Bytes in TSM files, and of all files of data as the disk counts them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OnDisk {
    pub(crate) tsm: u64,
    pub(crate) all: u64,
}

/// Stops the server and starts it again so that it writes all that it holds in memory to TSM files; returns when it has.
pub(crate) fn flushed(mut server: Influxd) -> (Influxd, OnDisk) {
    server.stop().expect("influxd stops");
    let cold = Some(Duration::from_secs(1));
    let options = InfluxdOptions { cache_snapshot_write_cold: cold, ..InfluxdOptions::default() };
    let folder = server.folder().to_owned();
    drop(server);
    let server = Influxd::start(&folder, options).expect("influxd starts again");
    let begun = Instant::now();
    let (mut last, mut since) = (u64::MAX, Instant::now());
    loop {
        let tsm = sum(&folder.join("data"), &|about, path| if is_tsm(path) { about.len() } else { 0 });
        if tsm != last {
            (last, since) = (tsm, Instant::now());
        }
        if since.elapsed() > Duration::from_secs(3) && unwritten(&folder) == 0 {
            // 1.x makes the files of series ids larger than they are: what counts is what the disk holds.
            let all = sum(&folder.join("data"), &|about, _| about.blocks() * 512);
            return (server, OnDisk { tsm, all });
        }
        assert!(begun.elapsed() < FLUSHED_WITHIN, "InfluxDB's log is not in TSM files");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Files of the log that no TSM file of their shard follows. 1.x keeps the last one of a shard after it is in one; a
/// shard of a point that was deleted again has none.
fn unwritten(folder: &Path) -> u64 {
    sum(&folder.join("wal"), &|about, path| {
        let Some(shard) = path.parent().and_then(|shard| shard.strip_prefix(folder.join("wal")).ok()) else {
            return 0;
        };
        let files = fs::read_dir(folder.join("data").join(shard)).into_iter().flatten().flatten();
        let files = files.filter(|file| is_tsm(&file.path())).filter_map(|file| file.metadata().ok());
        let written = files.filter_map(|about| about.modified().ok()).max();
        u64::from(about.len() > SMALL && written < about.modified().ok())
    })
}

fn is_tsm(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tsm")
}

/// The sum of something over all files below a folder.
pub(crate) fn sum(folder: &Path, of: &dyn Fn(&fs::Metadata, &Path) -> u64) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => sum(&entry.path(), of),
            Ok(about) => of(&about, &entry.path()),
            // A running server removes files at any time.
            Err(_) => 0,
        })
        .sum()
}

/// Processor seconds of this process, all its threads.
pub(crate) fn own_cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
