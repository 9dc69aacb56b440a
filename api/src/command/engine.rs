//! Which store a command works on.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "influx")]
use foulee_ingest::{JournalBounds, JournaledStore, Upkeep};
#[cfg(feature = "influx")]
use foulee_store::influx::{InfluxOptions, InfluxStore};
use foulee_store::{EmbeddedStore, Health, Store, StoreUrl};

use super::CommandError;
#[cfg(feature = "influx")]
use super::context::system_clock;
use crate::cli::Global;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A service that holds the folder.
    Serve,
    /// A command that holds the folder.
    Command,
    /// To read beside the process that holds it.
    Beside,
}

/// An opened store.
pub(super) struct Engine {
    pub(super) store: Arc<dyn Store>,
    /// The same, where it is in InfluxDB behind a journal.
    #[cfg(feature = "influx")]
    pub(super) journaled: Option<Arc<JournaledStore>>,
}

/// The store that was asked for, or the data folder's own.
pub(super) fn chosen(global: &Global, folder: &Path) -> Result<StoreUrl, CommandError> {
    match &global.store {
        Some(url) => Ok(url.clone()),
        // An empty embedded store beside it would look as if nothing had ever been received.
        None if folder.join("influx.db").exists() => Err(CommandError::StoreNotNamed),
        None => Ok(StoreUrl::Embedded(None)),
    }
}

/// Opens a store whose own files are in `folder`; called within the runtime that is to carry it.
pub(super) fn open(
    global: &Global,
    url: &StoreUrl,
    folder: &Path,
    purpose: Purpose,
) -> Result<Engine, CommandError> {
    match url {
        StoreUrl::Embedded(other) => {
            let folder = other.as_deref().unwrap_or(folder);
            let store: Arc<dyn Store> = match purpose {
                Purpose::Beside => Arc::new(EmbeddedStore::open_read_only(folder)?),
                _ => Arc::new(EmbeddedStore::open(folder)?),
            };
            Ok(Engine {
                store,
                #[cfg(feature = "influx")]
                journaled: None,
            })
        }
        #[cfg(not(feature = "influx"))]
        StoreUrl::Influx(_) => {
            let _ = global;
            Err(CommandError::InfluxMissing)
        }
        #[cfg(feature = "influx")]
        StoreUrl::Influx(url) => {
            let options = influx_options(global, url)?;
            if purpose == Purpose::Beside {
                let store: Arc<dyn Store> = Arc::new(InfluxStore::open_read_only(folder, options)?);
                return Ok(Engine { store, journaled: None });
            }
            let mut bounds = JournalBounds::default();
            bounds.max_bytes = global.journal_max_bytes.unwrap_or(bounds.max_bytes);
            bounds.keep_ms = global.journal_days.map_or(bounds.keep_ms, |days| i64::from(days) * 86_400_000);
            let upkeep = if purpose == Purpose::Serve { Upkeep::Service } else { Upkeep::Command };
            let store = Arc::new(JournaledStore::open(folder, options, bounds, upkeep)?);
            let journaled = Some(Arc::clone(&store));
            Ok(Engine { store, journaled })
        }
    }
}

#[cfg(feature = "influx")]
pub(super) fn influx_options(
    global: &Global,
    url: &foulee_store::InfluxUrl,
) -> Result<InfluxOptions, CommandError> {
    let token = match (&global.influx_token, &global.influx_token_file) {
        (Some(token), _) => Some(token.trim().to_owned()),
        (None, Some(path)) => {
            let read = std::fs::read_to_string(path);
            let text = read.map_err(|source| CommandError::File { path: path.clone(), source })?;
            Some(text.trim().to_owned())
        }
        (None, None) => None,
    };
    let random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
    Ok(InfluxOptions { url: url.clone(), token, clock: system_clock(), random })
}

/// A remote store that does not answer now is no reason not to begin: what it owes is done later.
pub(super) fn later(error: &foulee_store::StoreError) -> Result<bool, foulee_store::StoreError> {
    tracing::warn!(error = error as &dyn std::error::Error, "the store could not be scrubbed yet");
    Ok(false)
}

const POLL: Duration = Duration::from_millis(50);

/// Waits until what is acknowledged can be read, for as long as the store works, and so long where it does not; whether
/// it can.
pub(super) async fn settled(store: &dyn Store, patience: Duration) -> bool {
    let mut works_ms = Instant::now();
    let mut forwarded = 0;
    loop {
        let Some(backlog) = store.backlog() else { return true };
        if backlog.waiting == 0 {
            return true;
        }
        if backlog.health != Health::Degraded && backlog.forwarded > forwarded {
            works_ms = Instant::now();
        }
        forwarded = backlog.forwarded;
        if works_ms.elapsed() >= patience {
            return false;
        }
        tokio::time::sleep(POLL).await;
    }
}
