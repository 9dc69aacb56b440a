//! Readings a second from a full spool to a durable store, over HTTP, gateway and service on one machine:
//! `cargo build --release -p foulee-gateway -p foulee-api && cargo bench -p foulee-tests --bench drain`.
//!
//! The whole of `foulee-gateway spool drain`, its start included, to the answer of the last batch. Days offline:
//! `FOULEE_BENCH_DAYS` (5); drains: `FOULEE_BENCH_RUNS` (3).

#[path = "../it/support/chance.rs"]
#[expect(dead_code, reason = "shared with tests that shuffle")]
mod chance;
#[path = "../it/backlog/drain.rs"]
#[expect(dead_code, reason = "shared with the test of the same drain")]
mod drain;
#[path = "../it/support/foulee.rs"]
#[expect(dead_code, reason = "shared with tests that read tables")]
mod foulee;
#[path = "../it/backlog/offline.rs"]
#[expect(dead_code, reason = "shared with the test of the same drain")]
mod offline;
#[path = "../it/support/people.rs"]
mod people;
#[path = "../it/support/served.rs"]
#[expect(dead_code, reason = "shared with tests that ask more")]
mod served;

use drain::Scene;

fn main() {
    let number = |name: &str, otherwise: i64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    // `cargo test --benches` and `cargo bench -- --test` only look whether it runs.
    let short = std::env::args().any(|arg| arg == "--test");
    let seconds = if short { 600 } else { number("FOULEE_BENCH_DAYS", 5) * 86_400 };
    println!(
        "readings      MiB on disk   s        readings/s   gateway CPU s   service CPU s   gateway peak MB"
    );
    for _ in 0..if short { 1 } else { number("FOULEE_BENCH_RUNS", 3) } {
        let scene = Scene::after(seconds);
        let drained = scene.drain();
        let offline = &scene.offline;
        println!(
            "{:>10}    {:>11.1}   {:>6.1}   {:>10.0}   {:>13.1}   {:>13.1}   {:>15.1}",
            offline.readings,
            offline.bytes as f64 / f64::from(1 << 20),
            drained.took.as_secs_f64(),
            offline.readings as f64 / drained.took.as_secs_f64(),
            drained.cpu_seconds[0],
            drained.cpu_seconds[1],
            drained.peak_kb as f64 / 1_000.0
        );
    }
}
