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
/// The file in the spool's folder that a node exporter's text-file collector reads.
pub const METRICS_FILE: &str = "metrics.prom";

/// How a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Not heard since the gateway began, or since its last link.
    #[default]
    Unseen,
    /// Heard, no link.
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
    /// Whether a gap says of what was not recorded before it was up again, given until when all is sealed.
    fn is_told(&self, sealed_ms: i64) -> bool {
        self.up_since_ms.is_some_and(|up_ms| up_ms <= sealed_ms)
    }
}

/// The whole gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When this was written, ms UTC.
    pub at_ms: i64,
    /// What came up to then is sealed and on disk, ms UTC; 0 before the first commit.
    #[serde(default)]
    pub sealed_ms: i64,
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

    /// Nothing is recorded of a device since then, and nothing on disk says so.
    pub fn down(&self, name: &str, since_ms: i64) {
        let sealed_ms = self.lock().sealed_ms;
        self.device(name, |device| {
            let known_ms = device.untold_since_ms.filter(|_| !device.is_told(sealed_ms));
            device.untold_since_ms = Some(known_ms.unwrap_or(since_ms).min(since_ms));
            device.up_since_ms = None;
        });
    }

    /// What came up to then is sealed and on disk.
    pub fn sealed(&self, at_ms: i64) {
        self.lock().sealed_ms = at_ms;
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
        match self.devices.get(device) {
            Some(device) if device.is_told(self.sealed_ms) => self.sealed_ms,
            Some(device) => device.untold_since_ms.unwrap_or(self.at_ms),
            // It was not collected from.
            None => self.at_ms,
        }
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
        let status = Status::default();
        let up = |at_ms| status.device("a", |device| device.up_since_ms = Some(at_ms));
        let since = || status.snapshot(99_000, None).untold_since_ms("a");
        status.down("a", 10_000);
        assert_eq!(since(), 10_000);
        // A gap says so, and may not be sealed yet; later it is.
        up(60_500);
        assert_eq!(since(), 10_000);
        status.sealed(60_000);
        assert_eq!(since(), 10_000);
        // Lost again within a moment, then after a while.
        up(60_500);
        status.down("a", 60_600);
        assert_eq!(since(), 10_000);
        up(61_000);
        status.sealed(70_000);
        assert_eq!(since(), 70_000);
        status.down("a", 80_000);
        assert_eq!(since(), 80_000);
        // One that this gateway did not collect from.
        assert_eq!(status.snapshot(99_000, None).untold_since_ms("b"), 99_000);
    }
}
