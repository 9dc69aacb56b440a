use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use foulee_ingest::Clock;

use super::Worker;

/// How long the worker rests when nothing is dirty: with it a reading reaches its page within a second.
const REST: Duration = Duration::from_millis(250);
/// How long it waits after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Dirty days of one pass.
const PASS_DAYS: usize = 256;
/// While batches come faster than this, the worker takes a quarter of a core and lets ingest have the rest: what is not
/// acknowledged could be lost, what is not computed is only late.
const BUSY_BATCHES_A_SECOND: f64 = 20.0;
const BUSY_REST: u32 = 3;

/// Runs the worker on a thread of its own until `stop` is set; `batches` says how many have come to ingest so far,
/// `report` is told how many day rows changed.
///
/// # Errors
/// When the system gives no thread.
pub fn run(
    worker: Worker,
    clock: Clock,
    stop: Arc<AtomicBool>,
    batches: impl Fn() -> u64 + Send + 'static,
    report: impl Fn(u64) + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("worker".to_owned()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the worker cannot run");
                return;
            }
        };
        runtime.block_on(async {
            let mut refreshed = false;
            while !stop.load(Ordering::Acquire) {
                let (begun, came) = (Instant::now(), batches());
                let result = async {
                    let mut changed = 0;
                    if !refreshed {
                        changed += worker.refresh_all(clock()).await?;
                        refreshed = true;
                    }
                    let pass = worker.pass(PASS_DAYS, clock()).await?;
                    Ok::<_, crate::ApiError>((changed + pass.changed, pass.more))
                };
                let rest = match result.await {
                    Ok((changed, more)) => {
                        report(changed);
                        let took = begun.elapsed();
                        let rate = batches().saturating_sub(came) as f64 / took.as_secs_f64().max(0.01);
                        match (more, rate > BUSY_BATCHES_A_SECOND) {
                            (false, false) => REST,
                            (true, false) => Duration::ZERO,
                            (_, true) => REST.max(took * BUSY_REST),
                        }
                    }
                    Err(error) => {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "days could not be computed"
                        );
                        AFTER_FAILURE
                    }
                };
                let mut left = rest;
                while !stop.load(Ordering::Acquire) && !left.is_zero() {
                    let step = left.min(Duration::from_millis(50));
                    tokio::time::sleep(step).await;
                    left -= step;
                }
            }
        });
    })
}
