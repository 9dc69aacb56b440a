//! Pairing, for which a client answers as an agent on a D-Bus connection of its own.

use std::collections::HashMap;

use btleplug::api::{Central as _, Peripheral as _};
use foulee_gatt::uuids::{BATTERY_LEVEL, HEART_RATE_MEASUREMENT, SERIAL_NUMBER};
use zbus::{Connection, ObjectPath, OwnedVariant, fdo, interface};

use crate::client::{
    Notifications, adapter, characteristic, connect_only, device, next, on_private_bus, start,
};

struct Agent {
    accepts: bool,
}

#[interface(name = "org.bluez.Agent1")]
impl Agent {
    async fn request_authorization(&self, _device: ObjectPath<'_>) -> fdo::Result<()> {
        if self.accepts { Ok(()) } else { Err(fdo::Error::AccessDenied("no".to_owned())) }
    }
}

async fn call(bus: &Connection, path: &str, interface: &str, method: &str) -> Result<(), zbus::Error> {
    bus.call_method(Some("org.bluez"), path, Some(interface), method, &()).await.map(drop)
}

async fn pair(bus: &Connection, path: &str) -> Result<(), zbus::Error> {
    call(bus, path, "org.bluez.Device1", "Pair").await
}

/// A connection to the bus that answers pairings.
async fn agent(address: &str, accepts: bool) -> Connection {
    let bus = zbus::connection::Builder::address(address)
        .serve_at("/agent", Agent { accepts })
        .build()
        .await
        .unwrap();
    let path = ObjectPath::try_from("/agent").unwrap();
    let manager = Some("org.bluez.AgentManager1");
    let body = (&path, "NoInputNoOutput");
    bus.call_method(Some("org.bluez"), "/org/bluez", manager, "RegisterAgent", &body).await.unwrap();
    bus.call_method(Some("org.bluez"), "/org/bluez", manager, "RequestDefaultAgent", &path).await.unwrap();
    bus
}

const PLAN: &str = "[[wearable]]\nkind = 'strap'\nbonding = true\n[wearable.faults]\nslow_pairing_s = 1";

#[test]
fn encrypted_values_need_a_bond_and_a_bond_needs_an_agent() {
    on_private_bus("bonding::encrypted_values_need_a_bond_and_a_bond_needs_an_agent", async |address| {
        let bluetooth = start(address, PLAN);
        let adapter = adapter().await;
        let strap = connect_only(&adapter).await;
        let path = device(&bluetooth.report().unwrap(), "strap-1").path.clone();
        let (battery, rate) =
            (characteristic(&strap, BATTERY_LEVEL), characteristic(&strap, HEART_RATE_MEASUREMENT));
        strap.read(&characteristic(&strap, SERIAL_NUMBER)).await.unwrap();
        let error = strap.read(&battery).await.unwrap_err().to_string();
        assert!(error.contains("Not paired"), "{error}");
        strap.subscribe(&rate).await.unwrap_err();

        let bus = zbus::connection::Builder::address(address).build().await.unwrap();
        let error = pair(&bus, &path).await.unwrap_err().to_string();
        assert!(error.contains("AuthenticationFailed"), "{error}");
        let refuses = agent(address, false).await;
        let error = pair(&refuses, &path).await.unwrap_err().to_string();
        assert!(error.contains("AuthenticationRejected"), "{error}");
        refuses.close().await.unwrap();

        let accepts = agent(address, true).await;
        let started = std::time::Instant::now();
        pair(&accepts, &path).await.unwrap();
        assert!(started.elapsed().as_millis() >= 1000, "pairing is slow");
        let error = pair(&accepts, &path).await.unwrap_err().to_string();
        assert!(error.contains("AlreadyExists"), "{error}");
        strap.read(&battery).await.unwrap();
        let mut notifications: Notifications = strap.notifications().await.unwrap();
        strap.subscribe(&rate).await.unwrap();
        next(&mut notifications, HEART_RATE_MEASUREMENT).await;

        let properties = accepts
            .call_method(
                Some("org.bluez"),
                path.as_str(),
                Some("org.freedesktop.DBus.Properties"),
                "GetAll",
                &"org.bluez.Device1",
            )
            .await
            .unwrap();
        let properties: HashMap<String, OwnedVariant> = properties.body().deserialize().unwrap();
        for property in ["Paired", "Bonded", "Connected", "ServicesResolved"] {
            assert_eq!(
                properties[property],
                OwnedVariant::try_from(zbus::Variant::from(true)).unwrap(),
                "{property}"
            );
        }
        // The bond outlives the link.
        strap.disconnect().await.unwrap();
        strap.connect().await.unwrap();
        strap.read(&battery).await.unwrap();

        let removed = ObjectPath::try_from(path.as_str()).unwrap();
        let interface = Some("org.bluez.Adapter1");
        accepts
            .call_method(Some("org.bluez"), "/org/bluez/hci0", interface, "RemoveDevice", &removed)
            .await
            .unwrap();
        assert!(adapter.peripherals().await.unwrap().is_empty());
        let strap = connect_only(&adapter).await;
        strap.read(&characteristic(&strap, BATTERY_LEVEL)).await.unwrap_err();
    });
}

#[test]
fn an_encrypted_read_may_start_pairing_as_in_bluez() {
    on_private_bus("bonding::an_encrypted_read_may_start_pairing_as_in_bluez", async |address| {
        let bluetooth = start(address, &format!("[radio]\nunpaired = 'pair'\npairing_timeout_s = 2\n{PLAN}"));
        let strap = connect_only(&adapter().await).await;
        let battery = characteristic(&strap, BATTERY_LEVEL);
        strap.read(&battery).await.unwrap_err();
        assert!(!strap.is_connected().await.unwrap(), "without an agent the link is lost");

        let _agent = agent(address, true).await;
        strap.connect().await.unwrap();
        strap.read(&battery).await.unwrap();
        assert!(device(&bluetooth.stop().unwrap(), "strap-1").paired);
    });
}
