//! An unmodified client of BlueZ: btleplug, on a runtime and a thread of its own.

use std::collections::BTreeMap;
use std::env;
use std::pin::Pin;
use std::process::Command;
use std::time::{Duration, Instant};

use btleplug::api::{
    Central as _, Characteristic, Manager as _, Peripheral as _, ScanFilter, ValueNotification,
};
use btleplug::platform::{Adapter, Manager, Peripheral};
use foulee_sim::bus::PrivateBus;
use foulee_sim::{Bluetooth, DeviceReport, Options, Plan, Report};
use futures_util::{Stream, StreamExt as _};
use uuid::Uuid;

const ADDRESS: &str = "FOULEE_SIM_TEST_BUS";
/// Longest time of one test.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) type Notifications = Pin<Box<dyn Stream<Item = ValueNotification> + Send>>;

/// Runs the body of the test with this name in a process of its own, whose system bus is a private one.
///
/// btleplug finds the bus in the environment, and an environment is changed safely only for a new process.
pub(crate) fn on_private_bus(test: &str, body: impl AsyncFnOnce(&str)) {
    if let Ok(address) = env::var(ADDRESS) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let in_time = runtime.block_on(async { tokio::time::timeout(LONGEST, body(&address)).await });
        return in_time.expect("the test ends in time");
    }
    if !PrivateBus::is_available() {
        assert!(env::var_os("FOULEE_TEST_REQUIRE_DBUS").is_none(), "dbus-daemon is not installed");
        eprintln!("left out: dbus-daemon is not installed");
        return;
    }
    let bus = PrivateBus::start().expect("a bus");
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ADDRESS, bus.address())
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub(crate) fn start(address: &str, plan: &str) -> Bluetooth {
    start_with(address, plan, &Options { seed: 1, ..Options::default() })
}

pub(crate) fn start_with(address: &str, plan: &str, options: &Options) -> Bluetooth {
    let plan: Plan = plan.parse().unwrap();
    Bluetooth::start(address, plan, options).unwrap()
}

pub(crate) async fn adapter() -> Adapter {
    let manager = Manager::new().await.unwrap();
    manager.adapters().await.unwrap().remove(0)
}

/// Scans until so many are found.
pub(crate) async fn scan(adapter: &Adapter, count: usize) -> BTreeMap<String, Peripheral> {
    adapter.start_scan(ScanFilter::default()).await.unwrap();
    let found = find(adapter, count).await;
    adapter.stop_scan().await.unwrap();
    found
}

/// The peripherals by address, once there are so many.
pub(crate) async fn find(adapter: &Adapter, count: usize) -> BTreeMap<String, Peripheral> {
    let mut found = BTreeMap::new();
    let until = Instant::now() + Duration::from_secs(10);
    while found.len() < count && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let peripherals = adapter.peripherals().await.unwrap();
        found = peripherals
            .into_iter()
            .map(|peripheral| (peripheral.address().to_string(), peripheral))
            .collect();
    }
    assert_eq!(found.len(), count);
    found
}

/// Scans, connects to the only device and discovers its services.
pub(crate) async fn connect_only(adapter: &Adapter) -> Peripheral {
    let (_, peripheral) = scan(adapter, 1).await.pop_first().unwrap();
    peripheral.connect().await.unwrap();
    peripheral.discover_services().await.unwrap();
    peripheral
}

pub(crate) fn characteristic(peripheral: &Peripheral, uuid: Uuid) -> Characteristic {
    let characteristics = peripheral.characteristics();
    characteristics.into_iter().find(|characteristic| characteristic.uuid == uuid).expect("a characteristic")
}

/// The next notification of this characteristic.
pub(crate) async fn next(notifications: &mut Notifications, uuid: Uuid) -> Vec<u8> {
    let wanted = async {
        loop {
            let notification = notifications.next().await.expect("the stream goes on");
            if notification.uuid == uuid {
                return notification.value;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), wanted).await.expect("a notification within 5 s")
}

/// What comes within this time.
pub(crate) async fn collect(notifications: &mut Notifications, time: Duration) -> Vec<ValueNotification> {
    let mut all = Vec::new();
    let _ = tokio::time::timeout(time, async {
        while let Some(notification) = notifications.next().await {
            all.push(notification);
        }
    })
    .await;
    all
}

pub(crate) fn device<'a>(report: &'a Report, name: &str) -> &'a DeviceReport {
    report.devices.iter().find(|device| device.device == name).expect("a device of that name")
}

/// Values that the simulation says it sent, in their order.
pub(crate) fn sent(report: &Report, device: &str, kind: &str) -> Vec<i64> {
    let entries = report.ledger.iter().filter(|entry| entry.device == device && entry.kind == kind);
    entries.map(|entry| entry.value).collect()
}
