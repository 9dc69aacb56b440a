use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Asks every part of the gateway to end.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    inner: Arc<(Mutex<bool>, Condvar)>,
}

impl Stop {
    /// Asks.
    pub fn set(&self) {
        *self.inner.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.inner.1.notify_all();
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rests for so long, or until somebody asks; whether somebody did.
    pub fn wait(&self, time: Duration) -> bool {
        let set = self.inner.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, _) =
            self.inner.1.wait_timeout_while(set, time, |set| !*set).unwrap_or_else(PoisonError::into_inner);
        *set
    }
}
