use chrono::Datelike as _;
use foulee_analytics::{ALGORITHM_VERSION, HomeZones};
use foulee_contract::{Metric, ParticipantId, Series, Source, SourceKind};
use foulee_store::Store;
use sha2::{Digest as _, Sha256};

use crate::ApiError;
use crate::registry::Registry;
use crate::zones::home_zones;

/// What the days of a participant depend on beside the readings. When it changes, all of them are computed again.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub id: ParticipantId,
    /// Where their days begin and end.
    pub zones: HomeZones,
    /// For heart-rate zones.
    pub birth_year: Option<i64>,
    /// Their sources.
    pub sources: Vec<PersonSource>,
}

/// A source and how its readings are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSource {
    /// The source.
    pub source: Source,
    /// Lower is asked first.
    pub priority: u8,
    /// Whether it ever reported heart rate.
    pub has_heart_rate: bool,
    /// Whether it has a cumulative step counter.
    pub has_counter: bool,
}

impl Person {
    /// As the registry and the store know them now; `None` for somebody unknown.
    ///
    /// # Errors
    /// When the registry or the store fails.
    pub async fn load(
        registry: &Registry,
        store: &dyn Store,
        id: ParticipantId,
    ) -> Result<Option<Self>, ApiError> {
        let Some(participant) = registry.participant(id).await? else { return Ok(None) };
        let zones = home_zones(registry, id).await?;
        let chosen = registry.source_priorities(id).await?;
        let mut sources: Vec<PersonSource> = Vec::new();
        for Series { source, metric, .. } in store.series_of(id).await? {
            let (has_heart_rate, has_counter) = (metric == Metric::HeartRate, metric == Metric::StepCounter);
            match sources.iter_mut().find(|known| known.source == source) {
                Some(known) => {
                    known.has_heart_rate |= has_heart_rate;
                    known.has_counter |= has_counter;
                }
                None => {
                    let priority = chosen
                        .iter()
                        .find(|choice| choice.source == source)
                        // The registry's greatest comes first, analytics' smallest.
                        .and_then(|choice| u8::try_from(127_i64.saturating_sub(choice.priority)).ok())
                        .unwrap_or_else(|| default_priority(source.kind()));
                    sources.push(PersonSource { source, priority, has_heart_rate, has_counter });
                }
            }
        }
        sources.sort_by(|a, b| (a.priority, &a.source).cmp(&(b.priority, &b.source)));
        Ok(Some(Self { id, zones, birth_year: participant.birth_year, sources }))
    }

    /// The digest of all this and of the version of the code.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(ALGORITHM_VERSION);
        hash.update(format!("{:?}|{:?}|", self.zones, self.birth_year));
        for source in &self.sources {
            hash.update(format!("{}|{}|{}|", source.source.key(), source.priority, source.has_heart_rate));
        }
        hash.finalize().to_vec()
    }

    /// Age in whole years on a date, as far as a birth year tells.
    #[must_use]
    pub fn age_years(&self, date: chrono::NaiveDate) -> Option<u8> {
        self.birth_year.and_then(|year| u8::try_from(i64::from(date.year()) - year).ok())
    }
}

/// Worn devices before carried ones, steps-first wrist devices before straps, what is typed in last. [D]
pub(crate) fn default_priority(kind: SourceKind) -> u8 {
    match kind {
        SourceKind::Watch => 10,
        SourceKind::Ring => 20,
        SourceKind::Accelerometer => 25,
        SourceKind::FootPod => 30,
        SourceKind::Strap => 40,
        SourceKind::Unknown => 60,
        SourceKind::Phone => 70,
        SourceKind::Gateway => 80,
        SourceKind::Manual => 90,
    }
}
