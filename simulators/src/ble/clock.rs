//! Clocks: the simulation's, and those of devices, which are wrong.

use std::time::{Duration, Instant};

/// The simulation's clock: right, in real time, from an instant that may be chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start_ms: i64,
    started: Instant,
}

impl Clock {
    pub(crate) fn start(start_ms: i64) -> Self {
        Self { start_ms, started: Instant::now() }
    }

    /// When the simulation began, in milliseconds since 1970, UTC.
    pub(crate) fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// Milliseconds since then.
    pub(crate) fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Now, in milliseconds since 1970, UTC.
    pub(crate) fn now_ms(&self) -> i64 {
        self.start_ms + self.elapsed_ms()
    }

    /// When it will be this many milliseconds since the start.
    pub(crate) fn at(&self, elapsed_ms: i64) -> Instant {
        self.started + Duration::from_millis(elapsed_ms.unsigned_abs())
    }
}

/// A device's clock. It shows local time, as wearables do, and knows no zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeviceClock {
    /// What it showed, in milliseconds from 1970 local time, at what instant.
    shown_ms: i64,
    at_ms: i64,
    drift_ppm: i32,
}

impl DeviceClock {
    pub(crate) fn new(shown_ms: i64, at_ms: i64, drift_ppm: i32) -> Self {
        Self { shown_ms, at_ms, drift_ppm }
    }

    /// What it shows at an instant.
    pub(crate) fn shown_ms(&self, at_ms: i64) -> i64 {
        let since = at_ms - self.at_ms;
        self.shown_ms + since + scaled(since, i64::from(self.drift_ppm))
    }

    /// When it shows this.
    pub(crate) fn instant_ms(&self, shown_ms: i64) -> i64 {
        let since = shown_ms - self.shown_ms;
        self.at_ms + since - scaled(since, i64::from(self.drift_ppm))
    }

    /// Sets it.
    pub(crate) fn set(&mut self, shown_ms: i64, at_ms: i64) {
        (self.shown_ms, self.at_ms) = (shown_ms, at_ms);
    }
}

fn scaled(ms: i64, ppm: i64) -> i64 {
    ms.saturating_mul(ppm) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::DeviceClock;

    #[test]
    fn a_clock_drifts_until_it_is_set() {
        let mut clock = DeviceClock::new(5_000, 0, 100);
        assert_eq!(clock.shown_ms(10_000_000), 10_006_000);
        clock.set(10_000_000, 10_000_000);
        assert_eq!(clock.shown_ms(10_000_000), 10_000_000);
        assert_eq!(clock.shown_ms(20_000_000), 20_001_000);
        assert_eq!(clock.instant_ms(20_000_000), 19_999_000);
    }
}
