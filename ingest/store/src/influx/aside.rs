use foulee_contract::{Provenance, Series, Tuple};

use super::InfluxStore;
use crate::StoreError;
use crate::record;

/// A reading that InfluxDB refuses, kept with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Its series.
    pub series: Series,
    /// The reading.
    pub tuple: Tuple,
    /// Where and how it was recorded.
    pub provenance: Provenance,
    /// When it was received, ms UTC.
    pub received_ms: i64,
    /// What InfluxDB said.
    pub reason: String,
}

/// When a reading was received stands beside its record, so that it is the same record whenever it comes.
const UNSAID: i64 = 0;

impl InfluxStore {
    /// Sets a reading aside that InfluxDB will never take as it is; once, however often it comes. Whether it is new.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] when somebody was erased since `as_of` (an [`InfluxStore::erasures`] of before the reading
    /// was read); the index cannot be written.
    pub async fn set_aside(&self, aside: Aside, as_of: u64) -> Result<bool, StoreError> {
        let random = self.random;
        self.on_index(move |index| {
            // In one look with the making of series: nobody who is erased now is made anew.
            if as_of != index.erasures() {
                return Err(StoreError::Superseded);
            }
            let Aside { series, tuple, provenance, received_ms, reason } = aside;
            let row = record::encode(&series, &[(tuple, provenance)], UNSAID);
            let entry = index.entries_of(&[&series], random)?.into_iter().next();
            let Some(entry) = entry else { return Ok(false) };
            index.add_aside(entry.no, received_ms, &row, &reason)
        })
        .await
    }

    /// A reading that was set aside was taken after all.
    ///
    /// # Errors
    /// The index cannot be written.
    pub async fn forget_aside(&self, aside: Aside) -> Result<(), StoreError> {
        self.on_index(move |index| {
            let row = record::encode(&aside.series, &[(aside.tuple, aside.provenance)], UNSAID);
            index.forget_aside(&row)
        })
        .await
    }

    /// How many readings are set aside.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn aside_count(&self) -> Result<u64, StoreError> {
        self.on_index(|index| index.aside_count()).await
    }

    /// What is set aside: of one series, or all.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn asides(&self, of: Option<Series>) -> Result<Vec<Aside>, StoreError> {
        self.on_index(move |index| match of {
            None => index.asides(None),
            Some(series) => match index.entry(&series) {
                Some(entry) => index.asides(Some(entry.no)),
                None => Ok(Vec::new()),
            },
        })
        .await
    }
}
