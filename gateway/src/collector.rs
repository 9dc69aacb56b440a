//! From the radio's tasks to the spool: one thread that seals what came once a second.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use foulee_contract::GapCause;

use crate::GatewayError;
use crate::clock::Clock;
use crate::config::DeviceConfig;
use crate::driver::{Observation, When};
use crate::normalise::{Normaliser, Taken};
use crate::spool::{Aside, Lost, Spool};
use crate::status::Status;

/// Readings between the radio and the collecting thread while the disk is slow (about 10 MB).
const MOST_ON_THE_WAY: usize = 50_000;
/// Readings kept while the disk does not take them (about 40 MB); beyond, the oldest make room and become a gap.
const MOST_PENDING: usize = 200_000;
/// What was set aside and waits for the disk (about 3 MB); beyond, it is only counted.
const MOST_ASIDES: usize = 10_000;
/// A commit this long after the first reading that it holds.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// How long a reading may take from its stamp to the channel, ms. [D]
const ON_ITS_WAY_MS: i64 = 100;
/// Readings after which a commit does not wait.
const COMMIT_AT: usize = 10_000;

/// Where the radio's tasks put readings. It never waits: a task that did would leave its device's values in memory.
#[derive(Clone)]
pub struct Collector {
    sender: Sender<Came>,
    on_the_way: Arc<AtomicUsize>,
    status: Arc<Status>,
    no_room: NoRoom,
}

/// What comes to the thread.
enum Came {
    Reading(Taken),
    Aside(Aside),
}

/// The time of the readings that found no room, until it is told as a gap.
#[derive(Clone, Default)]
struct NoRoom(Arc<Mutex<Option<Lost>>>);

impl NoRoom {
    fn add(&self, reading: &Taken) {
        let (from_ms, to_ms) = (reading.tuple.start_ms, reading.tuple.end_ms.max(reading.tuple.start_ms + 1));
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = lost.get_or_insert(Lost { from_ms, to_ms, cause: GapCause::SpoolFull, open_ended: false });
        (lost.from_ms, lost.to_ms) = (lost.from_ms.min(from_ms), lost.to_ms.max(to_ms));
    }

    fn take(&self) -> Option<Lost> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Collector {
    /// Takes a reading on its way. Where there is no room it is counted as dropped, and its time becomes a gap.
    pub fn take(&self, taken: Taken) {
        if let Err(Came::Reading(reading)) = self.send(Came::Reading(taken)) {
            self.status.dropped(1);
            self.no_room.add(&reading);
        }
    }

    /// The channel itself has no bound: one that has sets aside its memory at once, and a gateway mostly idles.
    fn send(&self, came: Came) -> Result<(), Came> {
        if self.on_the_way.load(Ordering::Relaxed) >= MOST_ON_THE_WAY {
            return Err(came);
        }
        self.on_the_way.fetch_add(1, Ordering::Relaxed);
        self.sender.send(came).map_err(|unsent| unsent.0)
    }

    /// Keeps what cannot be taken for true, with the reason. Where there is no room it is counted and nothing more.
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
        if self.send(Came::Aside(aside)).is_err() {
            tracing::error!("there is no room for what was set aside");
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
    clock: Arc<Clock>,
) -> Result<(Collector, JoinHandle<()>), GatewayError> {
    let (sender, receiver) = channel();
    let (no_room, on_the_way) = (NoRoom::default(), Arc::new(AtomicUsize::new(0)));
    let collector = Collector {
        sender,
        on_the_way: Arc::clone(&on_the_way),
        status: Arc::clone(&status),
        no_room: no_room.clone(),
    };
    let devices = devices.iter().cloned().map(Normaliser::new).collect();
    let thread = Thread {
        spool,
        status,
        devices,
        clock,
        pending: VecDeque::new(),
        asides: Vec::new(),
        lost,
        tell_losses: true,
        no_room,
        on_the_way,
    };
    let handle = std::thread::Builder::new()
        .name("collector".to_owned())
        .spawn(move || thread.run(&receiver))
        .map_err(GatewayError::Thread)?;
    Ok((collector, handle))
}

/// What was lost, as gaps of every device.
fn gaps(lost: &[Lost], devices: &[Normaliser], clock: &Clock) -> Vec<Taken> {
    lost.iter()
        .flat_map(|lost| devices.iter().map(move |device| (lost, device)))
        .filter_map(|(lost, device)| device.gap(lost.from_ms, lost.to_ms, lost.cause, clock.now()))
        .collect()
}

/// Puts what was lost on record where nobody collects.
///
/// # Errors
/// When the disk does not take it; it is told by the next gateway then.
pub fn tell(
    spool: &Spool,
    devices: &[DeviceConfig],
    lost: &[Lost],
    clock: &Clock,
) -> Result<(), GatewayError> {
    let devices: Vec<Normaliser> = devices.iter().cloned().map(Normaliser::new).collect();
    let gaps = gaps(lost, &devices, clock);
    if gaps.is_empty() {
        return Ok(());
    }
    spool.take(&gaps)?;
    spool.losses_are_told()
}

struct Thread {
    spool: Arc<Spool>,
    status: Arc<Status>,
    devices: Vec<Normaliser>,
    clock: Arc<Clock>,
    pending: VecDeque<Taken>,
    asides: Vec<Aside>,
    lost: Vec<Lost>,
    tell_losses: bool,
    no_room: NoRoom,
    on_the_way: Arc<AtomicUsize>,
}

impl Thread {
    fn run(mut self, came: &Receiver<Came>) {
        let mut due = Instant::now() + COMMIT_EVERY;
        loop {
            match came.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(came) => {
                    self.on_the_way.fetch_sub(1, Ordering::Relaxed);
                    if self.pending.is_empty() && self.asides.is_empty() {
                        due = Instant::now() + COMMIT_EVERY;
                    }
                    match came {
                        Came::Reading(taken) => self.keep(taken),
                        Came::Aside(aside) => {
                            self.keep_aside(aside);
                            continue;
                        }
                    }
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
            self.no_room.add(&oldest);
        }
        self.pending.push_back(taken);
    }

    fn keep_aside(&mut self, aside: Aside) {
        if self.asides.len() < MOST_ASIDES {
            self.asides.push(aside);
        }
    }

    /// Whether everything is on disk.
    fn commit(&mut self) -> bool {
        // What was stamped a moment ago may still be on its way to the channel.
        let all_until_ms = self.clock.now().utc_ms - ON_ITS_WAY_MS;
        let has_all = self.on_the_way.load(Ordering::Relaxed) == 0;
        let done = self.commit_all();
        if done && has_all {
            self.status.sealed(all_until_ms);
        }
        done
    }

    fn commit_all(&mut self) -> bool {
        match self.spool.keep_aside(&self.asides) {
            Ok(()) => self.asides.clear(),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "what was set aside is not on disk yet"
                );
            }
        }
        self.lost.extend(self.no_room.take());
        self.lost.extend(self.spool.found_lost());
        let gaps = gaps(&self.lost, &self.devices, &self.clock);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DeviceConfig, SpoolConfig};
    use crate::driver::{Family, Moment};
    use foulee_contract::{Grain, Metric, ParticipantId};

    const NOW: Moment = Moment::sure(1_767_571_200_000, 60);

    #[test]
    fn readings_that_find_no_room_are_counted_and_become_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let config = SpoolConfig { folder: folder.path().join("spool"), max_bytes: 64 << 20, key_file: None };
        let (spool, status) = (Arc::new(Spool::open(&config).unwrap().0), Arc::new(Status::default()));
        let device = DeviceConfig {
            name: "strap".into(),
            address: "C0:FF:EE:00:00:01".into(),
            family: Family::HeartRateStrap,
            participant: ParticipantId::from_parts(1, [1; 10]),
            streams: None,
            bond: false,
            out_of_range_s: 900,
            since: None,
            epoch: 0,
        };
        let mut normaliser = Normaliser::new(device.clone());
        let (sender, receiver) = channel();
        let no_room = NoRoom::default();
        // Room for one.
        let on_the_way = Arc::new(AtomicUsize::new(MOST_ON_THE_WAY - 1));
        let collector = Collector {
            sender,
            on_the_way: Arc::clone(&on_the_way),
            status: Arc::clone(&status),
            no_room: no_room.clone(),
        };
        for second in 0..3 {
            let now = Moment { utc_ms: NOW.utc_ms + second * 1_000, ..NOW };
            let seen = Observation::now(Metric::HeartRate, 720);
            collector.take(normaliser.take(&seen, now).unwrap().unwrap());
        }
        drop(collector);
        let thread = Thread {
            spool: Arc::clone(&spool),
            status: Arc::clone(&status),
            devices: vec![Normaliser::new(device)],
            clock: Arc::new(Clock::of_the_moment()),
            pending: VecDeque::new(),
            asides: Vec::new(),
            lost: Vec::new(),
            tell_losses: false,
            no_room,
            on_the_way,
        };
        thread.run(&receiver);
        let waiting = spool.next(1_000).unwrap();
        let mut found = Vec::new();
        for (series, _, tuples) in waiting.frames().iter().flat_map(|frame| spool.resolve(frame)) {
            found.extend(
                tuples
                    .iter()
                    .map(|t| (series.metric, series.grain, t.start_ms - NOW.utc_ms, t.end_ms - NOW.utc_ms)),
            );
        }
        found.sort_unstable();
        assert_eq!(
            found,
            [(Metric::HeartRate, Grain::Sample, 0, 0), (Metric::Gap, Grain::Sample, 1_000, 2_001)]
        );
        assert_eq!(status.snapshot(0, None).dropped, 2);
    }
}
