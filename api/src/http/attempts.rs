use std::sync::{Mutex, PoisonError};

/// Tries at codes that anybody may make at once.
const AT_ONCE: i64 = 20;
/// One more each so often, ms. In a month, in which no code holds, 900,000 tries are made: of 10^12 codes.
const EVERY_MS: i64 = 3_000;

/// Counts tries at guessing a code. They are everybody's together: an address is easily changed.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// When the last of the tries that were made would have been due at one every [`EVERY_MS`], ms UTC.
    due_ms: Mutex<i64>,
}

impl Attempts {
    /// Whether a try may be made now; if so, it counts.
    pub(super) fn allow(&self, now_ms: i64) -> bool {
        let mut due_ms = self.due_ms.lock().unwrap_or_else(PoisonError::into_inner);
        // Only a clock that was set back leaves it so far ahead; that must not shut everybody out.
        let is_sound = *due_ms < now_ms + AT_ONCE * EVERY_MS;
        let due = if is_sound { (*due_ms).max(now_ms - EVERY_MS) } else { now_ms - EVERY_MS } + EVERY_MS;
        if due > now_ms + (AT_ONCE - 1) * EVERY_MS {
            return false;
        }
        *due_ms = due;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_at_once_and_then_one_every_three_seconds() {
        let attempts = Attempts::default();
        let now_ms = 1_774_872_000_000;
        let allowed = |at: i64| (0..100).filter(|_| attempts.allow(at)).count() as i64;
        assert_eq!(allowed(now_ms), AT_ONCE);
        assert_eq!(allowed(now_ms + EVERY_MS - 1), 0);
        assert_eq!(allowed(now_ms + 2 * EVERY_MS), 2);
        assert_eq!(allowed(now_ms + 10 * AT_ONCE * EVERY_MS), AT_ONCE);
        assert_eq!(allowed(now_ms - 86_400_000), AT_ONCE, "also when the clock is set back");
        assert_eq!(allowed(now_ms), AT_ONCE, "and forth");
    }
}
