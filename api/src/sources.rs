//! A participant's sources, and which of them is asked first where several recorded the same time.

use std::collections::BTreeSet;

use foulee_contract::{ParticipantId, Source};
use foulee_store::Store;
use serde::{Deserialize, Serialize};

use crate::ApiError;
use crate::registry::Registry;
use crate::worker::{Person, default_priority};

/// The preference of the first of those that were named; the registry's greatest wins.
const FIRST: i64 = 120;
/// How many can be named: more would come behind what is asked first by itself.
pub const MAX_NAMED: usize = 8;

/// A source as it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// Its key.
    pub source: String,
    /// 1 is asked first.
    pub rank: usize,
    /// Whether somebody said so, or its kind does.
    pub chosen: bool,
    /// What it recorded, in the order of their names.
    pub metrics: Vec<String>,
}

/// The sources of a participant, the one that is asked first first.
///
/// # Errors
/// When the registry or the store fails.
pub async fn sources(
    registry: &Registry,
    store: &dyn Store,
    id: ParticipantId,
) -> Result<Vec<SourceRow>, ApiError> {
    let person = Person::load(registry, store, id).await?.ok_or(ApiError::ParticipantUnknown)?;
    let series = store.series_of(id).await?;
    let rows = (1..).zip(&person.sources).map(|(rank, known)| {
        let of_it = series.iter().filter(|series| series.source == known.source);
        let metrics: BTreeSet<&str> = of_it.map(|series| series.metric.name()).collect();
        SourceRow {
            source: known.source.key().to_owned(),
            rank,
            chosen: known.priority != default_priority(known.source.kind()),
            metrics: metrics.into_iter().map(str::to_owned).collect(),
        }
    });
    Ok(rows.collect())
}

/// Says which sources are asked first, in this order; all others follow by their kind, also those that were named before.
/// Whether that was news.
///
/// # Errors
/// [`ApiError::SourceUnknown`] for one that the participant has not, [`ApiError::SourcesTooMany`]; when the registry or the
/// store fails.
pub async fn prefer(
    registry: &Registry,
    store: &dyn Store,
    id: ParticipantId,
    first: &[Source],
    now_ms: i64,
) -> Result<bool, ApiError> {
    if first.len() > MAX_NAMED {
        return Err(ApiError::SourcesTooMany { most: MAX_NAMED });
    }
    let person = Person::load(registry, store, id).await?.ok_or(ApiError::ParticipantUnknown)?;
    let known: Vec<&Source> = person.sources.iter().map(|known| &known.source).collect();
    if let Some(other) = first.iter().find(|source| !known.contains(source)) {
        let known: Vec<&str> = known.iter().map(|source| source.key()).collect();
        return Err(ApiError::SourceUnknown { source_key: other.key().to_owned(), known: known.join(", ") });
    }
    let mut is_news = false;
    for (rank, source) in (0..).zip(first) {
        is_news |= registry.set_source_priority(id, source, FIRST - rank, now_ms).await?;
    }
    for other in person.sources.iter().filter(|known| !first.contains(&known.source)) {
        let by_kind = default_priority(other.source.kind());
        if other.priority != by_kind {
            let preference = 127 - i64::from(by_kind);
            is_news |= registry.set_source_priority(id, &other.source, preference, now_ms).await?;
        }
    }
    Ok(is_news)
}
