use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that all requests together may hold: with the store's own queue it keeps the process under 256 MB.
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
    /// A share of `bytes`, or `None` where that much is not left.
    pub(crate) fn take(&self, bytes: usize) -> Option<Share> {
        let mut share = Share { used: Arc::clone(&self.used), bytes: 0 };
        share.grow(bytes).then_some(share)
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
}

impl Drop for Share {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_left_is_refused_and_comes_back() {
        let budget = Budget::default();
        let first = budget.take(BUDGET_BYTES - 10).expect("it is empty");
        assert!(budget.take(11).is_none());
        let second = budget.take(10).expect("just fits");
        drop(first);
        assert!(budget.take(BUDGET_BYTES - 10).is_some());
        drop(second);
        assert!(budget.take(2 * BUDGET_BYTES).is_some(), "one alone always fits");
    }
}
