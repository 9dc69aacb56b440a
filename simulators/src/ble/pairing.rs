//! Pairing, which an agent answers for.

use std::sync::Arc;
use std::time::Duration;

use super::agents::Agent;
use super::dbus::{BluezError, DEVICE};
use super::device::Device;
use super::ledger::LinkEnd;
use super::signal::changed;
use super::stack::Stack;
use super::{known, link};

/// Pairs with a device and bonds, connecting to it first where it is not. Without an agent it fails.
pub(crate) async fn pair(stack: &Arc<Stack>, device: &Arc<Device>, client: &str) -> Result<(), BluezError> {
    if device.state().host.paired {
        return Err(BluezError::AlreadyExists);
    }
    let connected = device.state().host.connected;
    if !connected {
        link::connect(stack, device).await?;
    }
    let agent = stack.agents().of(client).ok_or(BluezError::AuthenticationFailed)?;
    let cancelled = device.cancel.notified();
    let timeout = Duration::from_secs(stack.plan.radio.pairing_timeout_s.get());
    let answered = tokio::select! {
        answered = tokio::time::timeout(timeout, ask(stack, device, &agent)) => answered,
        () = cancelled => return Err(BluezError::AuthenticationCanceled),
    };
    match answered {
        Ok(answered) => answered?,
        Err(_) => {
            link::lose(stack, device, LinkEnd::Pairing).await;
            return Err(BluezError::AuthenticationTimeout);
        }
    }
    let connected = device.state().host.connected;
    if !connected {
        return Err(BluezError::AuthenticationCanceled);
    }
    let _order = device.order.lock().await;
    {
        let host = &mut device.state().host;
        (host.paired, host.temporary) = (true, false);
    }
    known::remember(stack);
    changed(stack, &device.path, DEVICE, vec![("Paired", true.into()), ("Bonded", true.into())], &[]).await;
    Ok(())
}

async fn ask(stack: &Stack, device: &Device, agent: &Agent) -> Result<(), BluezError> {
    tokio::time::sleep(Duration::from_secs(device.faults.slow_pairing_s.unwrap_or_default())).await;
    let bus = stack.bus().ok_or(BluezError::NotReady)?;
    let path =
        zbus::ObjectPath::try_from(device.path.as_str()).map_err(|_| BluezError::AuthenticationFailed)?;
    let interface = Some("org.bluez.Agent1");
    let asked = bus
        .call_method(
            Some(agent.client.as_str()),
            agent.path.as_str(),
            interface,
            "RequestAuthorization",
            &path,
        )
        .await;
    match asked {
        Ok(_) => Ok(()),
        Err(zbus::Error::MethodError(name, ..)) if name.as_str() == "org.bluez.Error.Canceled" => {
            Err(BluezError::AuthenticationCanceled)
        }
        Err(_) => Err(BluezError::AuthenticationRejected),
    }
}
