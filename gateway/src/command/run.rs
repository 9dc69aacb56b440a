use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::Config;
use crate::spool::{Lost, Spool};
use crate::status::{Snapshot, Status};
use crate::{GatewayError, Stop, ble, collector, uplink};

/// How often the status files are written.
const STATUS_EVERY: Duration = Duration::from_secs(2);

/// How long what waits is still sent at the end.
const SENDS_AT_THE_END: Duration = Duration::from_secs(8);

/// Collects until a signal.
pub(super) fn run(config: Config) -> Result<(), GatewayError> {
    let folder = config.spool.folder.clone();
    let before = Snapshot::read(&folder);
    let (spool, lost) = open(&config, before.as_ref())?;
    let clock = Arc::new(Clock::open(&folder)?);
    let (spool, status, stop) = (Arc::new(spool), Arc::new(Status::default()), Stop::default());
    // The uplink goes on until everything that came is sealed.
    let no_more = Stop::default();
    let (collector, collecting) =
        collector::start(Arc::clone(&spool), Arc::clone(&status), &config.devices, lost, Arc::clone(&clock))?;
    let sending = {
        let (config, spool, status) = (config.uplink.clone(), Arc::clone(&spool), Arc::clone(&status));
        let clock = Arc::clone(&clock);
        let (stop, no_more) = (stop.clone(), no_more.clone());
        spawn("uplink", move || {
            let result = uplink::run(&config, &spool, &status, &clock, &no_more);
            // A configuration that can send nothing: end, and say so.
            stop.set();
            result
        })?
    };
    let reporting = {
        let (spool, status, stop, folder, clock) =
            (Arc::clone(&spool), Arc::clone(&status), stop.clone(), folder.clone(), Arc::clone(&clock));
        spawn("status", move || {
            while !stop.wait(STATUS_EVERY) {
                report(&spool, &status, &clock, &folder);
            }
        })?
    };
    let signals = {
        let stop = stop.clone();
        spawn("signals", move || wait_for_signal(&stop))?
    };
    tracing::info!(devices = config.devices.len(), spool = %folder.display(), "collecting");
    let radio = ble::run(config, collector, Arc::clone(&status), &stop, Arc::clone(&clock), before);
    // The radio has ended, and with it the last collector: what came is sealed, then sent as far as it goes.
    let _ = collecting.join();
    stop.set();
    no_more.set();
    if !ended_within(&sending, SENDS_AT_THE_END) {
        // Nothing is lost: what was not acknowledged is sent by the next one.
        tracing::warn!("the service does not answer; what waits stays in the spool");
        spool.settle()?;
        clock.settle();
        report(&spool, &status, &clock, &folder);
        return radio;
    }
    let sent = sending.join();
    let _ = (reporting.join(), signals.join());
    spool.settle()?;
    clock.settle();
    report(&spool, &status, &clock, &folder);
    radio?;
    match sent {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn ended_within<T>(thread: &std::thread::JoinHandle<T>, time: Duration) -> bool {
    let until = Instant::now() + time;
    while !thread.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    thread.is_finished()
}

/// Opens the spool. What was cut off at its end lasted until that run ended: nothing says how many commits there were.
pub(super) fn open(config: &Config, before: Option<&Snapshot>) -> Result<(Spool, Vec<Lost>), GatewayError> {
    let (spool, mut lost) = Spool::open(&config.spool)?;
    for cut in lost.iter_mut().filter(|lost| lost.open_ended) {
        cut.to_ms = cut.to_ms.max(before.map_or(i64::MIN, |before| before.at_ms));
    }
    Ok((spool, lost))
}

fn report(spool: &Spool, status: &Status, clock: &Clock, folder: &std::path::Path) {
    let now = clock.now();
    status.clock(now.sure, clock.applied_ms());
    let snapshot = status.snapshot(now.utc_ms, spool.stats().ok());
    if let Err(error) = snapshot.write(folder) {
        tracing::warn!(error = &error as &dyn std::error::Error, "the status could not be written");
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<std::thread::JoinHandle<T>, GatewayError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(GatewayError::Thread)
}

/// Asks to stop at SIGTERM, SIGINT or SIGHUP.
fn wait_for_signal(stop: &Stop) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        let [Ok(mut term), Ok(mut int), Ok(mut hup)] = kinds.map(signal) else { return };
        loop {
            tokio::select! {
                _ = term.recv() => break,
                _ = int.recv() => break,
                _ = hup.recv() => break,
                () = tokio::time::sleep(Duration::from_millis(200)) => if stop.is_set() { return },
            }
        }
        tracing::info!("stopping");
        stop.set();
    });
}
