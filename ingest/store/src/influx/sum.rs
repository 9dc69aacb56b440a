use foulee_contract::Tuple;

use super::index::Entry;
use super::rows::{Origin, Row};
use crate::Digest;

/// What the readings of a day of a series come to, in whatever order they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// How many.
    pub(super) n: u64,
    /// Of the tuples: the part of it in the store's digest.
    pub(super) digest: Digest,
    /// Of when and how each was recorded, which is no part of what a reading is and can be lost all the same.
    pub(super) origins: Digest,
}

impl Sum {
    /// Of what stands in InfluxDB.
    pub(super) fn of(entry: &Entry, rows: &[Row]) -> Self {
        rows.iter().fold(Self::default(), |sum, row| sum.with(entry, &row.stored.tuple, row.origin()))
    }

    /// With one more.
    pub(super) fn with(self, entry: &Entry, tuple: &Tuple, origin: Origin) -> Self {
        let hash = entry.hasher.hash(tuple);
        let origins = self.origins.plus(origin.hash(hash));
        Self { n: self.n + 1, digest: self.digest.plus(hash), origins }
    }

    /// With another origin of one that is in it.
    pub(super) fn changed(self, entry: &Entry, tuple: &Tuple, old: Origin, new: Origin) -> Self {
        let hash = entry.hasher.hash(tuple);
        Self { origins: self.origins.minus(old.hash(hash)).plus(new.hash(hash)), ..self }
    }
}
