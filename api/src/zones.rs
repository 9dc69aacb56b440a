//! Where a participant's days begin and end.

use foulee_analytics::HomeZones;
use foulee_contract::ParticipantId;

use crate::ApiError;
use crate::registry::Registry;

/// A participant's home zones; UTC where nobody gave one.
///
/// # Errors
/// When the registry fails.
pub async fn home_zones(registry: &Registry, participant: ParticipantId) -> Result<HomeZones, ApiError> {
    let timeline: Vec<_> =
        registry.home_zones(participant).await?.into_iter().map(|zone| (zone.from_ms, zone.zone)).collect();
    Ok(if timeline.is_empty() { HomeZones::fixed(chrono_tz::UTC) } else { HomeZones::new(timeline)? })
}
