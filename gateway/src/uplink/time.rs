//! The service's clock, which the gateway's own is held against before anything is sent.

use std::time::{Duration, Instant};

use super::Uplink;

/// Looks at a clock that seems to be off: enough to see one of its seconds begin.
const LOOKS: u32 = 14;
const BETWEEN_LOOKS: Duration = Duration::from_millis(90);
/// How far answers of one service may lie apart: its machines' clocks, and a proxy's. [D]
const BETWEEN_ANSWERS_MS: i64 = 2_000;
/// A service that does not say what time it is, is asked again after so long.
const ASK_AGAIN: Duration = Duration::from_secs(600);

impl Uplink<'_> {
    /// Holds the gateway's clock against the service's, where that was not done since it jumped or the last answer showed
    /// another time. A pause where the service is not reachable: then nothing could be sent either.
    pub(super) fn look_at_clock(&mut self) -> Option<Duration> {
        let differs = self.client.dated.take().is_some_and(|dated| !self.is_within(dated.truth_ms()));
        let in_vain = self.asked_time.is_some_and(|at| at.elapsed() < ASK_AGAIN);
        if in_vain || (self.clock.is_held() && !differs) {
            return None;
        }
        let Some((mut least, mut greatest)) = (match self.client.time() {
            Ok(dated) => dated.map(|dated| dated.truth_ms()),
            Err(error) => {
                let error: &dyn std::error::Error = &*error;
                tracing::warn!(error, "the service does not answer; readings wait in the spool");
                return Some(self.pause());
            }
        }) else {
            tracing::warn!(
                "the service does not say what time it is; this machine's clock is taken at its word"
            );
            self.asked_time = Some(Instant::now());
            return None;
        };
        let mut looks = 0;
        while !self.is_within((least, greatest)) && looks < LOOKS {
            looks += 1;
            std::thread::sleep(BETWEEN_LOOKS);
            if let Ok(Some(dated)) = self.client.time() {
                let (from, to) = dated.truth_ms();
                (least, greatest) = (least.max(from), greatest.min(to));
            }
        }
        if least > greatest + BETWEEN_ANSWERS_MS {
            tracing::warn!(
                "the service names times that contradict each other; this machine's clock is kept"
            );
            self.asked_time = Some(Instant::now());
            return None;
        }
        let now = self.clock.now();
        let ours = now.utc_ms - now.boot_ms;
        let truth_ms =
            if self.is_within((least, greatest)) { ours } else { least.midpoint(greatest.max(least)) };
        match self.clock.measured(truth_ms) {
            Ok(()) => {
                self.failures = 0;
                None
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "nothing can be sent yet");
                Some(self.pause())
            }
        }
    }

    /// Whether our clock may be right.
    fn is_within(&self, (least, greatest): (i64, i64)) -> bool {
        let now = self.clock.now();
        (least..=greatest).contains(&(now.utc_ms - now.boot_ms))
    }
}
