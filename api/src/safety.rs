//! Safety: what a red flag stops, who lifts it, and what is said meanwhile.
//!
//! It rests on the registry alone, and is looked up whenever somebody is answered: no worker, store, quiet hour or limit
//! stands between a red flag and what it withholds (clinical design, section C0).

use std::collections::BTreeMap;

use foulee_contract::{ParticipantId, RedFlag, SafetyTier, TextDoc};
use serde::Serialize;

use crate::ApiError;
use crate::feed::rfc3339;
use crate::pages::{Lang, safety_text};
use crate::registry::{Clearer, OneTimeCode, Registry, SafetyChange, SafetyEntry};

/// How long a code on paper holds at most, and where nothing else is asked for, days: until an appointment can be had. [D]
pub const CODE_DAYS: u32 = 30;

/// What is stopped: target, progression and motivation are withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The gravest of what was raised and is not cleared.
    pub tier: SafetyTier,
    /// What was raised and is not cleared.
    pub codes: Vec<RedFlag>,
    /// Since when it acts, ms UTC.
    pub since_ms: i64,
}

/// What holds after all that was recorded, in the order in which it was.
///
/// A professional, or the practitioner who holds a code, clears everything that was raised before; the person's own
/// statement clears the tier `review` alone. Signs of the tier `history` stop nothing. A later correction of a report lifts
/// nothing: what was raised is cleared, or stands.
#[must_use]
pub fn open_stop(entries: &[SafetyEntry]) -> Option<Stop> {
    let mut open: BTreeMap<RedFlag, i64> = BTreeMap::new();
    for entry in entries {
        match entry.change {
            SafetyChange::Raised { code, .. } if code.tier() != SafetyTier::History => {
                open.entry(code).or_insert(entry.recorded_ms);
            }
            SafetyChange::Raised { .. } => {}
            SafetyChange::Cleared { by: Clearer::OwnStatement } => {
                open.retain(|code, _| code.tier() != SafetyTier::Review);
            }
            SafetyChange::Cleared { by: Clearer::Professional | Clearer::GeneralPractitioner } => {
                open.clear()
            }
        }
    }
    let tier = open.keys().map(|code| code.tier()).min()?;
    let since_ms = open.values().copied().min()?;
    Some(Stop { tier, codes: open.into_keys().collect(), since_ms })
}

/// What was ever said of a person's history that whoever enrols them is to know.
#[must_use]
pub fn history(entries: &[SafetyEntry]) -> Vec<RedFlag> {
    let mut codes: Vec<RedFlag> = entries
        .iter()
        .filter_map(|entry| match entry.change {
            SafetyChange::Raised { code, .. } if code.tier() == SafetyTier::History => Some(code),
            _ => None,
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// What is stopped for a participant now.
///
/// # Errors
/// The registry failed.
pub async fn stop_of(registry: &Registry, id: ParticipantId) -> Result<Option<Stop>, ApiError> {
    Ok(open_stop(&registry.safety(id).await?))
}

/// What holds of a participant's safety, as the command and the feed give it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SafetyDoc {
    participant: ParticipantId,
    /// `clear`, `review` or `urgent`.
    state: &'static str,
    codes: Vec<&'static str>,
    since: Option<String>,
    /// What is said to the person meanwhile.
    text: Option<TextDoc>,
    /// What whoever enrols them is to know; it stops nothing.
    history: Vec<&'static str>,
    entries: Vec<EntryDoc>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct EntryDoc {
    event: &'static str,
    code: Option<&'static str>,
    tier: Option<&'static str>,
    by: Option<&'static str>,
    effective_at: String,
    recorded_at: String,
}

impl EntryDoc {
    fn of(entry: &SafetyEntry) -> Self {
        let (event, code, by) = match entry.change {
            SafetyChange::Raised { code, .. } => ("raised", Some(code), None),
            SafetyChange::Cleared { by } => ("cleared", None, Some(by.as_str())),
        };
        Self {
            event,
            code: code.map(RedFlag::as_str),
            tier: code.map(|code| code.tier().as_str()),
            by,
            effective_at: rfc3339(entry.effective_ms),
            recorded_at: rfc3339(entry.recorded_ms),
        }
    }
}

/// A stop in short, where something else is asked for that it withholds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StopDoc {
    state: &'static str,
    since: String,
    text: TextDoc,
}

impl StopDoc {
    /// Of what is stopped.
    ///
    /// # Errors
    /// A catalogue that cannot be read.
    pub fn of(stop: &Stop) -> Result<Self, ApiError> {
        Ok(Self { state: stop.tier.as_str(), since: rfc3339(stop.since_ms), text: words(stop)? })
    }
}

impl StopDoc {
    /// In one line, for people at a terminal.
    pub(crate) fn line(&self) -> String {
        format!(
            "stopped for safety ({}) since {}: the target is withheld. {}",
            self.state, self.since, self.text.en
        )
    }
}

/// What is said to the person while something is stopped, in both languages.
fn words(stop: &Stop) -> Result<TextDoc, ApiError> {
    let said = |lang| safety_text(stop.tier == SafetyTier::Urgent, lang);
    Ok(TextDoc { fr: said(Lang::Fr)?, en: said(Lang::En)? })
}

/// All about a participant's safety.
///
/// # Errors
/// The registry failed.
pub async fn doc(registry: &Registry, id: ParticipantId) -> Result<SafetyDoc, ApiError> {
    let entries = registry.safety(id).await?;
    let stop = open_stop(&entries);
    Ok(SafetyDoc {
        participant: id,
        state: stop.as_ref().map_or("clear", |stop| stop.tier.as_str()),
        codes: stop.iter().flat_map(|stop| &stop.codes).map(|code| code.as_str()).collect(),
        since: stop.as_ref().map(|stop| rfc3339(stop.since_ms)),
        text: stop.as_ref().map(words).transpose()?,
        history: history(&entries).into_iter().map(RedFlag::as_str).collect(),
        entries: entries.iter().map(EntryDoc::of).collect(),
    })
}

/// Lifts what is stopped, where this clearer may; what is stopped afterwards.
///
/// # Errors
/// [`ApiError::ProfessionalNeeded`] for a person's own statement about something urgent; the registry failed.
pub async fn clear(
    registry: &Registry,
    id: ParticipantId,
    by: Clearer,
    now_ms: i64,
) -> Result<Option<Stop>, ApiError> {
    let Some(stop) = stop_of(registry, id).await? else { return Ok(None) };
    if by == Clearer::OwnStatement && stop.tier == SafetyTier::Urgent {
        return Err(ApiError::ProfessionalNeeded);
    }
    registry.clear_safety(id, by, now_ms).await?;
    stop_of(registry, id).await
}

/// A code for the general practitioner to lift what is stopped, and when it ends, ms UTC.
///
/// # Errors
/// [`ApiError::NothingStopped`]; the registry failed, or the system gives no random numbers.
pub async fn clearing_code(
    registry: &Registry,
    id: ParticipantId,
    days: u32,
    now_ms: i64,
) -> Result<(OneTimeCode, i64), ApiError> {
    if stop_of(registry, id).await?.is_none() {
        return Err(ApiError::NothingStopped);
    }
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| ApiError::NoRandomness)?;
    let expires_ms = now_ms + i64::from(days) * 86_400_000;
    Ok((registry.add_clearing_code(id, random, now_ms, expires_ms).await?, expires_ms))
}

#[cfg(test)]
mod tests {
    use foulee_contract::RedFlag::{AgeAtOnset, Fever, NightPain, Sphincter};
    use proptest::prelude::*;

    use super::*;

    fn raised(code: RedFlag) -> SafetyChange {
        SafetyChange::Raised { code, report: None }
    }

    fn cleared(by: Clearer) -> SafetyChange {
        SafetyChange::Cleared { by }
    }

    fn after(changes: &[SafetyChange]) -> Option<Stop> {
        let entries: Vec<SafetyEntry> = (1..)
            .zip(changes)
            .map(|(number, change)| SafetyEntry {
                number,
                change: *change,
                effective_ms: 0,
                recorded_ms: number * 10,
            })
            .collect();
        open_stop(&entries)
    }

    #[test]
    fn the_gravest_holds_until_who_may_clears_it() {
        use Clearer::{GeneralPractitioner, OwnStatement, Professional};
        assert_eq!(after(&[]), None);
        assert_eq!(after(&[raised(AgeAtOnset)]), None);
        let stop = after(&[raised(NightPain), raised(Sphincter), raised(NightPain)]).unwrap();
        let expected = Stop { tier: SafetyTier::Urgent, codes: vec![Sphincter, NightPain], since_ms: 10 };
        assert_eq!(stop, expected);
        let own = after(&[raised(NightPain), raised(Sphincter), cleared(OwnStatement)]).unwrap();
        assert_eq!((own.tier, own.codes, own.since_ms), (SafetyTier::Urgent, vec![Sphincter], 20));
        for by in [Professional, GeneralPractitioner] {
            assert_eq!(after(&[raised(Sphincter), cleared(by)]), None);
            // What comes after it is a stop of its own.
            assert_eq!(after(&[cleared(by), raised(Fever)]).unwrap().tier, SafetyTier::Review);
        }
    }

    proptest! {
        #[test]
        fn saying_it_again_changes_nothing_and_only_a_clearance_lifts(
            codes in proptest::collection::vec(0..RedFlag::ALL.len(), 0..8),
        ) {
            let changes: Vec<SafetyChange> = codes.iter().map(|at| raised(RedFlag::ALL[*at])).collect();
            let twice: Vec<SafetyChange> = changes.iter().chain(&changes).copied().collect();
            prop_assert_eq!(after(&changes), after(&twice));
            let acting = codes.iter().any(|at| RedFlag::ALL[*at].tier() != SafetyTier::History);
            prop_assert_eq!(after(&changes).is_some(), acting);
        }
    }
}
