//! `org.bluez.Adapter1`.

use std::collections::HashMap;
use std::sync::Arc;

use zbus::message::Header;
use zbus::{ObjectPath, OwnedVariant, interface};

use super::{BluezError, client};
use crate::ble::ledger::LinkEnd;
use crate::ble::stack::{Adapter, Stack};
use crate::ble::{link, scan};

/// Class "computer, laptop" with the services that a laptop offers.
const CLASS: u32 = 0x007c_010c;

pub(crate) struct Adapter1 {
    pub(crate) stack: Arc<Stack>,
    pub(crate) number: usize,
}

impl Adapter1 {
    fn adapter(&self) -> &Adapter {
        &self.stack.adapters[self.number]
    }
}

#[interface(name = "org.bluez.Adapter1", introspection_docs = false)]
impl Adapter1 {
    async fn start_discovery(&self, #[zbus(header)] header: Header<'_>) -> Result<(), BluezError> {
        let client = client(&header);
        {
            let mut state = self.adapter().state();
            if !state.powered {
                return Err(BluezError::NotReady);
            }
            if state.scanners.contains_key(&client) {
                return Err(BluezError::InProgress);
            }
            let wanted = state.filters.get(&client).cloned().unwrap_or_default();
            state.scanners.insert(client, wanted);
        }
        scan::started(&self.stack, self.number).await;
        Ok(())
    }

    async fn stop_discovery(&self, #[zbus(header)] header: Header<'_>) -> Result<(), BluezError> {
        let removed = self.adapter().state().scanners.remove(&client(&header));
        removed.ok_or(BluezError::NoDiscovery)?;
        scan::stopped(&self.stack, self.number).await;
        Ok(())
    }

    async fn set_discovery_filter(
        &self,
        properties: HashMap<String, OwnedVariant>,
        #[zbus(header)] header: Header<'_>,
    ) {
        let uuids = properties.get("UUIDs").and_then(|uuids| Vec::<String>::try_from(uuids.clone()).ok());
        let wanted: Vec<_> = uuids.unwrap_or_default().iter().map(|uuid| uuid.to_lowercase()).collect();
        let client = client(&header);
        let mut state = self.adapter().state();
        if let Some(scanner) = state.scanners.get_mut(&client) {
            scanner.clone_from(&wanted);
        }
        state.filters.insert(client, wanted);
    }

    async fn get_discovery_filters(&self) -> Vec<&'static str> {
        vec!["UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"]
    }

    async fn remove_device(&self, path: ObjectPath<'_>) -> Result<(), BluezError> {
        let mut devices = self.stack.devices.iter();
        let device = devices.find(|device| device.path == path.as_str() && device.state().host.exported);
        link::remove(&self.stack, device.ok_or(BluezError::DoesNotExist)?).await;
        Ok(())
    }

    #[zbus(property)]
    async fn address(&self) -> &str {
        &self.adapter().address
    }

    #[zbus(property)]
    async fn address_type(&self) -> &str {
        "public"
    }

    #[zbus(property)]
    async fn name(&self) -> &str {
        "foulee-sim"
    }

    #[zbus(property)]
    async fn alias(&self) -> &str {
        "foulee-sim"
    }

    #[zbus(property)]
    async fn class(&self) -> u32 {
        CLASS
    }

    #[zbus(property)]
    async fn powered(&self) -> bool {
        self.adapter().state().powered
    }

    #[zbus(property)]
    async fn set_powered(&self, powered: bool) {
        let before = {
            let mut state = self.adapter().state();
            if !powered {
                state.scanners.clear();
            }
            std::mem::replace(&mut state.powered, powered)
        };
        if before == powered {
            return;
        }
        if !powered {
            scan::stopped(&self.stack, self.number).await;
            for device in self.stack.devices.iter().filter(|device| device.adapter == self.number) {
                link::lose(&self.stack, device, LinkEnd::Host).await;
            }
        }
    }

    #[zbus(property)]
    async fn discoverable(&self) -> bool {
        false
    }

    #[zbus(property)]
    async fn pairable(&self) -> bool {
        true
    }

    #[zbus(property)]
    async fn discovering(&self) -> bool {
        !self.adapter().state().scanners.is_empty()
    }

    #[zbus(property, name = "UUIDs")]
    async fn uuids(&self) -> Vec<&str> {
        vec!["00001800-0000-1000-8000-00805f9b34fb", "00001801-0000-1000-8000-00805f9b34fb"]
    }

    #[zbus(property)]
    async fn modalias(&self) -> &str {
        "usb:v1D6Bp0246d0542"
    }

    #[zbus(property)]
    async fn roles(&self) -> Vec<&str> {
        vec!["central", "peripheral"]
    }
}
