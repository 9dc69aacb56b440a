use std::collections::BTreeMap;

use foulee_gatt::civil::DateTime;
use foulee_gatt::colmi::{HeartRateLogPacket, StepLog, StepLogPacket};

use super::*;

const HOUR_MS: i64 = 3_600_000;
/// 2026-10-24 18:00 UTC, 20:00 of Paris on the eve of the change to winter time, which is at 01:00 UTC of the 25th.
const EVE_MS: i64 = 1_792_864_800_000;

fn paris(utc_ms: i64) -> Moment {
    let summer = utc_ms < EVE_MS + 7 * HOUR_MS;
    Moment::sure(utc_ms, if summer { 120 } else { 60 })
}

/// A ring that stores steps by the quarter hour, as its clock shows it.
struct Ring {
    /// Its clock minus UTC, ms.
    ahead_ms: i64,
    steps: BTreeMap<i64, u16>,
}

impl Ring {
    fn new(ahead_ms: i64) -> Self {
        Self { ahead_ms, steps: BTreeMap::new() }
    }

    /// Counts steps at an instant.
    fn walk(&mut self, utc_ms: i64, steps: u16) {
        let shown_s = (utc_ms + self.ahead_ms).div_euclid(1_000);
        *self.steps.entry(shown_s - shown_s.rem_euclid(900)).or_default() += steps;
    }

    fn answer(&mut self, bytes: &[u8], utc_ms: i64) -> Vec<Vec<u8>> {
        match Request::decode(bytes).unwrap() {
            Request::SetTime { time, .. } => {
                self.ahead_ms = time.at().wall_s() * 1_000 - utc_ms;
                vec![Response::TimeSet([0; 14]).encode()]
            }
            Request::StepLog { days_ago } => {
                let shown_s = (utc_ms + self.ahead_ms).div_euclid(1_000);
                let day = shown_s - shown_s.rem_euclid(86_400) - i64::from(days_ago) * 86_400;
                let slots = self.steps.range(day..day + 86_400).map(|(&start_s, &steps)| {
                    let DateTime { year, month, day, .. } = DateTime::from_wall_s(start_s).unwrap();
                    let quarter = (start_s.rem_euclid(86_400) / 900) as u8;
                    StepSlot { year, month, day, quarter, energy: 0, steps, distance_m: 0 }
                });
                match StepLog::new(true, slots.collect()) {
                    Ok(log) => log.packets().iter().map(|&p| Response::StepLog(p).encode()).collect(),
                    Err(_) => vec![Response::StepLog(StepLogPacket::Empty).encode()],
                }
            }
            Request::HeartRateLog { .. } => {
                vec![Response::HeartRateLog(HeartRateLogPacket::Empty).encode()]
            }
            request => panic!("{request:?}"),
        }
    }
}

/// What a link led to: steps by the start (ms UTC) that they were taken for, and those that were set aside.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fetched {
    taken: BTreeMap<i64, i64>,
    doubted: BTreeMap<i64, i64>,
    remembered: Option<Memory>,
    asked: usize,
}

fn link(driver: &mut ColmiRing, ring: &mut Ring, now: Moment) -> Fetched {
    let actions = driver.on_link(now);
    talk(driver, ring, now, actions)
}

fn talk(driver: &mut ColmiRing, ring: &mut Ring, now: Moment, actions: Vec<Action>) -> Fetched {
    let mut fetched = Fetched::default();
    let mut waiting = VecDeque::from(actions);
    while let Some(action) = waiting.pop_front() {
        let mut keep = |seen: Observation, doubted: bool| {
            let When::Device { start_ms, .. } = seen.when else { panic!("{seen:?}") };
            let into = if doubted { &mut fetched.doubted } else { &mut fetched.taken };
            into.insert(start_ms, seen.value);
        };
        match action {
            Action::Take(seen) => keep(seen, false),
            Action::Doubt(seen) => keep(seen, true),
            Action::Remember(memory) => fetched.remembered = Some(memory),
            Action::Write { bytes, .. } => {
                fetched.asked += 1;
                for answer in ring.answer(&bytes, now.utc_ms) {
                    waiting.extend(driver.on_value(uuids::COLMI_NOTIFY, &answer, now).unwrap());
                }
            }
            Action::Subscribe(_) => {}
            Action::Read(uuid) => panic!("{uuid}"),
        }
    }
    fetched
}

fn driver(memory: Memory) -> ColmiRing {
    ColmiRing::new(|stream| matches!(stream, Stream::Steps | Stream::HeartRate), memory)
}

#[test]
fn a_night_in_which_the_clock_changes_is_whole_and_fetched_twice_it_is_the_same() {
    let mut ring = Ring::new(2 * HOUR_MS);
    let mut truth = BTreeMap::new();
    let mut walk = |ring: &mut Ring, from_ms: i64, to_ms: i64| {
        for (n, at) in (from_ms..to_ms).step_by(QUARTER_MS as usize).enumerate() {
            ring.walk(at, 10 + n as u16);
            truth.insert(at, 10 + n as i64);
        }
    };
    walk(&mut ring, EVE_MS - 6 * HOUR_MS, EVE_MS);
    let mut first = driver(Memory::default());
    let evening = link(&mut first, &mut ring, paris(EVE_MS));
    // All night, over the hour that is there twice by the clock on the wall.
    walk(&mut ring, EVE_MS, EVE_MS + 16 * HOUR_MS);
    let morning = link(&mut first, &mut ring, paris(EVE_MS + 16 * HOUR_MS));
    walk(&mut ring, EVE_MS + 16 * HOUR_MS, EVE_MS + 20 * HOUR_MS);
    // The gateway was started anew, and remembers.
    let memory = evening.remembered.unwrap();
    assert_eq!(memory, Memory { clock_offset_minutes: Some(120), doubt_ms: None });
    let mut second = driver(memory);
    let noon = link(&mut second, &mut ring, paris(EVE_MS + 20 * HOUR_MS));
    assert_eq!(noon.taken, truth);
    for earlier in [&evening.taken, &morning.taken] {
        assert!(!earlier.is_empty() && earlier.iter().all(|(at, steps)| truth.get(at) == Some(steps)));
    }
    assert!([evening, morning, noon].iter().all(|fetched| fetched.doubted.is_empty()));
}

#[test]
fn what_was_stored_under_another_clock_is_set_aside_and_never_taken_for_another_time() {
    let in_2000 = 946_684_800_000 + 12 * HOUR_MS - EVE_MS;
    for off_ms in [48 * HOUR_MS, -48 * HOUR_MS, in_2000, 25 * HOUR_MS] {
        let mut ring = Ring::new(2 * HOUR_MS + off_ms);
        for hours in 1..6 {
            ring.walk(EVE_MS - hours * HOUR_MS, 100);
        }
        let mut driver = driver(Memory::default());
        let first = link(&mut driver, &mut ring, paris(EVE_MS));
        assert!(first.taken.is_empty() && first.doubted.len() == 5, "{off_ms}: {first:?}");
        assert!(first.remembered.unwrap().doubt_ms.is_some());
        assert_eq!(ring.ahead_ms, 2 * HOUR_MS);
        // From now on its clock is right; of what lies where it had stored other things nothing is believed.
        let mut truth = BTreeMap::new();
        for hours in 1..100 {
            let at = EVE_MS + hours * HOUR_MS;
            ring.walk(at, 7);
            truth.insert(at, 7);
        }
        let last = link(&mut driver, &mut ring, paris(EVE_MS + 100 * HOUR_MS));
        assert!(last.taken.iter().all(|(at, steps)| truth.get(at) == Some(steps)), "{off_ms}: {last:?}");
        assert!(last.taken.len() >= 20, "{off_ms}: {last:?}");
        assert!(truth.keys().all(|at| last.taken.contains_key(at) || last.doubted.contains_key(at)));
    }
}

#[test]
fn around_midnight_the_ring_may_be_on_another_day() {
    for off_ms in [-300_000, 300_000] {
        let midnight_ms = EVE_MS + 4 * HOUR_MS;
        let mut ring = Ring::new(2 * HOUR_MS + off_ms);
        ring.walk(midnight_ms - HOUR_MS, 100);
        ring.walk(midnight_ms, 5);
        let fetched = link(&mut driver(Memory::default()), &mut ring, paris(midnight_ms));
        assert!(fetched.doubted.is_empty() && !fetched.taken.is_empty(), "{fetched:?}");
    }
}

#[test]
fn by_a_clock_that_may_be_wrong_nothing_is_fetched_or_set() {
    let mut ring = Ring::new(2 * HOUR_MS);
    ring.walk(EVE_MS - HOUR_MS, 100);
    let mut driver = driver(Memory::default());
    let unsure = Moment { sure: false, ..paris(EVE_MS - 90 * 24 * HOUR_MS) };
    assert_eq!(link(&mut driver, &mut ring, unsure).asked, 0);
    assert_eq!(ring.ahead_ms, 2 * HOUR_MS);
    // It is known to be right within the link.
    let actions = driver.on_minute(paris(EVE_MS));
    let fetched = talk(&mut driver, &mut ring, paris(EVE_MS), actions);
    assert_eq!(fetched.taken, BTreeMap::from([(EVE_MS - HOUR_MS, 100)]));
}
