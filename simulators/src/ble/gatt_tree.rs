//! Objects of a device's services, numbered by handles as BlueZ does.

use foulee_gatt::uuids::assigned;
use uuid::Uuid;

use super::wearable::{Characteristic, Flag, Profile, Service};

/// Generic Attribute service. BlueZ shows it, and hides Generic Access (0x1800), which it uses itself.
const GENERIC_ATTRIBUTE: Uuid = assigned(0x1801);
const SERVICE_CHANGED: Uuid = assigned(0x2a05);
/// Client Characteristic Configuration: the switch of notifications.
pub(crate) const CLIENT_CONFIGURATION: Uuid = assigned(0x2902);
/// First handle after those of Generic Access.
const FIRST_HANDLE: u16 = 8;

/// A service and its object.
#[derive(Debug)]
pub(crate) struct ServiceNode {
    pub(crate) path: String,
    pub(crate) uuid: Uuid,
    pub(crate) characteristics: Vec<CharacteristicNode>,
}

/// A characteristic and its object.
#[derive(Debug)]
pub(crate) struct CharacteristicNode {
    pub(crate) path: String,
    pub(crate) uuid: Uuid,
    pub(crate) service: Uuid,
    pub(crate) flags: &'static [Flag],
    /// The object of its client configuration, where it can notify.
    pub(crate) configuration: Option<String>,
}

/// Numbers the services of a device.
pub(crate) fn lay_out(device: &str, profile: &Profile) -> Vec<ServiceNode> {
    let changed = Characteristic { uuid: SERVICE_CHANGED, flags: &[Flag::Indicate] };
    let generic = Service { uuid: GENERIC_ATTRIBUTE, characteristics: vec![changed] };
    let mut handle = FIRST_HANDLE;
    let mut next = || {
        handle += 1;
        handle - 1
    };
    let mut nodes = Vec::new();
    for service in std::iter::once(&generic).chain(&profile.services) {
        let path = format!("{device}/service{:04x}", next());
        let mut characteristics = Vec::new();
        for characteristic in &service.characteristics {
            let path = format!("{path}/char{:04x}", next());
            let _value = next();
            let notifies =
                characteristic.flags.iter().any(|flag| matches!(flag, Flag::Notify | Flag::Indicate));
            characteristics.push(CharacteristicNode {
                configuration: notifies.then(|| format!("{path}/desc{:04x}", next())),
                path,
                uuid: characteristic.uuid,
                service: service.uuid,
                flags: characteristic.flags,
            });
        }
        nodes.push(ServiceNode { path, uuid: service.uuid, characteristics });
    }
    nodes
}
