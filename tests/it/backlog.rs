//! A gateway comes back after a time without a network: what waited fits on its disk, and arrives once, with its times.
//!
//! Two days of two people with two devices each at 1 Hz; with `FOULEE_TEST_SCALE=full` thirty days, 10.4 million readings,
//! in about half a minute. The rate is printed and held to nothing: `cargo bench -p foulee-tests --bench drain` measures it.

#[path = "support/chance.rs"]
#[expect(dead_code, reason = "shared with tests that shuffle")]
mod chance;
#[path = "backlog/drain.rs"]
mod drain;
#[path = "support/foulee.rs"]
#[expect(dead_code, reason = "shared with tests that read tables")]
mod foulee;
#[path = "backlog/offline.rs"]
mod offline;
#[path = "support/people.rs"]
mod people;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "shared with tests that ask more")]
mod served;

use drain::{Scene, store_says};

const MONTH_SECONDS: i64 = 30 * 86_400;
/// What a month of four sources may take on disk.
const MONTH_BYTES: u64 = 64 << 20;
/// What the unit of the gateway gives it (`MemoryMax`), kB.
const MEMORY_KB: u64 = 128 << 10;

#[test]
fn what_waited_offline_is_delivered_once_with_its_times() {
    let full = std::env::var("FOULEE_TEST_SCALE").is_ok_and(|scale| scale == "full");
    let seconds = if full { MONTH_SECONDS } else { 2 * 86_400 };
    let scene = Scene::after(seconds);
    let offline = &scene.offline;
    assert_eq!(offline.readings, 4 * seconds as u64);
    // A month's share, and the segment that is still open: its blocks are not joined yet.
    let room = MONTH_BYTES * seconds as u64 / MONTH_SECONDS as u64;
    let room = if full { room } else { room + offline.open_segment };
    println!(
        "{} readings on disk: {} bytes, {:.2} a reading",
        offline.readings,
        offline.bytes,
        offline.bytes as f64 / offline.readings as f64
    );
    assert!(offline.bytes <= room, "{} bytes of {room}", offline.bytes);

    let drained = scene.drain();
    println!(
        "drained in {:.1} s: {:.0} readings/s; the gateway held {} kB at most and took {:.1} s of a processor, the \
         service {:.1} s",
        drained.took.as_secs_f64(),
        offline.readings as f64 / drained.took.as_secs_f64(),
        drained.peak_kb,
        drained.cpu_seconds[0],
        drained.cpu_seconds[1]
    );
    let said = format!("readings acknowledged: {}; commits that still wait: 0", offline.readings);
    assert_eq!(drained.said.trim(), said);
    assert!(drained.peak_kb < MEMORY_KB, "{} kB", drained.peak_kb);
    assert_eq!(store_says(&scene.folder, "digest"), offline.digest, "each once, with its times");
    let stats: serde_json::Value =
        serde_json::from_str(&scene.folder.say("store stats --json").ok()).expect("JSON");
    assert_eq!(stats["readings"], offline.readings);
}
