use std::collections::BTreeMap;

use foulee_contract::{ParticipantId, RejectCode};
use serde::Serialize;

use super::record::Refusal;

/// Most refused records that are named one by one; the rest are counted.
const MOST_NAMED: usize = 100;
/// Most kinds of record that are counted apart.
const MOST_KINDS: usize = 200;

/// What became of everything that is no reading, and of the readings that were refused.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) received: u64,
    pub(super) accepted: u64,
    /// Of the accepted; `None` where the store does not know.
    pub(super) new: Option<u64>,
    pub(super) rejected: Vec<RejectedRecord>,
    pub(super) rejected_total: u64,
    pub(super) not_kept: BTreeMap<String, u64>,
    pub(super) not_kept_total: u64,
}

/// A record that was refused.
#[derive(Debug, Serialize)]
pub(super) struct RejectedRecord {
    /// Its place in `data.records`, from 0.
    record: u64,
    code: RejectCode,
    field: &'static str,
    fix: String,
}

impl Counts {
    pub(super) fn refuse(&mut self, record: u64, refusal: Refusal) {
        self.rejected_total += 1;
        if self.rejected.len() < MOST_NAMED {
            let Refusal { code, field, fix } = refusal;
            self.rejected.push(RejectedRecord { record, code, field, fix: fix.into_owned() });
        }
    }

    pub(super) fn pass_over(&mut self, kind: &str) {
        self.not_kept_total += 1;
        let kind =
            if self.not_kept.len() < MOST_KINDS || self.not_kept.contains_key(kind) { kind } else { "…" };
        if let Some(count) = self.not_kept.get_mut(kind) {
            *count += 1;
        } else {
            self.not_kept.insert(kind.to_owned(), 1);
        }
    }
}

/// What the phone is told. The first three fields are what the SDK's own server answers; the rest are true counts:
/// `received` is the sum of `accepted`, `rejected_total` and `not_kept_total`, `accepted` that of `new` and `duplicate`.
#[derive(Debug, Serialize)]
pub(super) struct SyncAnswer {
    status_code: u16,
    response: &'static str,
    user_id: ParticipantId,
    received: u64,
    accepted: u64,
    new: Option<u64>,
    duplicate: Option<u64>,
    rejected_total: u64,
    rejected: Vec<RejectedRecord>,
    not_kept_total: u64,
    not_kept: BTreeMap<String, u64>,
}

impl SyncAnswer {
    pub(super) fn new(user_id: ParticipantId, mut counts: Counts) -> Self {
        counts.rejected.sort_by_key(|rejected| rejected.record);
        Self {
            status_code: 200,
            response: "Stored",
            user_id,
            received: counts.received,
            accepted: counts.accepted,
            new: counts.new,
            duplicate: counts.new.map(|new| counts.accepted - new),
            rejected_total: counts.rejected_total,
            rejected: counts.rejected,
            not_kept_total: counts.not_kept_total,
            not_kept: counts.not_kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_made_to_fill_memory_is_counted_all_the_same() {
        let mut counts = Counts::default();
        for number in 0..1_000 {
            counts.pass_over(&format!("kind {number}"));
            counts.refuse(number, super::super::record::NO_RECORD);
        }
        assert_eq!((counts.not_kept_total, counts.rejected_total), (1_000, 1_000));
        assert_eq!((counts.not_kept.len(), counts.rejected.len()), (MOST_KINDS + 1, MOST_NAMED));
        assert_eq!(counts.not_kept.values().sum::<u64>(), 1_000);
    }
}
