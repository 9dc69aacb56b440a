use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foulee_contract::ParticipantId;

/// How often it is noted that a token sends somebody's readings, ms [D]: a device sends all day long, and each reading is
/// kept with the time at which it came.
const NOTE_EVERY_MS: i64 = 3_600_000;
/// Pairs remembered at once; forgetting them costs no more than an entry each.
const MAX_PAIRS: usize = 100_000;

/// Which token sent whose readings, and when that was last noted, ms UTC.
#[derive(Debug, Default)]
pub(super) struct Senders(Mutex<HashMap<(String, ParticipantId), i64>>);

impl Senders {
    /// Those of whom it is to be noted now.
    pub(super) fn due(&self, token: &str, people: &[ParticipantId], now_ms: i64) -> Vec<ParticipantId> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = |id: &ParticipantId| noted.get(&(token.to_owned(), *id));
        let is_due = |id: &&ParticipantId| last(id).is_none_or(|last| now_ms - last >= NOTE_EVERY_MS);
        people.iter().filter(is_due).copied().collect()
    }

    /// It was noted.
    pub(super) fn noted(&self, token: &str, people: &[ParticipantId], now_ms: i64) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() + people.len() > MAX_PAIRS {
            noted.clear();
        }
        noted.extend(people.iter().map(|id| ((token.to_owned(), *id), now_ms)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_noted_once_an_hour_a_token_and_person() {
        let id = |number: u8| ParticipantId::from_parts(1, [number; 10]);
        let senders = Senders::default();
        let people = [id(1), id(2)];
        assert_eq!(senders.due("a", &people, 0), people);
        assert_eq!(senders.due("a", &people, 0), people, "as long as it was not written");
        senders.noted("a", &people, 0);
        assert!(senders.due("a", &people, 3_599_999).is_empty());
        assert_eq!(senders.due("b", &people, 0), people);
        assert_eq!(senders.due("a", &[id(1), id(3)], 1), [id(3)]);
        assert_eq!(senders.due("a", &people, 3_600_000), people);
    }
}
