//! The gateway's own clock, which may be wrong: a small computer without a battery starts where it stopped, or in 2000.
//!
//! What is stamped stays as it was stamped ([`stretch`]). The service's clock is looked at before anything is sent, and
//! whenever its answers name another time than ours: from then on the gateway's times are right, and what was stamped before
//! is put right as it is sent. While the clock is not known to be right, devices' clocks are not set by it, and what they
//! stored is not fetched.

pub mod stretch;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Local, Offset as _, Utc};
use rustix::time::{ClockId, clock_gettime};
use stretch::{Correction, Stretches};

use crate::GatewayError;
use crate::driver::Moment;

/// The file in the spool's folder that keeps the stretches.
const FILE: &str = "clock.json";
/// systemd-timesyncd makes this file when it has set the clock.
const TIMESYNC: &str = "/run/systemd/timesync/synchronized";

/// What the machine's clocks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The system's clock, ms since 1970 UTC. It may be wrong, and may jump.
    pub utc_ms: i64,
    /// Time since the machine started, sleep included, ms. It never jumps.
    pub boot_ms: i64,
}

/// Looks at the machine's clocks.
#[must_use]
pub fn machine() -> Shown {
    let boot = clock_gettime(ClockId::Boottime);
    let boot_ms = boot.tv_sec * 1_000 + boot.tv_nsec / 1_000_000;
    Shown { utc_ms: Utc::now().timestamp_millis(), boot_ms }
}

/// Minutes that local time is ahead of UTC at an instant, by the machine's zone.
fn local_offset(utc_ms: i64) -> i16 {
    let utc = DateTime::from_timestamp_millis(utc_ms).unwrap_or_default();
    i16::try_from(utc.with_timezone(&Local).offset().fix().local_minus_utc() / 60).unwrap_or(0)
}

/// The gateway's clock.
pub struct Clock {
    look: Box<dyn Fn() -> Shown + Send + Sync>,
    boot: String,
    file: Option<PathBuf>,
    inner: Mutex<Inner>,
}

struct Inner {
    stretches: Stretches,
    /// What is added to the system's clock.
    applied_ms: i64,
}

impl Clock {
    /// The machine's clock, with what `folder` keeps of it from earlier.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(folder: &Path) -> Result<Self, GatewayError> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self::with(Box::new(machine), boot.trim().to_owned(), folder)
    }

    /// Any clocks, at the machine's start `boot`.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn with(
        look: Box<dyn Fn() -> Shown + Send + Sync>,
        boot: String,
        folder: &Path,
    ) -> Result<Self, GatewayError> {
        let file = folder.join(FILE);
        // Lost: what waits is then taken at its word.
        let stretches = crate::kept::read(&file)?;
        let inner = Mutex::new(Inner { stretches, applied_ms: 0 });
        Ok(Self { look, boot, file: Some(file), inner })
    }

    /// A clock that nothing is kept of, for a command that sends nothing.
    #[must_use]
    pub fn of_the_moment() -> Self {
        let inner = Mutex::new(Inner { stretches: Stretches::default(), applied_ms: 0 });
        Self { look: Box::new(machine), boot: String::new(), file: None, inner }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        let shown = (self.look)();
        let mut inner = self.lock();
        if !inner.stretches.goes_on(&self.boot, shown.utc_ms + inner.applied_ms, shown.boot_ms) {
            // The system's clock jumped: what was added to it is void.
            inner.applied_ms = 0;
        }
        let utc_ms = shown.utc_ms + inner.applied_ms;
        let at = inner.stretches.look(&self.boot, utc_ms, shown.boot_ms);
        if at.begun {
            tracing::info!(stretch = at.no, "the clock begins anew");
            // Not on disk yet: it will be before a reading of it is sent, and a restart begins another one.
            self.keep_or_warn(&inner.stretches);
        }
        drop(inner);
        Moment {
            utc_ms,
            offset_minutes: local_offset(utc_ms),
            boot_ms: shown.boot_ms,
            stretch: at.no,
            sure: at.sure || Path::new(TIMESYNC).exists(),
        }
    }

    /// The service's clock was looked at: true time minus the time since start, ms.
    ///
    /// # Errors
    /// When it cannot be written down; then nothing may be sent yet.
    pub fn measured(&self, truth_ms: i64) -> Result<(), GatewayError> {
        let now = self.now();
        let mut inner = self.lock();
        // A clock that drifted away since it was held against the service's last: what it stamped stands.
        let off_ms = inner.stretches.measured(truth_ms);
        if off_ms != 0 {
            tracing::warn!(off_ms = -off_ms, "this machine's clock is wrong; the service's is used");
            inner.applied_ms += off_ms;
            inner.stretches.begin(&self.boot, now.utc_ms - now.boot_ms + off_ms, now.boot_ms);
            let _ = inner.stretches.measured(truth_ms);
        }
        self.keep(&inner.stretches)
    }

    /// What to add to the times of a stretch; once told, it never changes.
    ///
    /// # Errors
    /// When it cannot be written down; then nothing of that stretch may be sent yet.
    pub fn correction(&self, stretch: u32) -> Result<Correction, GatewayError> {
        let mut inner = self.lock();
        let before = inner.stretches.clone();
        let (correction, decided_now) = inner.stretches.decide(stretch);
        if decided_now && let Err(error) = self.keep(&inner.stretches) {
            inner.stretches = before;
            return Err(error);
        }
        Ok(correction)
    }

    /// Whether it was held against the service's clock since it jumped last.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let _ = self.now();
        self.lock().stretches.is_sure(&self.boot)
    }

    /// What is added to the system's clock, ms.
    #[must_use]
    pub fn applied_ms(&self) -> i64 {
        self.lock().applied_ms
    }

    /// Writes down until when the clock was looked at.
    pub fn settle(&self) {
        let _ = self.now();
        self.keep_or_warn(&self.lock().stretches);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whole between any two of its operations.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_or_warn(&self, stretches: &Stretches) {
        if let Err(error) = self.keep(stretches) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is known of the clock is not on disk"
            );
        }
    }

    fn keep(&self, stretches: &Stretches) -> Result<(), GatewayError> {
        let Some(path) = &self.file else { return Ok(()) };
        crate::kept::replace(path, &serde_json::to_vec(stretches).unwrap_or_default())
    }
}
