//! `org.bluez.Device1`.

use std::sync::Arc;

use zbus::message::Header;
use zbus::{OwnedObjectPath, fdo, interface};

use super::{BluezError, client};
use crate::ble::device::Device;
use crate::ble::stack::Stack;
use crate::ble::{known, link, pairing};

pub(crate) struct Device1 {
    pub(crate) stack: Arc<Stack>,
    pub(crate) device: Arc<Device>,
}

#[interface(name = "org.bluez.Device1", introspection_docs = false)]
impl Device1 {
    async fn connect(&self) -> Result<(), BluezError> {
        link::connect(&self.stack, &self.device).await
    }

    async fn disconnect(&self) -> Result<(), BluezError> {
        link::disconnect(&self.stack, &self.device).await
    }

    async fn pair(&self, #[zbus(header)] header: Header<'_>) -> Result<(), BluezError> {
        pairing::pair(&self.stack, &self.device, &client(&header)).await
    }

    async fn cancel_pairing(&self) {
        self.device.cancel.notify_waiters();
    }

    #[zbus(property)]
    async fn adapter(&self) -> fdo::Result<OwnedObjectPath> {
        let path = self.stack.adapter(&self.device).path.clone();
        Ok(OwnedObjectPath::try_from(path)?)
    }

    #[zbus(property)]
    async fn address(&self) -> &str {
        &self.device.address
    }

    #[zbus(property)]
    async fn address_type(&self) -> &str {
        "random"
    }

    #[zbus(property)]
    async fn name(&self) -> &str {
        &self.device.profile.name
    }

    #[zbus(property)]
    async fn alias(&self) -> String {
        self.device.state().host.alias.clone().unwrap_or_else(|| self.device.profile.name.clone())
    }

    #[zbus(property)]
    async fn set_alias(&self, alias: String) {
        self.device.state().host.alias = Some(alias).filter(|alias| !alias.is_empty());
    }

    #[zbus(property)]
    async fn appearance(&self) -> u16 {
        self.device.profile.appearance
    }

    #[zbus(property)]
    async fn paired(&self) -> bool {
        self.device.state().host.paired
    }

    #[zbus(property)]
    async fn bonded(&self) -> bool {
        self.device.state().host.paired
    }

    #[zbus(property)]
    async fn trusted(&self) -> bool {
        self.device.state().host.trusted
    }

    #[zbus(property)]
    async fn set_trusted(&self, trusted: bool) {
        self.device.state().host.trusted = trusted;
        known::remember(&self.stack);
    }

    #[zbus(property)]
    async fn blocked(&self) -> bool {
        self.device.state().host.blocked
    }

    #[zbus(property)]
    async fn set_blocked(&self, blocked: bool) {
        self.device.state().host.blocked = blocked;
        if blocked {
            // It fails only where there is no link.
            let _ = link::disconnect(&self.stack, &self.device).await;
        }
    }

    #[zbus(property)]
    async fn legacy_pairing(&self) -> bool {
        false
    }

    #[zbus(property)]
    async fn connected(&self) -> bool {
        self.device.state().host.connected
    }

    #[zbus(property)]
    async fn services_resolved(&self) -> bool {
        self.device.state().host.resolved
    }

    #[zbus(property, name = "UUIDs")]
    async fn uuids(&self) -> Vec<String> {
        link::uuids(&self.device)
    }

    #[zbus(property, name = "RSSI")]
    async fn rssi(&self) -> fdo::Result<i16> {
        self.device
            .state()
            .host
            .rssi
            .ok_or_else(|| fdo::Error::UnknownProperty("No such property 'RSSI'".to_owned()))
    }
}
