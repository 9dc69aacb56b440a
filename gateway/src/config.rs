//! The gateway's configuration: one TOML file, checked whole before anything is collected.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foulee_contract::ParticipantId;
use serde::{Deserialize, Serialize};

use crate::GatewayError;
use crate::driver::{Family, Stream};

/// What a gateway is to do, as its file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where readings go.
    pub uplink: UplinkConfig,
    /// Where they wait meanwhile.
    pub spool: SpoolConfig,
    /// The radio.
    #[serde(default)]
    pub bluetooth: BluetoothConfig,
    /// The devices that may be collected from; no other is connected to.
    #[serde(default, rename = "device")]
    pub devices: Vec<DeviceConfig>,
}

/// Where readings go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UplinkConfig {
    /// `https://HOST[:PORT]` of the service; `http://` only to this machine, unless `allow_plain_http`.
    pub url: String,
    /// A file with the device token, on one line. Left out: the systemd credential `foulee-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Lets readings cross a network unprotected.
    #[serde(default)]
    pub allow_plain_http: bool,
    /// Certificates of the authority that signed the service's own, PEM. They are believed instead of the well-known ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Where readings wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpoolConfig {
    /// The folder; made if it is not there.
    pub folder: PathBuf,
    /// Most bytes on disk. When full, the oldest readings make room and their time becomes a gap.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: u64,
    /// The key that seals it, 32 bytes; made if it is not there. Left out: the systemd credential `foulee-spool-key`
    /// where there is one, else `key` in the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
}

/// The radio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BluetoothConfig {
    /// Adapters by name (`hci0`); none: all there are.
    pub adapters: Vec<String>,
    /// Links that one adapter holds at a time (common chips hold 7 to 10; one D-Bus connection at most 500).
    pub slots: u16,
    /// A link on which nothing came for so long is looked after, s.
    pub silent_after_s: u32,
}

impl Default for BluetoothConfig {
    fn default() -> Self {
        Self { adapters: Vec::new(), slots: 7, silent_after_s: 30 }
    }
}

/// One device that may be collected from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceConfig {
    /// A name of its own within the participant: `a-z 0-9 . _ -`. It becomes part of the source.
    pub name: String,
    /// Its Bluetooth address, `AA:BB:CC:DD:EE:FF`.
    pub address: String,
    /// What kind of wearable it is.
    pub family: Family,
    /// Who wears it.
    pub participant: ParticipantId,
    /// What to collect; left out: all that the family has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<BTreeSet<Stream>>,
    /// Whether it must be paired with before it tells anything.
    #[serde(default)]
    pub bond: bool,
    /// After how long unseen an alert is logged, s.
    #[serde(default = "default_out_of_range_s")]
    pub out_of_range_s: u32,
    /// Since when this participant wears it, RFC 3339: what the device stored before is somebody else's and is not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "rfc3339")]
    pub since: Option<chrono::DateTime<chrono::FixedOffset>>,
    /// Raised by hand when the device was reset or given to somebody else: its counters begin anew.
    #[serde(default)]
    pub epoch: u32,
}

/// In words that say what to write, where chrono's do not.
fn rfc3339<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<chrono::DateTime<chrono::FixedOffset>>, D::Error> {
    let text = String::deserialize(from)?;
    chrono::DateTime::parse_from_rfc3339(&text).map(Some).map_err(|_| {
        serde::de::Error::custom(format!(
            "since: a text with date, time and offset such as \"2026-12-01T09:00:00+01:00\", not \"{text}\""
        ))
    })
}

fn default_max_bytes() -> u64 {
    256 << 20
}

fn default_out_of_range_s() -> u32 {
    900
}

/// Most devices: beyond, one D-Bus connection has no match rules left (512, of which sessions need one each).
pub const MAX_DEVICES: usize = 500;

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// With the line and the key at fault.
    pub fn read(path: &Path) -> Result<Self, GatewayError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| GatewayError::ReadFile { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text).map_err(|source| GatewayError::ConfigSyntax {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        config.check()?;
        Ok(config)
    }

    /// What no single field can say.
    ///
    /// # Errors
    /// With the key at fault.
    pub fn check(&self) -> Result<(), GatewayError> {
        let wrong = |key: &str, fix: &'static str| Err(GatewayError::Config { key: key.to_owned(), fix });
        let url = &self.uplink.url;
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let plain_is_local = local.iter().any(|base| {
            url.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
        match url.split_once("://") {
            Some(("https", host)) if !host.is_empty() => {}
            Some(("http", host)) if !host.is_empty() && (plain_is_local || self.uplink.allow_plain_http) => {}
            Some(("http", _)) => {
                return wrong(
                    "uplink.url",
                    "https://: readings would cross the network unprotected (allow_plain_http = true allows it)",
                );
            }
            _ => return wrong("uplink.url", "https://HOST[:PORT] of the service"),
        }
        if self.spool.max_bytes < 16 << 20 {
            return wrong("spool.max_bytes", "at least 16777216 (16 MiB)");
        }
        if self.bluetooth.slots == 0 {
            return wrong("bluetooth.slots", "at least 1");
        }
        if self.bluetooth.silent_after_s < 5 {
            return wrong("bluetooth.silent_after_s", "at least 5");
        }
        if self.devices.len() > MAX_DEVICES {
            return wrong("device", "at most 500 devices on one gateway");
        }
        let (mut addresses, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (at, device) in self.devices.iter().enumerate() {
            let key = |field: &str| format!("device[{at}].{field}");
            if device.address().is_none() {
                return wrong(&key("address"), "a Bluetooth address such as C0:FF:EE:00:00:01");
            }
            if !addresses.insert(device.address.to_ascii_uppercase()) {
                return wrong(&key("address"), "each device once: this address is there already");
            }
            let name = device.name.as_bytes();
            if name.is_empty()
                || name.len() > 64
                || !name.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
            {
                return wrong(&key("name"), "1 to 64 of a-z 0-9 . _ -");
            }
            if !names.insert((device.participant, device.name.clone())) {
                return wrong(&key("name"), "a name of its own for each device of a participant");
            }
            if device.streams.as_ref().is_some_and(BTreeSet::is_empty) {
                return wrong(&key("streams"), "at least one stream; left out: all that the family has");
            }
            if let Some(unknown) =
                device.streams.iter().flatten().find(|stream| !device.family.streams().contains(stream))
            {
                return Err(GatewayError::NoSuchStream {
                    key: key("streams"),
                    stream: *unknown,
                    family: device.family,
                });
            }
        }
        Ok(())
    }
}

impl DeviceConfig {
    /// The six bytes of the address.
    #[must_use]
    pub fn address(&self) -> Option<[u8; 6]> {
        let mut bytes = [0; 6];
        let mut parts = self.address.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2)?;
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(bytes)
    }

    /// What it is called in status and metrics: the end of the participant's id tells apart devices of one name.
    #[must_use]
    pub fn status_name(&self) -> String {
        let id = self.participant.to_string();
        format!("{}@{}", self.name, &id[id.len().saturating_sub(12)..])
    }

    /// Whether to collect a stream.
    #[must_use]
    pub fn wants(&self, stream: Stream) -> bool {
        self.streams.as_ref().is_none_or(|streams| streams.contains(&stream))
            && self.family.streams().contains(&stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../gateway.toml");

    #[test]
    fn the_sample_is_good() {
        let config: Config = toml::from_str(GOOD).unwrap();
        config.check().unwrap();
        assert_eq!(config.devices.len(), 2);
        assert!(config.devices[0].wants(Stream::HeartRate));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |from: &str, to: &str| {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            match toml::from_str::<Config>(&text) {
                Ok(config) => config.check().unwrap_err().to_string(),
                Err(error) => error.to_string(),
            }
        };
        assert!(wrong("max_bytes", "max_byte").contains("max_byte"));
        assert!(wrong("https://", "http://").contains("uplink.url"));
        assert!(wrong("C0:FF:EE:00:00:01", "C0:FF:EE:00:00").contains("device[0].address"));
        assert!(wrong("C0:FF:EE:00:00:02", "c0:ff:ee:00:00:01").contains("device[1].address"));
        assert!(wrong("\"strap-7\"", "\"Strap 7\"").contains("device[0].name"));
        assert!(wrong("\"heart_rate_strap\"", "\"tricorder\"").contains("tricorder"));
        assert!(wrong("\"rr_interval\"", "\"steps\"").contains("device[0].streams"));
        assert!(
            wrong("[[device]]", "[[device]]\nsince = \"2026-12-01\"").contains("2026-12-01T09:00:00+01:00")
        );
        assert!(wrong("[[device]]", "[[device]]\nsince = 2026-12-01").contains("since"));
    }
}
