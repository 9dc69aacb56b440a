//! From the radio's tasks to the spool: one thread that seals what came once a second.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use foulee_contract::GapCause;

use crate::GatewayError;
use crate::config::DeviceConfig;
use crate::driver::{Moment, Observation, When};
use crate::normalise::{Normaliser, Taken};
use crate::spool::{Aside, Lost, Spool};
use crate::status::Status;

/// Readings between the radio and the collecting thread (about 10 MB).
const CHANNEL: usize = 50_000;
/// Readings kept while the disk does not take them (about 40 MB); beyond, the oldest make room and become a gap.
const MOST_PENDING: usize = 200_000;
/// A commit this long after the first reading that it holds.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// Readings after which a commit does not wait.
const COMMIT_AT: usize = 10_000;

/// Where the radio's tasks put readings. It never waits: a task that did would leave its device's values in memory.
#[derive(Clone)]
pub struct Collector {
    sender: SyncSender<Taken>,
    status: Arc<Status>,
    spool: Arc<Spool>,
}

impl Collector {
    /// Takes a reading on its way. Where there is no room it is counted as dropped.
    pub fn take(&self, taken: Taken) {
        match self.sender.try_send(taken) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.status.dropped(1),
        }
    }

    /// Keeps what cannot be taken for true, with the reason. It is rare, so the disk is waited for.
    pub fn set_aside(&self, device: &Normaliser, seen: &Observation, reason: &str) {
        let fix = match seen.when {
            When::Device { start_ms, end_ms } => {
                format!(
                    "{} = {} at {start_ms} to {end_ms} of {}",
                    seen.metric,
                    seen.value,
                    device.source(seen.epoch)
                )
            }
            When::Now | When::Since(_) => {
                format!("{} = {} of {}", seen.metric, seen.value, device.source(seen.epoch))
            }
        };
        self.status.set_aside(1);
        let aside = Aside { code: reason.to_owned(), fix, batch: None, frame: None };
        if let Err(error) = self.spool.keep_aside(vec![aside]) {
            tracing::error!(error = &error as &dyn std::error::Error, "what was set aside could not be kept");
        }
    }
}

/// Starts the thread; it ends, with all on disk, when every [`Collector`] is dropped.
///
/// # Errors
/// When the system gives no thread.
pub fn start(
    spool: Arc<Spool>,
    status: Arc<Status>,
    devices: &[DeviceConfig],
    lost: Vec<Lost>,
    clock: fn() -> Moment,
) -> Result<(Collector, JoinHandle<()>), GatewayError> {
    let (sender, receiver) = sync_channel(CHANNEL);
    let collector = Collector { sender, status: Arc::clone(&status), spool: Arc::clone(&spool) };
    let devices = devices.iter().cloned().map(Normaliser::new).collect();
    let thread = Thread {
        spool,
        status,
        devices,
        clock,
        pending: VecDeque::new(),
        lost,
        tell_losses: true,
        made_room: None,
    };
    let handle = std::thread::Builder::new()
        .name("collector".to_owned())
        .spawn(move || thread.run(&receiver))
        .map_err(GatewayError::Thread)?;
    Ok((collector, handle))
}

struct Thread {
    spool: Arc<Spool>,
    status: Arc<Status>,
    devices: Vec<Normaliser>,
    clock: fn() -> Moment,
    pending: VecDeque<Taken>,
    lost: Vec<Lost>,
    tell_losses: bool,
    made_room: Option<Lost>,
}

impl Thread {
    fn run(mut self, readings: &Receiver<Taken>) {
        let mut due = Instant::now() + COMMIT_EVERY;
        loop {
            match readings.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(taken) => {
                    if self.pending.is_empty() {
                        due = Instant::now() + COMMIT_EVERY;
                    }
                    self.keep(taken);
                    if !self.pending.len().is_multiple_of(COMMIT_AT) {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    // The last chance: a few tries, so that a disk that is slow to recover costs nothing.
                    for _ in 0..5 {
                        if self.commit() {
                            break;
                        }
                        std::thread::sleep(COMMIT_EVERY);
                    }
                    return;
                }
            }
            self.commit();
            due = Instant::now() + COMMIT_EVERY;
        }
    }

    fn keep(&mut self, taken: Taken) {
        if self.pending.len() >= MOST_PENDING
            && let Some(oldest) = self.pending.pop_front()
        {
            self.status.dropped(1);
            let (from_ms, to_ms) =
                (oldest.tuple.start_ms, oldest.tuple.end_ms.max(oldest.tuple.start_ms + 1));
            let room = self.made_room.get_or_insert(Lost { from_ms, to_ms, cause: GapCause::SpoolFull });
            (room.from_ms, room.to_ms) = (room.from_ms.min(from_ms), room.to_ms.max(to_ms));
        }
        self.pending.push_back(taken);
    }

    /// Whether everything is on disk.
    fn commit(&mut self) -> bool {
        self.lost.extend(self.made_room.take());
        self.lost.extend(self.spool.found_lost());
        let gaps: Vec<Taken> = self
            .lost
            .iter()
            .flat_map(|lost| self.devices.iter().map(move |device| (lost, device)))
            .filter_map(|(lost, device)| device.gap(lost.from_ms, lost.to_ms, lost.cause, (self.clock)()))
            .collect();
        let readings = self.pending.len();
        if readings + gaps.len() == 0 {
            return true;
        }
        let all: Vec<Taken> = gaps.iter().chain(&self.pending).cloned().collect();
        match self.spool.take(&all) {
            Ok(committed) => {
                self.lost = committed.lost;
                self.pending.clear();
                self.status.spooled(readings as u64);
                // A loss is told once its gap is on disk; where the disk fails now, it is told again at the next start.
                if self.tell_losses || !gaps.is_empty() {
                    self.tell_losses = self.spool.losses_are_told().is_err();
                }
                true
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    readings,
                    "the disk does not take readings; they wait in memory"
                );
                false
            }
        }
    }
}
