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
            let left = self.limit.saturating_sub(since.elapsed());
            if self.tally.has_ended() {
                return Ok(Heard::GaveUp);
            }
            let asked = match delay {
                Delay::Unreachable(source) if left.is_zero() => {
                    self.tally.end();
                    return Err(SimError::Unreachable(source));
                }
                Delay::Later { status, .. } if left.is_zero() => {
                    self.tally.give_up(status);
                    return Ok(Heard::GaveUp);
                }
                Delay::Unreachable(_) => None,
                Delay::Later { after, .. } => after,
            };
            let own = longest.mul_f64(0.5 + 0.5 * self.chance.unit());
            let pause = asked.map_or(own, |asked| asked.min(LONGEST_RETRY_AFTER) + own);
            std::thread::sleep(pause.min(left));
            longest = (longest * 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Purpose;
    use super::*;

    fn patience(tally: &Tally, limit: Duration) -> Patience<'_> {
        Patience { limit, chance: Chance::new(1, Purpose::Pauses, 0, 0), tally }
    }

    fn later(after_s: u64) -> Delay {
        Delay::Later { status: 429, after: Some(Duration::from_secs(after_s)) }
    }

    #[test]
    fn what_the_server_asks_for_is_waited_for() {
        let tally = Tally::default();
        let (begun, mut asked) = (Instant::now(), 0);
        let heard = patience(&tally, Duration::from_secs(60)).ask(|| {
            asked += 1;
            if asked == 1 { Err(later(1)) } else { Ok(asked) }
        });
        assert!(matches!(heard, Ok(Heard::Said(2))));
        assert!(begun.elapsed() >= Duration::from_secs(1) && tally.retries.get() == 1);
    }

    #[test]
    fn patience_ends_for_all_at_once() {
        let tally = Tally::default();
        let begun = Instant::now();
        let heard = patience(&tally, Duration::from_millis(200)).ask(|| Err::<(), _>(later(20)));
        assert!(matches!(heard, Ok(Heard::GaveUp)) && tally.gave_up_at() == Some(429));
        let heard = patience(&tally, Duration::from_secs(60)).ask(|| Err::<(), _>(later(20)));
        assert!(matches!(heard, Ok(Heard::GaveUp)));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn nobody_there_is_a_failure() {
        let tally = Tally::default();
        let nobody = || Err::<(), _>(Delay::Unreachable(Box::new(ureq::Error::ConnectionFailed)));
        let heard = patience(&tally, Duration::from_millis(100)).ask(nobody);
        assert!(matches!(heard, Err(error) if error.exit_code() == 4));
    }
}
