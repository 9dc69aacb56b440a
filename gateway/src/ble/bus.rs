//! Our own connection to the message bus, for what btleplug lacks.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
use zbus::names::BusName;
use zbus::{Connection, ObjectPath, OwnedObjectPath, interface, proxy};

use crate::GatewayError;

const BLUEZ: &str = "org.bluez";
const AGENT_PATH: &str = "/org/foulee/agent";
/// A device asks a human nothing in that time, or pairing failed.
const PAIR_TIMEOUT: Duration = Duration::from_secs(45);

#[proxy(interface = "org.bluez.AgentManager1", default_service = "org.bluez", default_path = "/org/bluez")]
trait AgentManager {
    fn register_agent(&self, agent: &ObjectPath<'_>, capability: &str) -> zbus::Result<()>;
    fn request_default_agent(&self, agent: &ObjectPath<'_>) -> zbus::Result<()>;
}

#[proxy(interface = "org.bluez.Device1", default_service = "org.bluez")]
trait Device {
    fn pair(&self) -> zbus::Result<()>;
    #[zbus(property)]
    fn paired(&self) -> zbus::Result<bool>;
    #[zbus(property)]
    fn set_trusted(&self, trusted: bool) -> zbus::Result<()>;
}

#[proxy(
    interface = "org.freedesktop.DBus.Debug.Stats",
    default_service = "org.freedesktop.DBus",
    default_path = "/org/freedesktop/DBus"
)]
trait Stats {
    fn get_all_match_rules(&self) -> zbus::Result<HashMap<String, Vec<String>>>;
}

/// Says yes to devices that can neither show nor take a number: straps, rings, bands. Only devices of the configuration
/// are ever paired with.
struct Agent;

#[interface(name = "org.bluez.Agent1")]
impl Agent {
    fn release(&self) {}
    fn cancel(&self) {}
    fn request_authorization(&self, _device: OwnedObjectPath) {}
    fn authorize_service(&self, _device: OwnedObjectPath, _uuid: &str) {}
    fn request_confirmation(&self, _device: OwnedObjectPath, _passkey: u32) {}
}

/// The connection.
pub(crate) struct Bus {
    connection: Connection,
}

/// Whether bluetoothd is there, each time that this changes.
pub(crate) struct Owners {
    stream: NameOwnerChangedStream,
}

impl Owners {
    /// The next change; `None` when the bus is gone.
    pub(crate) async fn next(&mut self) -> Option<bool> {
        let signal = self.stream.next().await?;
        Some(signal.args().is_ok_and(|args| args.new_owner().is_some()))
    }
}

impl Bus {
    pub(crate) async fn connect() -> Result<Self, GatewayError> {
        Ok(Self { connection: Connection::system().await? })
    }

    pub(crate) async fn owners(&self) -> Result<Owners, GatewayError> {
        let bus = DBusProxy::new(&self.connection).await?;
        Ok(Owners { stream: bus.receive_name_owner_changed_with_args(&[(0, BLUEZ)]).await? })
    }

    /// How many match rules the fullest connection of this process has, of the 512 that a message bus admits. `None` where
    /// the bus does not say: a system's bus tells root alone.
    pub(crate) async fn match_rules(&self) -> Option<usize> {
        let rules = StatsProxy::new(&self.connection).await.ok()?.get_all_match_rules().await.ok()?;
        let bus = DBusProxy::new(&self.connection).await.ok()?;
        let mut most = None;
        for (name, rules) in rules {
            let Ok(name) = BusName::try_from(name) else { continue };
            if bus.get_connection_unix_process_id(name).await.is_ok_and(|pid| pid == std::process::id()) {
                most = most.max(Some(rules.len()));
            }
        }
        most
    }

    /// Registers the pairing agent with the bluetoothd that runs now.
    pub(crate) async fn serve_agent(&self) -> Result<(), GatewayError> {
        let path = ObjectPath::from_static_str_unchecked(AGENT_PATH);
        // False where it is served already.
        let _ = self.connection.object_server().at(&path, Agent).await?;
        let manager = AgentManagerProxy::new(&self.connection).await?;
        match manager.register_agent(&path, "NoInputNoOutput").await {
            Ok(()) => {}
            Err(zbus::Error::MethodError(name, ..)) if name.as_str() == "org.bluez.Error.AlreadyExists" => {}
            Err(error) => return Err(error.into()),
        }
        // Another agent may be the default one (a desktop's): ours is then asked for what we pair ourselves.
        if let Err(error) = manager.request_default_agent(&path).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "another pairing agent is the default");
        }
        Ok(())
    }

    /// Pairs with a device if it is not yet paired with. `path` is its object's.
    pub(crate) async fn pair(&self, path: &str) -> Result<(), GatewayError> {
        let path = ObjectPath::try_from(path.to_owned())?;
        let device = DeviceProxy::builder(&self.connection).path(path).build().await?;
        if device.paired().await? {
            return Ok(());
        }
        match tokio::time::timeout(PAIR_TIMEOUT, device.pair()).await {
            Ok(paired) => paired?,
            Err(_) => return Err(zbus::Error::from(zbus::fdo::Error::TimedOut("pairing".into())).into()),
        }
        device.set_trusted(true).await?;
        Ok(())
    }
}
