//! Signals on D-Bus.

use std::collections::HashMap;

use zbus::Variant;
use zbus::names::BusName;

use super::stack::Stack;

/// Tells that properties of an object changed, or that some are no longer known. False where nobody can be told.
pub(crate) async fn changed(
    stack: &Stack,
    path: &str,
    interface: &str,
    changed: Vec<(&str, Variant<'_>)>,
    invalidated: &[&str],
) -> bool {
    let Some(bus) = stack.bus() else { return false };
    let changed: HashMap<_, _> = changed.into_iter().collect();
    let body = (interface, changed, invalidated);
    let properties = "org.freedesktop.DBus.Properties";
    bus.emit_signal(None::<BusName<'_>>, path, properties, "PropertiesChanged", &body).await.is_ok()
}
