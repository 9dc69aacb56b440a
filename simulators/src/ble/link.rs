//! Links: made one at a time, lost in many ways.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use zbus::Variant;

use super::dbus::{self, BluezError, DEVICE};
use super::device::Device;
use super::ledger::LinkEnd;
use super::plan::ConnectQueue;
use super::signal::changed;
use super::stack::Stack;
use super::{known, scan};

/// How often is looked whether a device came back into range while a connection waits for it (D).
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Connects to a device: waits for the turn, makes the link, finds the services.
pub(crate) async fn connect(stack: &Arc<Stack>, device: &Arc<Device>) -> Result<(), BluezError> {
    {
        let host = &mut device.state().host;
        if host.connecting {
            return Err(BluezError::InProgress);
        }
        if host.connected {
            return Ok(());
        }
        (host.connecting, host.temporary) = (true, false);
    }
    known::remember(stack);
    let cancelled = device.cancel.notified();
    let connected = tokio::select! {
        connected = take_turn(stack, device) => connected,
        () = cancelled => Err(BluezError::AbortedByLocal),
    };
    device.state().host.connecting = false;
    if connected.is_err() {
        // Where the link was up already, it ends.
        lose(stack, device, LinkEnd::Failed).await;
    }
    connected
}

async fn take_turn(stack: &Arc<Stack>, device: &Arc<Device>) -> Result<(), BluezError> {
    let adapter = stack.adapter(device);
    let _turn = match stack.plan.radio.connect_queue {
        ConnectQueue::Wait => adapter.turn.lock().await,
        ConnectQueue::InProgress => adapter.turn.try_lock().map_err(|_| BluezError::InProgress)?,
    };
    if !adapter.state().powered {
        return Err(BluezError::NotReady);
    }
    let radio = &stack.plan.radio;
    let give_up_ms = stack.clock.elapsed_ms().saturating_add_unsigned(radio.connect_timeout_s * 1000);
    while !device.in_range(stack.clock.elapsed_ms()) {
        if stack.clock.elapsed_ms() >= give_up_ms {
            return Err(BluezError::AbortedByLocal);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    tokio::time::sleep(Duration::from_millis(radio.connect_ms)).await;
    let (fails, at_once) = {
        let mut state = device.state();
        (state.happens(device.faults.connect_fail), state.rng.next_u32().is_multiple_of(2))
    };
    if fails && at_once {
        return Err(BluezError::AbortedByLocal);
    }
    {
        let _order = device.order.lock().await;
        device.state().link_up(stack.clock.now_ms());
        changed(stack, &device.path, DEVICE, vec![("Connected", true.into())], &[]).await;
    }
    tokio::time::sleep(Duration::from_millis(radio.discovery_ms)).await;
    if fails { Err(BluezError::AbortedByLocal) } else { resolve(stack, device).await }
}

/// The services of a new link are known: they get their objects, unless they have kept them.
async fn resolve(stack: &Arc<Stack>, device: &Arc<Device>) -> Result<(), BluezError> {
    let _order = device.order.lock().await;
    if !device.state().host.connected {
        return Err(BluezError::AbortedByLocal);
    }
    let shown = device.state().host.gatt;
    if !shown {
        dbus::show_services(stack, device).await;
        device.state().host.gatt = true;
    }
    device.state().host.resolved = true;
    let properties = vec![("UUIDs", Variant::from(uuids(device))), ("ServicesResolved", true.into())];
    changed(stack, &device.path, DEVICE, properties, &[]).await;
    Ok(())
}

/// Ends a link that the client wants to end, or a connection that is being made.
pub(crate) async fn disconnect(stack: &Arc<Stack>, device: &Arc<Device>) -> Result<(), BluezError> {
    let (connected, connecting) = {
        let host = &device.state().host;
        (host.connected, host.connecting)
    };
    if connecting {
        device.cancel.notify_waiters();
        return Ok(());
    }
    if !connected {
        return Err(BluezError::NotConnected);
    }
    lose(stack, device, LinkEnd::Host).await;
    Ok(())
}

/// Ends a link, where there is one. Subscriptions stay; but where it failed before its services were known, those of a
/// device that is not bonded lose their objects, and with them their subscriptions.
pub(crate) async fn lose(stack: &Stack, device: &Device, end: LinkEnd) {
    let _order = device.order.lock().await;
    let (connected, bonded) = {
        let mut state = device.state();
        let connected = state.host.connected;
        state.link_down(stack.clock.now_ms(), end);
        (connected, state.host.paired)
    };
    if connected {
        let properties = vec![("Connected", false.into()), ("ServicesResolved", false.into())];
        changed(stack, &device.path, DEVICE, properties, &[]).await;
    }
    if connected && end == LinkEnd::Failed && !bonded {
        hide_services(stack, device).await;
    }
}

/// Takes the objects of a device's services off D-Bus. The caller holds its order.
pub(crate) async fn hide_services(stack: &Stack, device: &Device) {
    let shown = {
        let host = &mut device.state().host;
        host.sessions.clear();
        host.values.clear();
        std::mem::take(&mut host.gatt)
    };
    if shown {
        dbus::hide_services(stack, device).await;
    }
}

/// The client no longer wants to know a device.
pub(crate) async fn remove(stack: &Arc<Stack>, device: &Arc<Device>) {
    device.cancel.notify_waiters();
    lose(stack, device, LinkEnd::Host).await;
    let _order = device.order.lock().await;
    {
        let host = &mut device.state().host;
        (host.paired, host.trusted, host.blocked) = (false, false, false);
        (host.alias, host.rssi) = (None, None);
    }
    scan::hide(stack, device).await;
    known::remember(stack);
}

/// UUIDs of a device: those that it advertises, and once its services are known those of all.
pub(crate) fn uuids(device: &Device) -> Vec<String> {
    let resolved = device.state().host.gatt;
    if resolved {
        device.services.iter().map(|service| service.uuid.to_string()).collect()
    } else {
        device.profile.advertised.iter().map(ToString::to_string).collect()
    }
}
