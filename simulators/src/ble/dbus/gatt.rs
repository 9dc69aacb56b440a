//! `org.bluez.GattService1`, `GattCharacteristic1` and `GattDescriptor1`.

use std::collections::HashMap;
use std::sync::Arc;

use zbus::message::Header;
use zbus::{OwnedObjectPath, OwnedVariant, fdo, interface};

use super::{BluezError, client};
use crate::ble::device::Device;
use crate::ble::gatt_tree::{CLIENT_CONFIGURATION, CharacteristicNode, ServiceNode};
use crate::ble::send;
use crate::ble::stack::Stack;

/// Greatest length of a packet, as agreed on between BlueZ and most peripherals.
const MTU: u16 = 517;

pub(crate) struct GattService1 {
    pub(crate) device: Arc<Device>,
    pub(crate) at: usize,
}

impl GattService1 {
    fn node(&self) -> &ServiceNode {
        &self.device.services[self.at]
    }
}

#[interface(name = "org.bluez.GattService1", introspection_docs = false)]
impl GattService1 {
    #[zbus(property, name = "UUID")]
    async fn uuid(&self) -> String {
        self.node().uuid.to_string()
    }

    #[zbus(property)]
    async fn device(&self) -> fdo::Result<OwnedObjectPath> {
        path(&self.device.path)
    }

    #[zbus(property)]
    async fn primary(&self) -> bool {
        true
    }

    #[zbus(property)]
    async fn includes(&self) -> Vec<OwnedObjectPath> {
        Vec::new()
    }
}

/// Which characteristic of which device.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) stack: Arc<Stack>,
    pub(crate) device: Arc<Device>,
    pub(crate) at: usize,
    pub(crate) which: usize,
}

impl Place {
    fn service(&self) -> &ServiceNode {
        &self.device.services[self.at]
    }

    fn node(&self) -> &CharacteristicNode {
        &self.service().characteristics[self.which]
    }

    fn is_notifying(&self) -> bool {
        self.device.state().host.sessions.contains_key(&self.node().uuid)
    }
}

pub(crate) struct GattCharacteristic1 {
    pub(crate) place: Place,
}

#[interface(name = "org.bluez.GattCharacteristic1", introspection_docs = false)]
impl GattCharacteristic1 {
    async fn read_value(
        &self,
        _options: HashMap<String, OwnedVariant>,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<u8>, BluezError> {
        let Place { stack, device, .. } = &self.place;
        send::read(stack, device, self.place.node(), &client(&header)).await
    }

    async fn write_value(
        &self,
        value: Vec<u8>,
        _options: HashMap<String, OwnedVariant>,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), BluezError> {
        let Place { stack, device, .. } = &self.place;
        send::write(stack, device, self.place.node(), &value, &client(&header)).await
    }

    async fn start_notify(&self, #[zbus(header)] header: Header<'_>) -> Result<(), BluezError> {
        let Place { stack, device, .. } = &self.place;
        send::subscribe(stack, device, self.place.node(), &client(&header)).await
    }

    async fn stop_notify(&self, #[zbus(header)] header: Header<'_>) -> Result<(), BluezError> {
        let Place { stack, device, .. } = &self.place;
        send::unsubscribe(stack, device, self.place.node(), &client(&header)).await
    }

    #[zbus(property, name = "UUID")]
    async fn uuid(&self) -> String {
        self.place.node().uuid.to_string()
    }

    #[zbus(property)]
    async fn service(&self) -> fdo::Result<OwnedObjectPath> {
        path(&self.place.service().path)
    }

    #[zbus(property)]
    async fn value(&self) -> Vec<u8> {
        let values = &self.place.device.state().host.values;
        values.get(&self.place.node().uuid).cloned().unwrap_or_default()
    }

    #[zbus(property)]
    async fn notifying(&self) -> fdo::Result<bool> {
        let can = self.place.node().configuration.is_some();
        let unknown = || fdo::Error::UnknownProperty("No such property 'Notifying'".to_owned());
        can.then(|| self.place.is_notifying()).ok_or_else(unknown)
    }

    #[zbus(property)]
    async fn flags(&self) -> Vec<&'static str> {
        self.place.node().flags.iter().map(|flag| flag.name()).collect()
    }

    #[zbus(property, name = "MTU")]
    async fn mtu(&self) -> u16 {
        MTU
    }
}

/// The switch of notifications. It can be looked at; it is set by subscribing.
pub(crate) struct GattDescriptor1 {
    pub(crate) place: Place,
}

#[interface(name = "org.bluez.GattDescriptor1", introspection_docs = false)]
impl GattDescriptor1 {
    async fn read_value(&self, _options: HashMap<String, OwnedVariant>) -> Result<Vec<u8>, BluezError> {
        let connected = self.place.device.state().host.connected;
        if !connected {
            return Err(BluezError::NotConnected);
        }
        Ok(vec![u8::from(self.place.is_notifying()), 0])
    }

    async fn write_value(
        &self,
        _value: Vec<u8>,
        _options: HashMap<String, OwnedVariant>,
    ) -> Result<(), BluezError> {
        Err(BluezError::WriteNotPermitted)
    }

    #[zbus(property, name = "UUID")]
    async fn uuid(&self) -> String {
        CLIENT_CONFIGURATION.to_string()
    }

    #[zbus(property)]
    async fn characteristic(&self) -> fdo::Result<OwnedObjectPath> {
        path(&self.place.node().path)
    }

    #[zbus(property)]
    async fn value(&self) -> Vec<u8> {
        vec![u8::from(self.place.is_notifying()), 0]
    }
}

fn path(path: &str) -> fdo::Result<OwnedObjectPath> {
    Ok(OwnedObjectPath::try_from(path)?)
}
