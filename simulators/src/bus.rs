//! A private D-Bus for tests and demonstrations: nothing on it touches the machine's own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::error::SimError;

/// Everything is allowed to everybody, as the machine's own bus allows it to bluetoothd and its clients. There is no
/// `<limit>`, so that the limits are those of a system bus.
const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <auth>EXTERNAL</auth>
  <listen>unix:path=SOCKET</listen>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="*" eavesdrop="true"/>
  </policy>
</busconfig>
"#;

/// A `dbus-daemon` of one's own in a temporary folder. Dropped, it ends.
#[derive(Debug)]
pub struct PrivateBus {
    daemon: Child,
    address: String,
    _folder: TempDir,
}

impl PrivateBus {
    /// Whether there is a `dbus-daemon` on this machine.
    #[must_use]
    pub fn is_available() -> bool {
        let version = Command::new("dbus-daemon").arg("--version").stdout(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    }

    /// Starts one, and waits until it can be used.
    pub fn start() -> Result<Self, SimError> {
        let folder = tempfile::tempdir().map_err(SimError::Start)?;
        let path = folder.path().join("bus.conf");
        let socket = folder.path().join("bus");
        let configuration = CONFIGURATION.replace("SOCKET", &socket.to_string_lossy());
        std::fs::write(&path, configuration)
            .map_err(|source| SimError::Write { path: path.clone(), source })?;
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", path.display()))
            .args(["--nofork", "--print-address"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // As root in a container it complains that it may not open more files; it goes on.
            .stderr(Stdio::null())
            .spawn()
            .map_err(SimError::DbusDaemon)?;
        let mut address = String::new();
        if let Some(stdout) = daemon.stdout.take() {
            BufReader::new(stdout).read_line(&mut address).map_err(SimError::DbusDaemon)?;
        }
        let bus = Self { daemon, address: address.trim().to_owned(), _folder: folder };
        if bus.address.is_empty() { Err(SimError::NoBusAddress) } else { Ok(bus) }
    }

    /// Its address, as `DBUS_SYSTEM_BUS_ADDRESS` takes it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.daemon.id()
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        // Both fail only where it has ended before.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Drop for PrivateBus {
    fn drop(&mut self) {
        self.kill();
    }
}
