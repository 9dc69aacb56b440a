//! What a device sends, and what it answers to reads and writes.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use uuid::Uuid;
use zbus::Variant;

use super::dbus::{BluezError, CHARACTERISTIC};
use super::device::{Device, State};
use super::gatt_tree::CharacteristicNode;
use super::ledger::{LinkEnd, Via};
use super::plan::Unpaired;
use super::signal::changed;
use super::stack::Stack;
use super::wearable::{Flag, Pdu, Value};
use super::{link, pairing};

/// How often a wearable is asked what it sends.
const TICK_MS: i64 = 1000;

/// A device's life: a tick each second, at a moment of its own within the second.
pub(crate) async fn live(stack: Arc<Stack>, device: Arc<Device>) {
    let phase_ms = i64::from(device.state().rng.next_u32() % 1000);
    let mut next_ms = phase_ms;
    loop {
        tokio::time::sleep_until(stack.clock.at(next_ms).into()).await;
        tick(&stack, &device).await;
        // Ticks that were missed, because the machine slept, are gone.
        let late = (stack.clock.elapsed_ms() - next_ms).max(0) / TICK_MS;
        next_ms += (late + 1) * TICK_MS;
    }
}

async fn tick(stack: &Arc<Stack>, device: &Arc<Device>) {
    let elapsed_ms = stack.clock.elapsed_ms();
    let restarts = device.faults.counter_reset.as_deref().unwrap_or_default();
    let due = restarts.iter().filter(|second| i64::from(**second) * 1000 <= elapsed_ms).count();
    if std::mem::replace(&mut device.state().restarts_done, due) < due {
        restart(stack, device).await;
    }
    if !device.in_range(elapsed_ms) {
        link::lose(stack, device, LinkEnd::OutOfRange).await;
    } else if is_drop_due(stack, device) {
        link::lose(stack, device, LinkEnd::Drop).await;
    }
    let pdus = device.state().ask(device, &stack.clock, |wearable, now| wearable.tick(now));
    if !device.is_silent(elapsed_ms) {
        notify(stack, device, pdus).await;
    }
}

/// The device starts anew.
pub(crate) async fn restart(stack: &Arc<Stack>, device: &Arc<Device>) {
    link::lose(stack, device, LinkEnd::Restart).await;
    device.state().restart(device, &stack.clock);
}

fn is_drop_due(stack: &Stack, device: &Device) -> bool {
    let Some(every) = device.faults.drop_every_s else { return false };
    let state = device.state();
    let up_ms = state.links.last().filter(|link| link.down_ms.is_none()).map(|link| link.up_ms);
    up_ms.is_some_and(|up_ms| stack.clock.now_ms() - up_ms >= i64::from(every.get()) * 1000)
}

/// Sends to whoever has subscribed.
pub(crate) async fn notify(stack: &Stack, device: &Device, pdus: Vec<Pdu>) {
    let _order = device.order.lock().await;
    for pdu in pdus {
        let Some(node) = find(device, pdu.characteristic) else { continue };
        let sent = {
            let mut state = device.state();
            let encrypted = device.is_encrypted(node.service) && !state.host.paired;
            let subscribed = state.host.sessions.contains_key(&pdu.characteristic);
            if !state.host.connected || encrypted || !subscribed {
                continue;
            }
            spoil(device, &mut state, pdu, stack.clock.now_ms())
        };
        for pdu in sent {
            hand_over(stack, device, node, &pdu, Via::Notify).await;
        }
    }
}

/// What faults make of a notification: a stale one before it, or a shorter one.
fn spoil(device: &Device, state: &mut State, pdu: Pdu, at_ms: i64) -> Vec<Pdu> {
    let mut sent = Vec::new();
    if pdu.values.iter().any(|value| value.kind == "step_counter") {
        let today = state.body.date(at_ms);
        let first_of_link = state.sent_on_link.insert(pdu.characteristic);
        let last = state.last_sent.insert(pdu.characteristic, (pdu.clone(), today));
        if let Some((stale, date)) = last
            && device.faults.stale_first_value == Some(true)
            && (first_of_link || date != today)
        {
            sent.push(stale);
        }
    }
    let spoilt = state.happens(device.faults.malformed);
    sent.push(if spoilt { cut_short(state, pdu) } else { pdu });
    sent
}

/// No byte or one: too short for everything but a battery level.
fn cut_short(state: &mut State, mut pdu: Pdu) -> Pdu {
    let kept = state.rng.next_u32() % 2;
    pdu.bytes.truncate(if pdu.bytes.len() > 1 { kept as usize } else { 0 });
    pdu.values = vec![Value::now("malformed", kept)];
    pdu
}

/// A characteristic is read. As in BlueZ, what is read is shown as a notification too.
pub(crate) async fn read(
    stack: &Arc<Stack>,
    device: &Arc<Device>,
    node: &CharacteristicNode,
    client: &str,
) -> Result<Vec<u8>, BluezError> {
    may_use(stack, device, node, client).await?;
    if !node.flags.contains(&Flag::Read) {
        return Err(BluezError::ReadNotPermitted);
    }
    let _order = device.order.lock().await;
    if !device.state().host.connected {
        return Err(BluezError::NotConnected);
    }
    let pdu = device.state().ask(device, &stack.clock, |wearable, now| wearable.read(node.uuid, now));
    let pdu = pdu.ok_or(BluezError::ReadNotPermitted)?;
    hand_over(stack, device, node, &pdu, Via::Read).await;
    Ok(pdu.bytes)
}

/// A characteristic is written.
pub(crate) async fn write(
    stack: &Arc<Stack>,
    device: &Arc<Device>,
    node: &CharacteristicNode,
    bytes: &[u8],
    client: &str,
) -> Result<(), BluezError> {
    may_use(stack, device, node, client).await?;
    if !node.flags.iter().any(|flag| matches!(flag, Flag::Write | Flag::WriteWithoutResponse)) {
        return Err(BluezError::WriteNotPermitted);
    }
    let answer =
        device.state().ask(device, &stack.clock, |wearable, now| wearable.write(node.uuid, bytes, now));
    let answer = answer.ok_or(BluezError::InvalidLength)?;
    if !device.is_silent(stack.clock.elapsed_ms()) {
        notify(stack, device, answer).await;
    }
    Ok(())
}

/// A client subscribes. Again is as good as once.
pub(crate) async fn subscribe(
    stack: &Arc<Stack>,
    device: &Arc<Device>,
    node: &CharacteristicNode,
    client: &str,
) -> Result<(), BluezError> {
    may_use(stack, device, node, client).await?;
    if node.configuration.is_none() {
        return Err(BluezError::NotSupported);
    }
    let first = {
        let mut state = device.state();
        let clients = state.host.sessions.entry(node.uuid).or_default();
        clients.insert(client.to_owned());
        clients.len() == 1
    };
    if first {
        changed(stack, &node.path, CHARACTERISTIC, vec![("Notifying", true.into())], &[]).await;
    }
    Ok(())
}

/// A client no longer wants what it subscribed to.
pub(crate) async fn unsubscribe(
    stack: &Stack,
    device: &Device,
    node: &CharacteristicNode,
    client: &str,
) -> Result<(), BluezError> {
    let last = {
        let mut state = device.state();
        let clients = state.host.sessions.get_mut(&node.uuid).ok_or(BluezError::NoNotifySession)?;
        if !clients.remove(client) {
            return Err(BluezError::NoNotifySession);
        }
        let last = clients.is_empty();
        if last {
            state.host.sessions.remove(&node.uuid);
        }
        last
    };
    if last {
        changed(stack, &node.path, CHARACTERISTIC, vec![("Notifying", false.into())], &[]).await;
    }
    Ok(())
}

/// Whether the link is up, and encrypted where it must be.
async fn may_use(
    stack: &Arc<Stack>,
    device: &Arc<Device>,
    node: &CharacteristicNode,
    client: &str,
) -> Result<(), BluezError> {
    let (connected, paired) = {
        let host = &device.state().host;
        (host.connected, host.paired)
    };
    if !connected {
        return Err(BluezError::NotConnected);
    }
    if paired || !device.is_encrypted(node.service) {
        return Ok(());
    }
    if stack.plan.radio.unpaired == Unpaired::Refuse {
        return Err(BluezError::NotPaired);
    }
    if stack.agents().of(client).is_some() {
        return pairing::pair(stack, device, client).await;
    }
    tokio::time::sleep(Duration::from_secs(stack.plan.radio.pairing_timeout_s.get())).await;
    link::lose(stack, device, LinkEnd::Pairing).await;
    Err(BluezError::NotConnected)
}

async fn hand_over(stack: &Stack, device: &Device, node: &CharacteristicNode, pdu: &Pdu, via: Via) {
    device.state().host.values.insert(node.uuid, pdu.bytes.clone());
    let value = Variant::from(pdu.bytes.as_slice());
    if changed(stack, &node.path, CHARACTERISTIC, vec![("Value", value)], &[]).await {
        stack.ledger().record(device, pdu, stack.clock.now_ms(), via);
    }
}

fn find(device: &Device, uuid: Uuid) -> Option<&CharacteristicNode> {
    device.services.iter().flat_map(|service| &service.characteristics).find(|node| node.uuid == uuid)
}
