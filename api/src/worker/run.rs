use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foulee_ingest::Clock;

use super::Worker;

/// How long the worker rests when nothing is dirty: with it a reading reaches its page within a second.
const REST: Duration = Duration::from_millis(250);
/// How long it waits after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Runs the worker on a thread of its own until `stop` is set; `done` counts the day rows that it changed.
///
/// # Errors
/// When the system gives no thread.
pub fn run(
    worker: Worker,
    clock: Clock,
    stop: Arc<AtomicBool>,
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
                let result = async {
                    let mut changed = 0;
                    if !refreshed {
                        changed += worker.refresh_all(clock()).await?;
                        refreshed = true;
                    }
                    Ok::<u64, crate::ApiError>(changed + worker.drain(clock()).await?)
                };
                let rest = match result.await {
                    Ok(changed) => {
                        report(changed);
                        REST
                    }
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, "days could not be computed");
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
