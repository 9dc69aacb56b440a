use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use foulee_store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::CommandError;
use super::context::{Ending, system_clock};
use super::engine::{self, Purpose};
use crate::cli::{Exit, Global, Role, Serve};
use crate::http::{Service, router};
use crate::lock::FolderLock;
use crate::people::{self, new_secret};
use crate::registry::Registry;
use crate::worker;

/// How long requests under way may take once the service is to stop.
const DRAIN: Duration = Duration::from_secs(10);

pub(super) fn run(global: &Global, asked: &Serve) -> Result<Exit, CommandError> {
    if asked.role != Role::All {
        return Err(CommandError::RoleNotAllowed);
    }
    let running = Running::start(global, &global.data_dir, asked.listen, false)?;
    if !global.quiet {
        eprintln!("foulee listens on http://{}", running.address);
    }
    running.until_signal()?;
    Ok(Exit::Done)
}

/// How often an erasure that could not be scrubbed from the files is tried again.
const SCRUB_EVERY: Duration = Duration::from_secs(3);

/// Scrubs what an erasure left in the files, this process's or an earlier one's, for as long as the service runs.
async fn scrub(registry: Registry, store: Arc<dyn Store>) {
    loop {
        if let Err(error) = people::scrub(&registry, &*store).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the files could not be scrubbed; trying again");
        }
        tokio::time::sleep(SCRUB_EVERY).await;
    }
}

/// Whether whoever started this process wants it to outlive the terminal, as `nohup` does; where the system does not say
/// (there is no /proc), no.
fn hangup_is_ignored() -> bool {
    const SIGHUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & SIGHUP != 0)
}

/// Until SIGINT, SIGTERM or SIGHUP.
async fn signalled() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    if hangup_is_ignored() {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        return Ok(());
    }
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

/// A service that runs in this process.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) token: String,
    pub(super) service: Service,
    runtime: Ending,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    stop: tokio::sync::watch::Sender<bool>,
    worker_stop: Arc<AtomicBool>,
    worker: Option<JoinHandle<()>>,
    // Last, so that the folder is free only when everything else has ended.
    _lock: FolderLock,
}

impl Running {
    pub(super) fn start(
        global: &Global,
        folder: &std::path::Path,
        listen: SocketAddr,
        synthetic: bool,
    ) -> Result<Self, CommandError> {
        std::fs::create_dir_all(folder)?;
        let mut lock = FolderLock::acquire(folder)?;
        let runtime = Ending::new()?;
        let url = engine::chosen(global, folder)?;
        let store: Arc<dyn Store> = {
            let _within = runtime.enter();
            engine::open(global, &url, folder, Purpose::Serve)?.store
        };
        let registry = runtime.block_on(Registry::open(folder))?;
        let token: String = new_secret()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let clock = system_clock();
        let mut service =
            Service::new(Arc::clone(&store), registry.clone(), clock.clone(), Some(token.clone()));
        service.synthetic = synthetic;
        let listener = runtime.block_on(TcpListener::bind(listen));
        let listener = listener.map_err(|source| CommandError::Listen { address: listen, source })?;
        let address = listener.local_addr()?;
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        let app = router(service.clone());
        let server = runtime.spawn(async move {
            axum::serve(listener, app)
                .with_graceful_shutdown(async move {
                    let _ = stopped.wait_for(|stop| *stop).await;
                })
                .await
        });
        runtime.spawn(scrub(registry, store));
        let worker_stop = Arc::new(AtomicBool::new(false));
        let days = Arc::clone(&service.days_computed);
        let report = move |changed| {
            days.fetch_add(changed, Ordering::Relaxed);
        };
        let metrics = Arc::clone(&service.ingest_metrics);
        let batches = move || metrics.batches();
        // The service's own, so that what it computes is told to those who look on.
        let worker = service.worker.clone();
        let worker = worker::run(worker, clock, Arc::clone(&worker_stop), batches, report)?;
        lock.publish(address, &token)?;
        let worker = Some(worker);
        Ok(Self { address, token, service, runtime, server, stop, worker_stop, worker, _lock: lock })
    }

    /// Serves until SIGINT, SIGTERM or SIGHUP (the terminal is closed), then ends what is under way.
    pub(super) fn until_signal(self) -> Result<(), CommandError> {
        self.signalled()?;
        self.stop()
    }

    /// Serves until such a signal.
    pub(super) fn signalled(&self) -> Result<(), CommandError> {
        Ok(self.runtime.block_on(signalled())?)
    }

    /// Becomes true at such a signal, for who has to look after something else meanwhile.
    pub(super) fn stopped(&self) -> Result<Arc<AtomicBool>, CommandError> {
        let stopped = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopped);
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        self.runtime.spawn(async move {
            let mut signalled = std::pin::pin!(signalled());
            // Polled once: from then on the signals are caught.
            let first =
                std::future::poll_fn(|context| std::task::Poll::Ready(signalled.as_mut().poll(context)))
                    .await;
            let _ = ready.send(());
            if first.is_pending() {
                let _ = signalled.await;
            }
            told.store(true, Ordering::Release);
        });
        let _ = self.runtime.block_on(is_ready);
        Ok(stopped)
    }

    /// Ends: no longer ready, no new connection, what is under way is finished within ten seconds.
    pub(super) fn stop(mut self) -> Result<(), CommandError> {
        self.service.stopping.store(true, Ordering::Release);
        self.service.live.end();
        let _ = self.stop.send(true);
        let server = &mut self.server;
        let ended = self.runtime.block_on(async { tokio::time::timeout(DRAIN, server).await });
        self.worker_stop.store(true, Ordering::Release);
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
        match ended {
            Ok(Ok(result)) => Ok(result?),
            // Readers that will not go are cut off; what was acknowledged is durable.
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }
}
