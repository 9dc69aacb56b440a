//! What the gateway is doing, counted: for its status file, for metrics, for the log.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::GatewayError;
use crate::spool::SpoolStats;

/// The file in the spool's folder that `devices` and `doctor` read.
pub const STATUS_FILE: &str = "status.json";
/// What came earlier than this before a status was written is sealed, ms: twice the time between two commits.
const SEALED_WITHIN_MS: i64 = 2_000;
/// The file in the spool's folder that a node exporter's text-file collector reads.
pub const METRICS_FILE: &str = "metrics.prom";

/// How a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Not seen since the gateway began.
    #[default]
    Unseen,
    /// Seen, no link.
    InRange,
    /// Linked.
    Linked,
    /// Not seen for longer than its configuration says.
    OutOfRange,
}

/// One device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatus {
    /// Where it is.
    pub presence: Presence,
    /// When it was last heard of, ms UTC.
    pub last_seen_ms: Option<i64>,
    /// Strength of its signal, dBm.
    pub rssi_dbm: Option<i16>,
    /// Charge, %.
    pub battery_percent: Option<u8>,
    /// Maker and model as it says.
    pub model: Option<String>,
    /// Links that were made.
    pub links: u64,
    /// Links that were lost.
    pub link_losses: u64,
    /// Attempts to link that failed.
    pub link_failures: u64,
    /// Readings that it gave.
    pub readings: u64,
    /// Values that were not what their characteristic promises.
    pub malformed: u64,
    /// Readings set aside here, by reason.
    pub quarantined: BTreeMap<String, u64>,
    /// Since when nothing is recorded and no gap says so yet, ms UTC; kept for a while once it is linked again.
    #[serde(default)]
    pub untold_since_ms: Option<i64>,
    /// Since when something is recorded again, ms UTC.
    #[serde(default)]
    pub up_since_ms: Option<i64>,
    /// Its clock minus ours when last looked at, ms.
    pub clock_skew_ms: Option<i64>,
}

impl DeviceStatus {
    /// Nothing is recorded since then, and nothing on disk says so. What was told before up to a moment ago may not be
    /// there either.
    pub fn down(&mut self, since_ms: i64, now_ms: i64) {
        let sealed = self.up_since_ms.take().is_some_and(|up_ms| up_ms <= now_ms - SEALED_WITHIN_MS);
        let known_ms = self.untold_since_ms.filter(|_| !sealed).unwrap_or(since_ms);
        self.untold_since_ms = Some(known_ms.min(since_ms));
    }
}

/// The whole gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When this was written, ms UTC.
    pub at_ms: i64,
    /// What came up to then is sealed and on disk, ms UTC.
    #[serde(default)]
    pub sealed_ms: Option<i64>,
    /// The process that wrote it.
    pub pid: u32,
    /// By the name in the configuration, with the participant's id in front.
    pub devices: BTreeMap<String, DeviceStatus>,
    /// Readings on disk since the start.
    pub spooled: u64,
    /// Readings that found no room in memory while the disk did not take them.
    pub dropped: u64,
    /// Readings acknowledged by the service since the start.
    pub acknowledged: u64,
    /// Readings set aside since the start.
    pub set_aside: u64,
    /// What the service said, counted.
    pub uplink: BTreeMap<String, u64>,
    /// Restarts of bluetoothd that were noticed.
    pub bluetooth_restarts: u64,
    /// Match rules of this process on the message bus, of 512; null where the bus does not say.
    #[serde(default)]
    pub match_rules: Option<usize>,
    /// Whether the clock is known to be right.
    #[serde(default)]
    pub clock_sure: bool,
    /// What is added to the machine's clock, ms.
    #[serde(default)]
    pub clock_added_ms: i64,
    /// The spool.
    pub waiting_commits: u64,
    /// Its bytes.
    pub spool_bytes: u64,
    /// Since when its oldest waits, ms UTC.
    pub oldest_ms: Option<i64>,
}

/// Shared by all threads.
#[derive(Debug, Default)]
pub struct Status {
    inner: Mutex<Snapshot>,
}

impl Status {
    fn lock(&self) -> MutexGuard<'_, Snapshot> {
        // Counters are right at any time.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a device.
    pub fn device<T>(&self, name: &str, change: impl FnOnce(&mut DeviceStatus) -> T) -> T {
        let mut inner = self.lock();
        if !inner.devices.contains_key(name) {
            inner.devices.insert(name.to_owned(), DeviceStatus::default());
        }
        change(inner.devices.entry(name.to_owned()).or_default())
    }

    /// What came up to then is sealed and on disk.
    pub fn sealed(&self, at_ms: i64) {
        self.lock().sealed_ms = Some(at_ms);
    }

    /// So many readings are on disk.
    pub fn spooled(&self, readings: u64) {
        self.lock().spooled += readings;
    }

    /// So many readings found no room.
    pub fn dropped(&self, readings: u64) {
        self.lock().dropped += readings;
    }

    /// So many readings are durable at the service.
    pub fn acknowledged(&self, readings: u64) {
        self.lock().acknowledged += readings;
    }

    /// So many readings were set aside.
    pub fn set_aside(&self, readings: u64) {
        self.lock().set_aside += readings;
    }

    /// What the service said to a batch.
    pub fn uplink(&self, word: &str) {
        *self.lock().uplink.entry(word.to_owned()).or_default() += 1;
    }

    /// So many match rules are in use.
    pub fn match_rules(&self, rules: usize) {
        self.lock().match_rules = Some(rules);
    }

    /// How the clock is.
    pub fn clock(&self, sure: bool, added_ms: i64) {
        let mut inner = self.lock();
        (inner.clock_sure, inner.clock_added_ms) = (sure, added_ms);
    }

    /// bluetoothd came back.
    pub fn bluetooth_restarted(&self) {
        self.lock().bluetooth_restarts += 1;
    }

    /// All of it.
    #[must_use]
    pub fn snapshot(&self, at_ms: i64, spool: Option<SpoolStats>) -> Snapshot {
        let mut inner = self.lock();
        inner.at_ms = at_ms;
        inner.pid = std::process::id();
        if let Some(spool) = spool {
            inner.waiting_commits = spool.waiting_commits;
            inner.spool_bytes = spool.bytes;
            inner.oldest_ms = spool.oldest_ms;
        }
        inner.clone()
    }
}

impl Snapshot {
    /// Writes both files; each is replaced whole.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write(&self, folder: &Path) -> Result<(), GatewayError> {
        let json = serde_json::to_string(self).unwrap_or_default();
        for (name, text) in [(STATUS_FILE, json), (METRICS_FILE, self.metrics())] {
            let (path, new) = (folder.join(name), folder.join(format!("{name}.new")));
            std::fs::write(&new, text)
                .and_then(|()| std::fs::rename(&new, &path))
                .map_err(|source| GatewayError::WriteFile { path, source })?;
        }
        Ok(())
    }

    /// Since when nothing may be on record of a device when the next gateway begins, ms UTC: what came last, a gap too,
    /// may not have been sealed when this one was killed.
    #[must_use]
    pub fn untold_since_ms(&self, device: &str) -> i64 {
        let sealed_ms = self.sealed_ms.unwrap_or(self.at_ms - SEALED_WITHIN_MS);
        self.devices.get(device).map_or(sealed_ms, |device| {
            match (device.untold_since_ms, device.up_since_ms) {
                (Some(since_ms), None) => since_ms,
                (Some(since_ms), Some(up_ms)) if up_ms > sealed_ms => since_ms,
                _ => sealed_ms,
            }
        })
    }

    /// Reads what a running gateway wrote.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(folder.join(STATUS_FILE)).ok()?).ok()
    }

    /// As Prometheus reads it.
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut out = String::new();
        let mut put = |name: &str, kind: &str, rows: &[(String, f64)]| {
            let _ = writeln!(out, "# TYPE {name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        };
        let one = |value: u64| vec![(String::new(), value as f64)];
        put("gateway_readings_spooled_total", "counter", &one(self.spooled));
        put("gateway_readings_dropped_total", "counter", &one(self.dropped));
        put("gateway_readings_acknowledged_total", "counter", &one(self.acknowledged));
        put("gateway_readings_set_aside_total", "counter", &one(self.set_aside));
        put("gateway_bluetooth_restarts_total", "counter", &one(self.bluetooth_restarts));
        let rules: Vec<_> = self.match_rules.iter().map(|rules| (String::new(), *rules as f64)).collect();
        put("gateway_bus_match_rules", "gauge", &rules);
        put("gateway_clock_sure", "gauge", &one(u64::from(self.clock_sure)));
        let added_s = self.clock_added_ms as f64 / 1_000.0;
        put("gateway_clock_added_seconds", "gauge", &[(String::new(), added_s)]);
        put("gateway_spool_bytes", "gauge", &one(self.spool_bytes));
        put("gateway_spool_waiting_commits", "gauge", &one(self.waiting_commits));
        let oldest = self.oldest_ms.map_or(0.0, |ms| ((self.at_ms - ms).max(0) as f64) / 1_000.0);
        put("gateway_spool_oldest_seconds", "gauge", &[(String::new(), oldest)]);
        let uplink: Vec<_> =
            self.uplink.iter().map(|(word, n)| (format!("{{said=\"{word}\"}}"), *n as f64)).collect();
        put("gateway_uplink_batches_total", "counter", &uplink);
        let each = |value: &dyn Fn(&DeviceStatus) -> Option<f64>| -> Vec<(String, f64)> {
            let rows = self
                .devices
                .iter()
                .filter_map(|(name, device)| Some((format!("{{device=\"{name}\"}}"), value(device)?)));
            rows.collect()
        };
        put(
            "gateway_device_linked",
            "gauge",
            &each(&|d| Some(f64::from(u8::from(d.presence == Presence::Linked)))),
        );
        put("gateway_device_readings_total", "counter", &each(&|d| Some(d.readings as f64)));
        put("gateway_device_link_losses_total", "counter", &each(&|d| Some(d.link_losses as f64)));
        put("gateway_device_link_failures_total", "counter", &each(&|d| Some(d.link_failures as f64)));
        put("gateway_device_malformed_total", "counter", &each(&|d| Some(d.malformed as f64)));
        put("gateway_device_battery_percent", "gauge", &each(&|d| d.battery_percent.map(f64::from)));
        put("gateway_device_rssi_dbm", "gauge", &each(&|d| d.rssi_dbm.map(f64::from)));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_sealed_is_told_by_the_next_gateway() {
        let mut device = DeviceStatus::default();
        let since = |device: &DeviceStatus, at_ms| {
            let devices = BTreeMap::from([("a".to_owned(), device.clone())]);
            Snapshot { at_ms, devices, ..Snapshot::default() }.untold_since_ms("a")
        };
        device.down(10_000, 10_500);
        assert_eq!(since(&device, 60_000), 10_000);
        device.up_since_ms = Some(60_500);
        // Told, and perhaps not sealed yet; later it is.
        assert_eq!(since(&device, 61_000), 10_000);
        assert_eq!(since(&device, 90_000), 88_000);
        // Lost again within a moment, then after a while.
        device.down(61_000, 61_200);
        assert_eq!(since(&device, 62_000), 10_000);
        device.up_since_ms = Some(70_000);
        device.down(80_000, 80_500);
        assert_eq!(since(&device, 81_000), 80_000);
        let told = DeviceStatus {
            untold_since_ms: Some(60_000),
            up_since_ms: Some(80_500),
            ..DeviceStatus::default()
        };
        // What is sealed is known, not guessed.
        let sealed = |sealed_ms| {
            let devices = BTreeMap::from([("a".to_owned(), told.clone())]);
            let sealed_ms = Some(sealed_ms);
            Snapshot { at_ms: 80_700, sealed_ms, devices, ..Snapshot::default() }.untold_since_ms("a")
        };
        assert_eq!((sealed(80_000), sealed(80_650)), (60_000, 80_650));
        // One that nobody knows.
        assert_eq!(Snapshot { at_ms: 5_000, ..Snapshot::default() }.untold_since_ms("b"), 3_000);
    }
}
