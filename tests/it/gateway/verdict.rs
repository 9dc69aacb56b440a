//! The ledger of what was handed to D-Bus, beside what the store holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::foulee::Folder;

pub(crate) struct Device {
    pub(crate) address: String,
    pub(crate) family: String,
    pub(crate) participant: String,
}

/// What was found, over all devices.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Live values handed to D-Bus.
    pub(crate) emitted: usize,
    /// Those of them that the store holds.
    pub(crate) stored: usize,
    /// Those that it lacks.
    pub(crate) missing: usize,
    /// Those of them for whose time no gap says why.
    pub(crate) unexplained: usize,
    /// Readings that nobody emitted, or that are there twice.
    pub(crate) duplicated: usize,
    /// Readings that a killed gateway had sealed.
    pub(crate) owed: usize,
    /// Those of them that the store lacks.
    pub(crate) lost: usize,
    /// What devices that count or store counted, beside what the service says of the day.
    pub(crate) days: Vec<Day>,
    /// Readings set aside at the gateway, by reason.
    pub(crate) set_aside: Value,
    /// Commits left in the spool.
    pub(crate) left: u64,
    /// Wrist to store, ms, sorted.
    latency_ms: Vec<i64>,
}

/// A device's day.
#[derive(Debug)]
pub(crate) struct Day {
    #[expect(dead_code, reason = "printed")]
    pub(crate) address: String,
    pub(crate) family: String,
    /// By the last value of a daily counter, the differences of another one's, or the sum of a log.
    pub(crate) counted: f64,
    /// As `foulee measures` has it.
    pub(crate) measured: f64,
    /// What the simulated person walked: since midnight, or in the run where the device numbers no days.
    pub(crate) walked: f64,
    /// The most of it that came before the first value and after the last.
    pub(crate) untold: f64,
}

impl Verdict {
    fn quantile(&self, share: f64) -> i64 {
        let at = (self.latency_ms.len() as f64 - 1.0) * share;
        self.latency_ms.get(at.max(0.0) as usize).copied().unwrap_or(0)
    }

    #[track_caller]
    pub(crate) fn assert_whole(&self) {
        assert_eq!((self.missing, self.duplicated, self.left), (0, 0, 0), "{self}");
    }

    #[track_caller]
    pub(crate) fn assert_nothing_duplicated(&self) {
        assert_eq!((self.duplicated, self.left, self.unexplained), (0, 0, 0), "{self}");
    }

    /// Each device's own count of the day is the service's, and the person's.
    #[track_caller]
    pub(crate) fn assert_days(&self) {
        assert!(!self.days.is_empty());
        for day in &self.days {
            // A foot pod tells cadence: what it was between two values, and while no link was up, is not known.
            let right = if day.family == "foot_pod" {
                day.measured > 0.0 && day.measured <= day.counted
            } else {
                day.measured > 0.0 && (day.measured - day.counted).abs() < 0.5
            };
            assert!(right, "{day:?}");
            // What a foot pod's cadence comes to is rounded.
            let told = day.walked - day.counted;
            let is_true = day.family == "foot_pod" || (-0.5..=day.untold).contains(&told);
            assert!(is_true && day.walked > 0.0, "{day:?}");
        }
    }

    /// After kills: what was sealed is there, once. What came within the second before a kill was not yet taken, and what
    /// comes before the next link is nobody's: those may be missing.
    #[track_caller]
    pub(crate) fn assert_nothing_acknowledged_lost(&self) {
        assert_eq!((self.duplicated, self.left), (0, 0), "{self}");
        assert!(self.owed > 0 && self.lost == 0, "{self}");
        // What was not received is unknown with its cause.
        assert_eq!(self.unexplained, 0, "{self}");
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { emitted, stored, missing, unexplained, duplicated, left, owed, lost, .. } = self;
        write!(
            f,
            "{{\"emitted\":{emitted},\"acknowledged\":{stored},\"missing\":{missing},\"unexplained\":{unexplained},\"duplicated\":{duplicated},\
             \"sealed_before_a_kill\":{owed},\"lost_of_them\":{lost},\"left_in_spool\":{left},\"wrist_to_store_ms\":{{\"p50\":{},\"p99\":{}}}}}",
            self.quantile(0.5),
            self.quantile(0.99)
        )
    }
}

/// A reading of the store: start and value, and when it was received.
struct Held {
    start_ms: i64,
    value: f64,
    received_ms: i64,
}

fn held(folder: &Folder, participant: &str, metric: &str) -> Vec<Held> {
    let args = ["readings", participant, "--metric", metric, "--from", "2020-01-01", "--to", "2099-12-31"];
    let text = folder.run(args).ok();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let at = |name: &str| header.iter().position(|column| *column == name).expect("the column");
    let (start, value, received) = (at("start"), at("value"), at("received_at"));
    let ms = |text: &str| chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis();
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        Held {
            start_ms: ms(cells[start]),
            value: cells[value].parse().expect("a value"),
            received_ms: ms(cells[received]),
        }
    });
    let mut rows: Vec<Held> = rows.collect();
    rows.sort_by_key(|row| row.start_ms);
    rows
}

/// A value on the wrist and one in the store are the same where they are equal and the one was received within this
/// time of the other's being sent.
const APART_MS: i64 = 3_000;
/// Most come within this time.
const AT_ONCE_MS: i64 = 300;

/// A value is on its way for less than this: a gap's edges and a value's time are that near.
const NEAR_MS: i64 = 1_000;

/// The times of which a gap says why nothing was recorded.
fn gaps(folder: &Folder, participant: &str) -> Vec<(i64, i64)> {
    let args = [
        "readings",
        participant,
        "--metric",
        "gap",
        "--from",
        "2020-01-01",
        "--to",
        "2099-12-31",
        "--format",
        "json",
    ];
    let rows = folder.run(args).json();
    let ms = |row: &Value, name: &str| {
        let text = row[name].as_str().expect("a time");
        chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis()
    };
    rows.as_array().expect("rows").iter().map(|row| (ms(row, "start"), ms(row, "end"))).collect()
}

/// Participant, metric, start (ms UTC) and ten times the value in its unit.
pub(crate) type Owed = BTreeSet<(String, String, i64, i64)>;

pub(crate) fn judge(
    folder: &Folder,
    devices: &[Device],
    ledger: &str,
    report: &Value,
    spool: &Value,
    owed: &Owed,
) -> Verdict {
    let mut verdict = Verdict {
        left: spool["spool"]["waiting_commits"].as_u64().expect("a number"),
        set_aside: spool["set_aside"].clone(),
        ..Verdict::default()
    };
    let mut sent: BTreeMap<(String, String), Vec<(i64, f64)>> = BTreeMap::new();
    for line in ledger.lines() {
        // A simulation that was killed may have left half a line.
        let Ok(entry) = serde_json::from_str::<Value>(line) else { continue };
        if entry["via"] != "notify" {
            continue;
        }
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let value = entry["value"].as_f64().expect("a value");
        let sent_ms = entry["sent_ms"].as_i64().expect("a time");
        sent.entry((text("address"), text("kind"))).or_default().push((sent_ms, value));
    }
    for device in devices {
        // A ring's heart rates are of a log: they are judged by the day.
        if device.family != "colmi_ring" {
            let live = [
                ("heart_rate", "heart_rate", 1.0),
                ("rr", "rr_interval", 1_000.0 / 1_024.0),
                ("step_counter", "step_counter", 1.0),
            ];
            for (kind, metric, unit) in live {
                let emitted = sent.remove(&(device.address.clone(), kind.to_owned())).unwrap_or_default();
                let emitted = emitted.into_iter().map(|(at, value)| (at, value * unit)).collect();
                let gaps = gaps(folder, &device.participant);
                compare(&mut verdict, emitted, held(folder, &device.participant, metric), metric, &gaps);
            }
        }
    }
    owe(&mut verdict, folder, devices, owed);
    verdict.days = days(folder, devices, ledger, report);
    verdict.latency_ms.sort_unstable();
    verdict
}

/// Matches each emitted value with a reading of that value that is near enough; both are in order of time.
fn compare(
    verdict: &mut Verdict,
    emitted: Vec<(i64, f64)>,
    held: Vec<Held>,
    metric: &str,
    gaps: &[(i64, i64)],
) {
    // Those that came at once first: else a value that was lost takes the place of the next one like it.
    let mut used = BTreeSet::new();
    let mut left: Vec<(i64, f64)> = emitted.clone();
    for apart_ms in [AT_ONCE_MS, APART_MS] {
        left.retain(|(sent_ms, value)| {
            let from = held.partition_point(|row| row.start_ms < sent_ms - apart_ms);
            let mut near = (from..held.len()).take_while(|at| held[*at].start_ms <= sent_ms + apart_ms);
            let found = near.find(|at| !used.contains(at) && (held[*at].value - value).abs() < 0.051);
            if let Some(at) = found {
                used.insert(at);
                verdict.stored += 1;
                verdict.latency_ms.push(held[at].received_ms - sent_ms);
            }
            found.is_none()
        });
    }
    verdict.missing += left.len();
    for (sent_ms, value) in left {
        let says_why = |gap: &(i64, i64)| (gap.0 - NEAR_MS..gap.1 + NEAR_MS).contains(&sent_ms);
        if !gaps.iter().any(says_why) {
            verdict.unexplained += 1;
            println!("no reading and no gap: {metric} {value} at {sent_ms}");
        }
    }
    verdict.emitted += emitted.len();
    // A counter is also asked for on each link: the same value once more says nothing new.
    if metric != "step_counter" {
        verdict.duplicated += held.len() - used.len();
    }
}

/// Holds what killed gateways had sealed against the store.
fn owe(verdict: &mut Verdict, folder: &Folder, devices: &[Device], owed: &Owed) {
    verdict.owed = owed.len();
    for device in devices.iter().filter(|_| !owed.is_empty()) {
        let mine = owed.iter().filter(|(participant, ..)| *participant == device.participant);
        let mut left: BTreeMap<&str, BTreeSet<(i64, i64)>> = BTreeMap::new();
        for (_, metric, start_ms, deci) in mine {
            left.entry(metric).or_default().insert((*start_ms, *deci));
        }
        for (metric, left) in &mut left {
            for row in held(folder, &device.participant, metric) {
                left.remove(&(row.start_ms, (row.value * 10.0).round() as i64));
            }
            verdict.lost += left.len();
        }
    }
}

/// Nobody in the simulation takes more steps than that in a second.
const MOST_STEPS_PER_S: f64 = 4.0;
const LATE_MS: i64 = 2_000;

fn days(folder: &Folder, devices: &[Device], ledger: &str, report: &Value) -> Vec<Day> {
    let entries: Vec<Value> = ledger.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let today = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Paris).date_naive();
    let of = |device: &Device, kind: &str| -> Vec<(i64, f64)> {
        let mine = entries
            .iter()
            .filter(|entry| entry["address"] == device.address.as_str() && entry["kind"] == kind);
        mine.filter_map(|entry| Some((entry["t_ms"].as_i64()?, entry["value"].as_f64()?))).collect()
    };
    let mut days = Vec::new();
    for device in devices {
        let counted = match device.family.as_str() {
            "infinitime" => of(device, "step_counter").last().map(|(_, steps)| *steps),
            "activity_band" | "step_climber" => {
                let values = of(device, "step_counter");
                // A lower one counts from zero.
                let change = |pair: &[(i64, f64)]| match pair[1].1 - pair[0].1 {
                    more @ 0.0.. => more,
                    _ => pair[1].1,
                };
                Some(values.windows(2).map(change).sum())
            }
            // Of a quarter hour that was asked for again the last answer counts.
            "colmi_ring" => {
                // The simulation's clock has moved on between two answers: a slot is known by its quarter hour.
                let slots = of(device, "log_steps").into_iter();
                let slots: BTreeMap<i64, f64> =
                    slots.map(|(at, steps)| ((at + 450_000).div_euclid(900_000) * 900_000, steps)).collect();
                let of_today = slots.iter().filter(|(start_ms, _)| {
                    let start = chrono::DateTime::from_timestamp_millis(**start_ms).expect("a time");
                    start.with_timezone(&chrono_tz::Europe::Paris).date_naive() == today
                });
                Some(of_today.map(|(_, steps)| steps).sum())
            }
            // As many as were walked if the cadence was held from the first value to the last.
            "foot_pod" => {
                let values = of(device, "cadence");
                let most = values.iter().map(|(_, cadence)| *cadence).fold(0.0, f64::max);
                values
                    .last()
                    .zip(values.first())
                    .map(|((last, _), (first, _))| most * (last - first) as f64 / 60_000.0)
            }
            "heart_rate_strap" => None,
            other => panic!("say what a day of {other} is"),
        };
        let Some(counted) = counted else { continue };
        let date = today.to_string();
        let args = ["measures", &device.participant, "--from", &date, "--to", &date, "--format", "json"];
        let rows = folder.run(args).json();
        let steps = rows.as_array().and_then(|rows| rows.iter().find(|row| row["measure"] == "steps"));
        let measured = steps.and_then(|row| row["value"].as_f64()).unwrap_or(0.0);
        let truth = report["devices"].as_array().expect("devices");
        let truth =
            truth.iter().find(|truth| truth["address"] == device.address.as_str()).expect("it is there");
        let walked = truth["days"].as_array().and_then(|days| days.last()).expect("a day");
        let ms = |value: &Value| value.as_i64().expect("ms");
        let told: Vec<i64> = entries
            .iter()
            .filter(|entry| entry["address"] == device.address.as_str())
            .filter(|entry| ["step_counter", "log_steps"].iter().any(|kind| entry["kind"] == *kind))
            .map(|entry| ms(&entry["sent_ms"]))
            .collect();
        let mut untold_ms = ms(&report["now_ms"]) - told.last().copied().unwrap_or(0);
        let walked = if ["infinitime", "colmi_ring"].contains(&device.family.as_str()) {
            ms(&walked["steps_until_now"])
        } else {
            untold_ms += told.first().copied().unwrap_or(0) - ms(&report["start_ms"]);
            ms(&walked["steps_in_run"])
        };
        days.push(Day {
            address: device.address.clone(),
            family: device.family.clone(),
            counted,
            measured,
            walked: walked as f64,
            // A value is stamped when it comes, and on a machine under load it comes late.
            untold: MOST_STEPS_PER_S * (untold_ms + LATE_MS) as f64 / 1_000.0,
        });
    }
    days
}
