//! Objects on D-Bus, with the interfaces and properties of BlueZ 5.66.

mod adapter;
mod agent_manager;
mod device;
mod error;
mod gatt;

use std::sync::Arc;

use zbus::fdo::ObjectManager;
use zbus::message::Header;
use zbus::{Connection, connection};

use super::device::Device;
use super::stack::Stack;
use crate::error::SimError;

pub(crate) use error::BluezError;

pub(crate) const ADAPTER: &str = "org.bluez.Adapter1";
pub(crate) const DEVICE: &str = "org.bluez.Device1";
pub(crate) const CHARACTERISTIC: &str = "org.bluez.GattCharacteristic1";
const NAME: &str = "org.bluez";

/// Puts the adapters on a bus and takes the name of the daemon.
pub(crate) async fn serve(stack: &Arc<Stack>, address: &str) -> Result<Connection, SimError> {
    let mut builder = connection::Builder::address(address)
        .serve_at("/", ObjectManager)
        .serve_at("/org/bluez", agent_manager::AgentManager1 { stack: Arc::clone(stack) });
    for (number, adapter) in stack.adapters.iter().enumerate() {
        let object = adapter::Adapter1 { stack: Arc::clone(stack), number };
        builder = builder.serve_at(adapter.path.clone(), object);
    }
    Ok(builder.name(NAME).build().await?)
}

/// Puts a device on the bus.
pub(crate) async fn show_device(stack: &Arc<Stack>, device: &Arc<Device>) {
    let Some(bus) = stack.bus() else { return };
    let object = device::Device1 { stack: Arc::clone(stack), device: Arc::clone(device) };
    // It fails only where the bus is gone: then nobody is there to see it.
    let _ = bus.object_server().at(device.path.as_str(), object).await;
}

/// Takes a device off the bus.
pub(crate) async fn hide_device(stack: &Stack, device: &Device) {
    let Some(bus) = stack.bus() else { return };
    let _ = bus.object_server().remove::<device::Device1, _>(device.path.as_str()).await;
}

/// Puts a device's services on the bus.
pub(crate) async fn show_services(stack: &Arc<Stack>, device: &Arc<Device>) {
    let Some(bus) = stack.bus() else { return };
    let server = bus.object_server();
    for (at, service) in device.services.iter().enumerate() {
        let object = gatt::GattService1 { device: Arc::clone(device), at };
        let _ = server.at(service.path.as_str(), object).await;
        for (which, node) in service.characteristics.iter().enumerate() {
            let place = gatt::Place { stack: Arc::clone(stack), device: Arc::clone(device), at, which };
            let object = gatt::GattCharacteristic1 { place: place.clone() };
            let _ = server.at(node.path.as_str(), object).await;
            if let Some(path) = &node.configuration {
                let _ = server.at(path.as_str(), gatt::GattDescriptor1 { place }).await;
            }
        }
    }
}

/// Takes a device's services off the bus.
pub(crate) async fn hide_services(stack: &Stack, device: &Device) {
    let Some(bus) = stack.bus() else { return };
    let server = bus.object_server();
    for service in &device.services {
        for node in &service.characteristics {
            if let Some(path) = &node.configuration {
                let _ = server.remove::<gatt::GattDescriptor1, _>(path.as_str()).await;
            }
            let _ = server.remove::<gatt::GattCharacteristic1, _>(node.path.as_str()).await;
        }
        let _ = server.remove::<gatt::GattService1, _>(service.path.as_str()).await;
    }
}

/// Who calls.
fn client(header: &Header<'_>) -> String {
    header.sender().map(ToString::to_string).unwrap_or_default()
}
