//! Whether every hop gave something.

use std::time::Duration;

use foulee_analytics::programme::QuotaKind;
use foulee_contract::ParticipantId;
use serde::Serialize;

use super::wrist::WristToPage;
use crate::adherence::AdherenceDoc;
use crate::ask;
use crate::client::Client;
use crate::command::CommandError;
use crate::command::serve::Running;

/// How long `--check` waits for a service that it started itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is printed.
#[derive(Serialize)]
pub(super) struct Check {
    readings: u64,
    days: u64,
    adherence: AdherenceDoc,
    page_bytes: usize,
    /// With wearables alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wrist_to_page_ms: Option<WristToPage>,
}

/// Every hop once: readings stored, days computed, adherence judged, the page fetched over HTTP.
pub(super) fn check(
    running: &Running,
    runtime: &tokio::runtime::Runtime,
    id: ParticipantId,
    now_ms: i64,
) -> Result<Check, CommandError> {
    let registry = &running.service.registry;
    let store = &*running.service.store;
    let readings = runtime.block_on(store.stats())?.readings;
    let mut days = 0;
    for participant in runtime.block_on(registry.participants(None, None, crate::registry::MAX_PAGE))? {
        days += runtime.block_on(registry.day_row_digests(participant.id))?.len() as u64;
    }
    let period = runtime.block_on(ask::period(registry, id, None, None, now_ms))?;
    let adherence = runtime.block_on(ask::adherence(registry, store, id, period, QuotaKind::Steps, None))?;
    let client = Client::to(&format!("http://{}", running.address), &running.token);
    let started = std::time::Instant::now();
    let page = loop {
        match client.page(&format!("/p/{id}?lang=fr")) {
            Ok(page) => break page,
            Err(_) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(100)),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the page was not served");
                return Err(CommandError::NothingProduced { hop: "page" });
            }
        }
    };
    for (hop, empty) in [
        ("reading", readings == 0),
        ("day", days == 0),
        ("valid day", adherence.valid_days() == 0),
        ("page with a plot", !page.contains("<svg")),
    ] {
        if empty {
            return Err(CommandError::NothingProduced { hop });
        }
    }
    Ok(Check { readings, days, adherence, page_bytes: page.len(), wrist_to_page_ms: None })
}
