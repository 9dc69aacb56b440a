//! People as a whole: adding somebody, and erasing them from every store.

use foulee_contract::ParticipantId;
use foulee_store::Store;
use serde::{Deserialize, Serialize};

use crate::ApiError;
use crate::registry::{NewParticipant, OneTimeCode, Registry, SINCE_EVER};

/// Somebody to be added.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// Their id; a new one where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ParticipantId>,
    /// The id that an export uses for them. Found again within a study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Their study, made if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<String>,
    /// The IANA zone in which they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The year of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<i64>,
}

/// A new pseudonym.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_id(now_ms: i64) -> Result<ParticipantId, ApiError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| ApiError::NoRandomness)?;
    Ok(ParticipantId::from_parts(now_ms.unsigned_abs(), random))
}

/// A new secret.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_secret() -> Result<[u8; 32], ApiError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| ApiError::NoRandomness)?;
    Ok(secret)
}

/// For how many days a code of a phone may hold.
#[derive(Clone, Copy, Debug)]
pub struct CodeDays {
    /// At least.
    pub least: u32,
    /// Where nothing else is asked for.
    pub default: u32,
    /// At most.
    pub most: u32,
}

impl CodeDays {
    /// Whether so many are admitted.
    #[must_use]
    pub fn contains(self, days: u32) -> bool {
        (self.least..=self.most).contains(&days)
    }
}

/// A week is from one visit to the next; a month is as long as [`crate::http`] lets nobody guess a code.
pub const CODE_DAYS: CodeDays = CodeDays { least: 1, default: 7, most: 30 };

/// Makes a one-time code that lets a participant's phone send, and says when it ends, ms UTC.
///
/// # Errors
/// The participant is unknown; the system gives no random numbers.
pub async fn enrol(
    registry: &Registry,
    id: ParticipantId,
    days: u32,
    now_ms: i64,
) -> Result<(OneTimeCode, i64), ApiError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| ApiError::NoRandomness)?;
    let expires_ms = now_ms + i64::from(days) * 86_400_000;
    Ok((registry.add_enrolment(id, random, now_ms, expires_ms).await?, expires_ms))
}

/// Adds somebody; with a study and an external id, finds them again if they are there. Whether they are new.
///
/// # Errors
/// When a name or zone is not admitted, or the id is taken.
pub async fn add(
    registry: &Registry,
    new: &NewPerson,
    now_ms: i64,
) -> Result<(ParticipantId, bool), ApiError> {
    let zone = match &new.time_zone {
        Some(zone) if zone.parse::<chrono_tz::Tz>().is_err() => {
            return Err(crate::registry::RegistryError::ZoneUnknown.into());
        }
        zone => zone,
    };
    let study = match &new.study {
        Some(name) => Some(registry.study_of(name, now_ms).await?),
        None => None,
    };
    let (id, created) = match (new.id, study, &new.external_id) {
        (None, Some(study), Some(external_id)) => {
            registry.participant_of_external(study, external_id, new_id(now_ms)?, now_ms).await?
        }
        (id, study, external_id) => {
            let id = id.map_or_else(|| new_id(now_ms), Ok)?;
            let new = NewParticipant { id, external_id: external_id.as_deref(), study };
            registry.add_participant(new, now_ms).await?;
            (id, true)
        }
    };
    // What is known already stays: a second import must not move somebody's days.
    if let (Some(zone), true) = (zone, registry.home_zones(id).await?.is_empty()) {
        registry.set_home_zone(id, SINCE_EVER, zone, now_ms).await?;
    }
    if let (Some(year), true) = (new.birth_year, created) {
        registry.set_birth_year(id, Some(year), now_ms).await?;
    }
    Ok((id, created))
}

/// What an erasure took away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedDoc {
    /// Readings.
    pub readings: u64,
    /// Series.
    pub series: u64,
    /// Whether no byte of the id is left in the files; if false, the service goes on trying, and so does the next start.
    pub scrubbed: bool,
}

/// Erases somebody from the registry, then from the store. From the first moment on nothing more of them is accepted.
///
/// # Errors
/// [`ApiError::ParticipantUnknown`]; when a store fails, asking again goes on where it stopped.
pub async fn erase(
    registry: &Registry,
    store: &dyn Store,
    id: ParticipantId,
    now_ms: i64,
) -> Result<ErasedDoc, ApiError> {
    let known = registry.erase_participant(id, new_secret()?, now_ms).await?;
    let erased = store.erase(id).await?;
    if known.is_none() && erased.series == 0 {
        return Err(ApiError::ParticipantUnknown);
    }
    let scrubbed = known.is_none_or(|known| known.scrubbed) && erased.scrubbed;
    Ok(ErasedDoc { readings: erased.readings, series: erased.series, scrubbed })
}

/// Scrubs what an erasure left in the files because somebody was reading them, also an earlier process's; whether nothing
/// is left.
///
/// # Errors
/// A database failed.
pub async fn scrub(registry: &Registry, store: &dyn Store) -> Result<bool, ApiError> {
    // Both, whatever one of them says.
    let (in_registry, in_store) = (registry.scrub().await, store.scrub().await);
    Ok(in_registry? && in_store?)
}
