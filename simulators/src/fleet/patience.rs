//! Trying again, for as long as there is patience.

use std::time::{Duration, Instant};

use super::chance::Chance;
use super::server::Delay;
use super::tally::Tally;
use crate::error::SimError;

/// First and longest pause after a failure.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Longest that a server may ask to wait at a time.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

/// How long anything is tried, and the chance that keeps many from trying at the same moment.
pub(super) struct Patience<'a> {
    pub(super) limit: Duration,
    pub(super) chance: Chance,
    pub(super) tally: &'a Tally,
}

/// What came of asking.
pub(super) enum Heard<T> {
    Said(T),
    /// The server asked to come again later until there was no patience left, or somebody else has given up.
    GaveUp,
}

impl Patience<'_> {
    /// Asks until there is an answer.
    ///
    /// # Errors
    /// When nobody answers for as long as there is patience.
    pub(super) fn ask<T>(
        &mut self,
        mut question: impl FnMut() -> Result<T, Delay>,
    ) -> Result<Heard<T>, SimError> {
        let since = Instant::now();
        let mut longest = PAUSE;
        loop {
            let delay = match question() {
                Ok(answer) => return Ok(Heard::Said(answer)),
                Err(delay) => delay,
            };
            self.tally.retries.add(1);
            let (asked, source) = match delay {
                Delay::Later(after) => (after, None),
                Delay::Unreachable(error) => (None, Some(error)),
            };
            let left = self.limit.saturating_sub(since.elapsed());
            if self.tally.has_ended() {
                return Ok(Heard::GaveUp);
            }
            if left.is_zero() {
                self.tally.end();
                return source.map_or(Ok(Heard::GaveUp), |source| Err(SimError::Unreachable(source)));
            }
            let own = longest.mul_f64(0.5 + 0.5 * self.chance.unit());
            let pause = asked.map_or(own, |asked| asked.min(LONGEST_RETRY_AFTER) + own);
            std::thread::sleep(pause.min(left));
            longest = (longest * 2).min(LONGEST_PAUSE);
        }
    }
}
