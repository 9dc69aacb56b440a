use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that all requests together may hold: with the store's own queue it keeps the process under 256 MB. One batch
/// within the limits fits whatever the others hold back for a moment: 32 MiB unpacked and at most 52 MiB parsed.
const BUDGET_BYTES: usize = 96 << 20;

/// What is left of the memory set aside for requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget {
    used: Arc<AtomicUsize>,
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    used: Arc<AtomicUsize>,
    bytes: usize,
}

impl Budget {
    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { used: Arc::clone(&self.used), bytes: 0 }
    }
}

impl Share {
    /// Takes `bytes` more; whether they were left. One request alone always fits: a budget is shared, not a limit.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let before = self.used.fetch_add(bytes, Ordering::AcqRel);
        let alone = before == self.bytes;
        if before + bytes > BUDGET_BYTES && !alone {
            self.used.fetch_sub(bytes, Ordering::AcqRel);
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// Is `bytes` from now on: gives back what is more, takes what is missing; whether that was left.
    pub(crate) fn resize(&mut self, bytes: usize) -> bool {
        if let Some(missing) = bytes.checked_sub(self.bytes) {
            return self.grow(missing);
        }
        self.used.fetch_sub(self.bytes - bytes, Ordering::AcqRel);
        self.bytes = bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(budget: &Budget, bytes: usize) -> Option<Share> {
        let mut share = budget.share();
        share.grow(bytes).then_some(share)
    }

    #[test]
    fn what_is_not_left_is_refused_and_comes_back() {
        let budget = Budget::default();
        let first = take(&budget, BUDGET_BYTES - 10).expect("it is empty");
        assert!(take(&budget, 11).is_none());
        let second = take(&budget, 10).expect("just fits");
        drop(first);
        assert!(take(&budget, BUDGET_BYTES - 10).is_some());
        drop(second);
        assert!(take(&budget, 2 * BUDGET_BYTES).is_some(), "one alone always fits");
    }

    #[test]
    fn a_share_that_shrinks_leaves_room_for_others() {
        let budget = Budget::default();
        let mut first = take(&budget, BUDGET_BYTES).expect("it is empty");
        assert!(first.resize(BUDGET_BYTES - 10));
        let mut second = take(&budget, 10).expect("just fits");
        assert!(!second.resize(11) && second.resize(9) && second.resize(10));
    }
}
