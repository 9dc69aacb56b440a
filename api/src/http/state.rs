use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use foulee_ingest::{Clock, IngestMetrics, WriteGate};
use foulee_store::Store;
use tokio::sync::Semaphore;

use super::Access;
use super::attempts::Attempts;
use super::senders::Senders;
use crate::live::Live;
use crate::registry::Registry;
use crate::worker::Worker;

/// Feeds of raw readings that are read at once: each holds a day of a series, also while its reader is slow.
const READING_FEEDS: usize = 8;

/// What the handlers share.
#[derive(Clone)]
pub struct Service {
    /// The time series; what is written through it is told to those who look on.
    pub store: Arc<dyn Store>,
    /// People, prescriptions, tokens, computed rows.
    pub registry: Registry,
    /// Who may do what.
    pub access: Arc<Access>,
    /// The time.
    pub clock: Clock,
    /// What ingest counts.
    pub ingest_metrics: Arc<IngestMetrics>,
    /// Shut while somebody is erased.
    pub gate: WriteGate,
    /// Day rows that the worker changed.
    pub days_computed: Arc<AtomicU64>,
    /// Set when the service is about to end: it is then no longer ready.
    pub stopping: Arc<AtomicBool>,
    /// Computes; asked where something else than a reading changed.
    pub worker: Worker,
    /// What is newest, for those who look on.
    pub live: Arc<Live>,
    /// Places for feeds of raw readings that are being read.
    pub reading_feeds: Arc<Semaphore>,
    /// Tries at codes of phones.
    pub(super) attempts: Arc<Attempts>,
    /// Tries at codes that lift a stop: whoever guesses at the others keeps no doctor waiting.
    pub(super) clearing_attempts: Arc<Attempts>,
    /// Whose readings were sent by whom of late.
    pub(super) senders: Arc<Senders>,
    /// Whether the people are simulated: then every page says so.
    pub synthetic: bool,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl Service {
    /// A service over a store and a registry; `run_token` is an admin token that holds for this run alone.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, registry: Registry, clock: Clock, run_token: Option<String>) -> Self {
        let access = Arc::new(Access::new(registry.clone(), clock.clone(), run_token));
        let live = Live::new(store, registry.clone(), clock.clone());
        let store = live.store();
        let worker = Worker::new(Arc::clone(&store), registry.clone());
        Self {
            store,
            registry,
            worker,
            access,
            clock,
            ingest_metrics: Arc::default(),
            gate: Arc::default(),
            days_computed: Arc::default(),
            stopping: Arc::default(),
            live,
            reading_feeds: Arc::new(Semaphore::new(READING_FEEDS)),
            attempts: Arc::default(),
            clearing_attempts: Arc::default(),
            senders: Arc::default(),
            synthetic: false,
        }
    }
}
