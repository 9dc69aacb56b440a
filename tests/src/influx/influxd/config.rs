//! What a server is started with.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;

/// Settings; what is `None` is as InfluxDB has it.
#[derive(Clone, Debug, Default)]
pub struct InfluxdOptions {
    /// Authentication on, with this administrator.
    pub admin: Option<Credentials>,
    /// `wal-fsync-delay`; zero, the default, means that a 204 follows an fsync.
    pub wal_fsync_delay: Duration,
    /// `cache-snapshot-memory-size`, in bytes: so much in memory goes to a TSM file.
    pub cache_snapshot_memory_bytes: Option<u64>,
    /// `cache-snapshot-write-cold-duration`: after so long without a write, all in memory goes to a TSM file.
    pub cache_snapshot_write_cold: Option<Duration>,
    /// `cache-max-memory-size`, in bytes: with more than that in memory, writes are refused.
    pub cache_max_memory_bytes: Option<u64>,
    /// `max-select-point`: a query that reads more is refused, if it takes longer than the second after which 1.6.7 looks.
    pub max_select_point: Option<u64>,
    /// `max-select-series`: a query over more is refused.
    pub max_select_series: Option<u64>,
}

/// A user and a password.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// In clear.
    pub password: String,
}

impl Credentials {
    /// The `Authorization` header.
    #[must_use]
    pub fn basic(&self) -> String {
        let both = format!("{}:{}", self.user, self.password);
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(both))
    }
}

impl InfluxdOptions {
    /// The configuration file.
    pub(super) fn config(&self, folder: &Path, port: u16, rpc_port: u16) -> String {
        let path = |name: &str| toml_string(&folder.join(name).display().to_string());
        let mut text = format!(
            "reporting-disabled = true\nbind-address = \"127.0.0.1:{rpc_port}\"\n[meta]\ndir = {}\n[data]\ndir = {}\n\
             wal-dir = {}\nwal-fsync-delay = \"{}ms\"\n",
            path("meta"),
            path("data"),
            path("wal"),
            self.wal_fsync_delay.as_millis(),
        );
        let cold = self.cache_snapshot_write_cold.map(|cold| format!("\"{}ms\"", cold.as_millis()));
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(text, "{name} = {value}");
            }
        };
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        set("cache-max-memory-size", number(self.cache_max_memory_bytes));
        set("cache-snapshot-memory-size", number(self.cache_snapshot_memory_bytes));
        set("cache-snapshot-write-cold-duration", cold);
        set("[coordinator]\nmax-select-point", Some(self.max_select_point.unwrap_or(0).to_string()));
        set("max-select-series", number(self.max_select_series));
        let _ = write!(
            text,
            "[monitor]\nstore-enabled = false\n[http]\nbind-address = \"127.0.0.1:{port}\"\nauth-enabled = {}\n",
            self.admin.is_some(),
        );
        text
    }
}

fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
