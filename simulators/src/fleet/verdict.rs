//! What came of a run, as one line of JSON.

use serde::Serialize;

/// What came of a run. Its keys are a contract.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// Distinct good readings that the devices made.
    pub emitted: u64,
    /// Those of them that the server said it accepted.
    pub acknowledged: u64,
    /// Those of them that it does not give back with the same value.
    pub missing: u64,
    /// Readings that it gives back more than once, or that were never emitted.
    pub duplicated: u64,
    /// Emitted and never acknowledged.
    pub unacknowledged: u64,
    /// Given back with another UTC offset or way of recording.
    pub provenance_lost: u64,
    /// Corrupt batches, and bad readings within good ones, that were refused.
    pub refused_as_expected: u64,
    /// Readings that nobody may accept, which the server said it accepted.
    pub wrongly_accepted: u64,
    /// Times that a good reading was refused.
    pub wrongly_refused: u64,
    /// People, each with a device.
    pub people: u32,
    /// Good batches posted, each time.
    pub batches: u64,
    /// Those of them that had been posted before.
    pub resent: u64,
    /// Corrupt batches posted.
    pub corrupt: u64,
    /// Times that something was tried again, because the server did not answer or asked to come later.
    pub retries: u64,
    /// Time of sending.
    pub seconds: f64,
    /// Time of reading back.
    pub read_back_seconds: f64,
    /// Acknowledged readings a second of sending.
    pub readings_per_second: u64,
    /// The first differences, and why sending was given up, in words.
    #[serde(skip)]
    pub examples: Vec<String>,
}

impl Verdict {
    /// Whether everything emitted was acknowledged and is held once, as it was emitted, and nothing else is.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.missing + self.duplicated + self.unacknowledged + self.provenance_lost + self.wrongly_accepted
            == 0
    }
}
