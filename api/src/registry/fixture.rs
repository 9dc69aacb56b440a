use foulee_contract::ParticipantId;
use tempfile::TempDir;

use super::{NewParticipant, Registry};

/// Some instant, ms UTC.
pub(super) const NOW: i64 = 1_790_000_000_000;

/// A registry in a folder of its own, on a real disk.
pub(super) async fn opened() -> (TempDir, Registry) {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path()).await.unwrap();
    (folder, registry)
}

/// The id of the person of this number; its bytes and its text are found nowhere by chance.
pub(super) fn person(number: u16) -> ParticipantId {
    let [high, low] = number.to_be_bytes();
    ParticipantId::from_parts(NOW as u64, [0xA5, 0x5A, 0xC3, 0x3C, 0x96, 0x69, 0xE1, 0x1E, high, low])
}

/// Adds the person of this number, in no study.
pub(super) async fn added(registry: &Registry, number: u16) -> ParticipantId {
    let new = NewParticipant { id: person(number), external_id: None, study: None };
    registry.add_participant(new, NOW).await.unwrap();
    person(number)
}
