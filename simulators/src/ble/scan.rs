//! Scans: which devices have an object on D-Bus, and how strong they are received.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use zbus::Variant;

use super::dbus::{self, ADAPTER, DEVICE};
use super::device::Device;
use super::stack::Stack;
use super::{link, signal};

/// How often a device that advertises is reported while somebody scans (D).
const ADVERTISE_EVERY: Duration = Duration::from_secs(1);

/// Reports what an adapter hears, for as long as the simulation runs.
pub(crate) async fn listen(stack: Arc<Stack>, adapter: usize) {
    loop {
        let scanners: Vec<_> = stack.adapters[adapter].state().scanners.values().cloned().collect();
        for device in stack.devices.iter().filter(|device| device.adapter == adapter) {
            if !scanners.is_empty() {
                hear(&stack, device, &scanners).await;
            }
            forget_temporary(&stack, device).await;
        }
        let wake = stack.adapters[adapter].wake.notified();
        let _ = tokio::time::timeout(ADVERTISE_EVERY, wake).await;
    }
}

/// A scan begins, or one with another filter.
pub(crate) async fn started(stack: &Stack, adapter: usize) {
    let adapter = &stack.adapters[adapter];
    signal::changed(stack, &adapter.path, ADAPTER, vec![("Discovering", true.into())], &[]).await;
    adapter.wake.notify_one();
}

/// Somebody no longer scans. After the last one nobody knows how strong devices are received.
pub(crate) async fn stopped(stack: &Stack, number: usize) {
    let adapter = &stack.adapters[number];
    if !adapter.state().scanners.is_empty() {
        return;
    }
    signal::changed(stack, &adapter.path, ADAPTER, vec![("Discovering", false.into())], &[]).await;
    for device in stack.devices.iter().filter(|device| device.adapter == number) {
        let known = device.state().host.rssi.take().is_some();
        if known {
            signal::changed(stack, &device.path, DEVICE, vec![], &["RSSI"]).await;
        }
    }
}

/// Shows a device on D-Bus. The caller holds its order.
pub(crate) async fn show(stack: &Arc<Stack>, device: &Arc<Device>) {
    device.state().host.exported = true;
    dbus::show_device(stack, device).await;
}

/// Takes a device and its services off D-Bus. The caller holds its order.
pub(crate) async fn hide(stack: &Stack, device: &Device) {
    link::hide_services(stack, device).await;
    device.state().host.exported = false;
    dbus::hide_device(stack, device).await;
}

async fn hear(stack: &Arc<Stack>, device: &Arc<Device>, scanners: &[Vec<String>]) {
    let elapsed_ms = stack.clock.elapsed_ms();
    if !device.in_range(elapsed_ms) {
        return;
    }
    let _order = device.order.lock().await;
    let (shown, rssi) = {
        let mut state = device.state();
        if state.host.connected || !(state.host.exported || matches_any(device, scanners)) {
            return;
        }
        let rssi = -60 + state.rng.random_range(-9..=9_i16);
        state.host.last_seen_ms = elapsed_ms;
        state.host.rssi = Some(rssi);
        let shown = state.host.exported;
        state.host.temporary |= !shown;
        (shown, rssi)
    };
    if shown {
        signal::changed(stack, &device.path, DEVICE, vec![("RSSI", Variant::from(rssi))], &[]).await;
    } else {
        show(stack, device).await;
    }
}

fn matches_any(device: &Device, scanners: &[Vec<String>]) -> bool {
    let advertised: Vec<_> = device.profile.advertised.iter().map(ToString::to_string).collect();
    scanners.iter().any(|wanted| wanted.is_empty() || wanted.iter().any(|uuid| advertised.contains(uuid)))
}

async fn forget_temporary(stack: &Stack, device: &Device) {
    let timeout_ms = i64::try_from(stack.plan.radio.temporary_timeout_s.get() * 1000).unwrap_or(i64::MAX);
    let is_due = || {
        let host = &device.state().host;
        let unused = host.exported && host.temporary && !host.connected && !host.connecting;
        unused && stack.clock.elapsed_ms() - host.last_seen_ms >= timeout_ms
    };
    if is_due() {
        let _order = device.order.lock().await;
        if is_due() {
            hide(stack, device).await;
        }
    }
}
