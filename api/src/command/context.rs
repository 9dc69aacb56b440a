use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use foulee_contract::ParticipantId;
use foulee_ingest::Clock;
use foulee_store::{Store, StoreUrl};
use tokio::runtime::Runtime;

use super::CommandError;
use super::engine::{self, Engine, Purpose};
use crate::ApiError;
use crate::cli::{Global, Moment, ParticipantRef};
use crate::lock::{FolderLock, Holder, LockError};
use crate::people;
use crate::registry::{Registry, StudyId};
use crate::worker::Worker;

/// How long a command waits for the worker of a service, and how often it looks.
const WORKER_PATIENCE: Duration = Duration::from_secs(10);
const WORKER_POLL: Duration = Duration::from_millis(100);

/// The system's clock, ms UTC: the one place where it is read.
pub(super) fn system_clock() -> Clock {
    Arc::new(|| Utc::now().timestamp_millis())
}

/// An opened data folder, for a command that is not the service.
pub(super) struct Context {
    pub(super) runtime: Ending,
    pub(super) store: Arc<dyn Store>,
    #[cfg(feature = "influx")]
    pub(super) journaled: Option<Arc<foulee_ingest::JournaledStore>>,
    pub(super) registry: Registry,
    pub(super) clock: Clock,
    /// Whether the readings are on another server.
    pub(super) is_remote: bool,
    /// Set when another process serves the folder: its worker computes, and what it holds is read beside it.
    pub(super) served_by: Option<Holder>,
    /// How long that worker is waited for, from the first wait on.
    deadline: OnceCell<Instant>,
    _lock: Option<FolderLock>,
}

impl Context {
    /// Opens the data folder: with the lock, or for reading where somebody serves it.
    pub(super) fn new(global: &Global) -> Result<Self, CommandError> {
        let folder = global.data_dir.clone();
        std::fs::create_dir_all(&folder)?;
        let runtime = Ending::new()?;
        let (lock, served_by) = match FolderLock::acquire(&folder) {
            Ok(lock) => (Some(lock), None),
            Err(LockError::Held { holder: Some(holder), .. }) => (None, Some(holder)),
            Err(error) => return Err(error.into()),
        };
        let url = engine::chosen(global, &folder)?;
        let purpose = if lock.is_some() { Purpose::Command } else { Purpose::Beside };
        let engine = {
            let _within = runtime.enter();
            engine::open(global, &url, &folder, purpose)?
        };
        #[cfg(feature = "influx")]
        let Engine { store, journaled } = engine;
        #[cfg(not(feature = "influx"))]
        let Engine { store } = engine;
        let registry = match &lock {
            Some(_) => runtime.block_on(Registry::open(&folder))?,
            None => runtime.block_on(Registry::open_beside(&folder))?,
        };
        if lock.is_some() {
            // What an earlier process could not scrub; where it cannot be now, the next one tries.
            runtime.block_on(store.scrub()).or_else(|error| engine::later(&error))?;
        }
        let deadline = OnceCell::new();
        Ok(Self {
            runtime,
            store,
            #[cfg(feature = "influx")]
            journaled,
            registry,
            clock: system_clock(),
            is_remote: matches!(url, StoreUrl::Influx(_)),
            served_by,
            deadline,
            _lock: lock,
        })
    }

    /// Computes what is dirty, unless the service that holds the folder does that.
    pub(super) fn drain(&self) -> Result<(), CommandError> {
        if self.served_by.is_none() {
            self.settle();
            let worker = Worker::new(Arc::clone(&self.store), self.registry.clone());
            self.runtime.block_on(worker.drain((self.clock)()))?;
        }
        Ok(())
    }

    /// Waits until what is acknowledged is in the store, and says how much is not where that takes too long.
    pub(super) fn settle(&self) {
        if !self.runtime.block_on(engine::settled(&*self.store, WORKER_PATIENCE)) {
            let waiting = self.store.backlog().unwrap_or_default();
            eprintln!(
                "foulee: received, and being stored: {} parts of uploads wait in the journal ({}); what follows is \
                 without them",
                waiting.waiting,
                waiting.why.as_deref().unwrap_or("InfluxDB is slow")
            );
        }
    }

    /// Computes what is dirty and what was computed for a participant under other knowledge or by older code. Beside a
    /// service it waits for that service's worker, and says how much is left where that takes too long.
    pub(super) fn drain_for(&self, id: ParticipantId) -> Result<(), CommandError> {
        if self.served_by.is_some() {
            return self.wait_for_worker(id);
        }
        self.drain()?;
        let worker = Worker::new(Arc::clone(&self.store), self.registry.clone());
        self.runtime.block_on(worker.refresh(id, (self.clock)()))?;
        Ok(())
    }

    /// A mark is cleared after the rows that it asked for are committed: none left is all computed.
    fn wait_for_worker(&self, id: ParticipantId) -> Result<(), CommandError> {
        let deadline = *self.deadline.get_or_init(|| Instant::now() + WORKER_PATIENCE);
        loop {
            let dirty = self.runtime.block_on(self.store.dirty_days(usize::MAX))?;
            let left = dirty.iter().filter(|day| day.participant == id).count();
            if left == 0 {
                return Ok(());
            }
            if Instant::now() >= deadline {
                eprintln!(
                    "foulee: the service has still to compute {left} days of {id}: what follows is without them; \
                     ask again later"
                );
                return Ok(());
            }
            std::thread::sleep(WORKER_POLL);
        }
    }

    /// Whether nothing of anybody erased is left in the files; without a service it is tried again first.
    pub(super) fn scrubbed(&self) -> Result<bool, CommandError> {
        self.runtime.block_on(async {
            match self.served_by {
                Some(_) => Ok(self.registry.is_scrubbed().await? && self.store.scrub().await?),
                // A remote store that does not answer has it still to do.
                None => match people::scrub(&self.registry, &*self.store).await {
                    Err(ApiError::Store(error)) if error.is_remote() => Ok(false),
                    done => Ok(done?),
                },
            }
        })
    }

    /// The participant whom a reference means.
    pub(super) fn participant(&self, reference: &ParticipantRef) -> Result<ParticipantId, CommandError> {
        let found = match reference {
            ParticipantRef::Id(id) => self.runtime.block_on(self.registry.participant(*id))?,
            ParticipantRef::External { study, external_id } => self.runtime.block_on(async {
                let Some(study) = self.registry.study_by_name(study).await? else { return Ok(None) };
                self.registry.participant_by_external(study.id, external_id).await
            })?,
        };
        Ok(found.ok_or(ApiError::ParticipantUnknown)?.id)
    }

    /// The study of a name.
    pub(super) fn study(&self, name: &str) -> Result<StudyId, CommandError> {
        let found = self.runtime.block_on(self.registry.study_by_name(name))?;
        Ok(found.ok_or_else(|| CommandError::StudyUnknown { name: name.to_owned() })?.id)
    }

    /// The instant of a moment: a day's beginning where a period starts, its end elsewhere.
    pub(super) fn instant(
        &self,
        id: ParticipantId,
        moment: Moment,
        starts: bool,
    ) -> Result<i64, CommandError> {
        let day = |date: NaiveDate| -> Result<i64, CommandError> {
            let zones = self.runtime.block_on(crate::zones::home_zones(&self.registry, id))?;
            let bounds = zones.bounds(date).map_err(ApiError::from)?;
            Ok(if starts { bounds.start } else { bounds.end })
        };
        match moment {
            Moment::At(at) => Ok(at.timestamp_millis()),
            Moment::Day(date) => day(date),
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}

/// A runtime that ends in bounded time. Seen twice, on a machine under load: a command had done all that it was to do,
/// and one of its runtime's threads stayed busy for ever, and with it the command.
pub(super) struct Ending(Option<Runtime>);

const END_PATIENCE: Duration = Duration::from_secs(5);

impl Ending {
    pub(super) fn new() -> std::io::Result<Self> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Ok(Self(Some(builder.worker_threads(2).enable_all().build()?)))
    }
}

impl std::ops::Deref for Ending {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        match &self.0 {
            Some(runtime) => runtime,
            None => unreachable!("it is taken where it is dropped"),
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_timeout(END_PATIENCE);
        }
    }
}

impl Drop for Context {
    /// Ends the registry's connections while the runtime is there to do it.
    fn drop(&mut self) {
        let close = async { tokio::time::timeout(WORKER_PATIENCE, self.registry.close()).await };
        let _ = self.runtime.block_on(close);
    }
}

/// A fresh folder that goes with the value.
pub(super) struct FreshFolder(PathBuf);

impl FreshFolder {
    pub(super) fn new() -> Result<Self, CommandError> {
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(|_| ApiError::NoRandomness)?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = std::env::temp_dir().join(format!("foulee-demo-{name}"));
        let mut builder = std::fs::DirBuilder::new();
        // Real people's readings may lie in it.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
