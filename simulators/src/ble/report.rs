//! The truth of a run, for a comparison with what a store holds.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::device::Device;
use super::ledger::{Entry, Link};
use super::plan::Kind;
use super::stack::Stack;
use super::wearable::Epoch;

/// The truth of a run so far.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// When the simulation's clock started, in milliseconds since 1970, UTC.
    pub start_ms: i64,
    /// What it shows now.
    pub now_ms: i64,
    /// The devices, in the order of the plan.
    pub devices: Vec<DeviceReport>,
    /// What was sent; empty where it went into a file.
    pub ledger: Vec<Entry>,
}

/// The truth about one device and its wearer.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// Its name in the simulation.
    pub device: String,
    /// Its Bluetooth address.
    pub address: String,
    /// What it is.
    pub kind: Kind,
    /// Its D-Bus object.
    pub path: String,
    /// Seed of the person who wears it.
    pub person: u64,
    /// How many values of each kind were notified.
    pub emitted: BTreeMap<&'static str, u64>,
    /// The person's steps by local day.
    pub days: Vec<Day>,
    /// When what the device counts began at 0.
    pub epochs: Vec<Epoch>,
    /// When it was linked.
    pub links: Vec<Link>,
    /// Whether it is paired.
    pub paired: bool,
    /// How far the device's clock is ahead of local time now, in milliseconds.
    pub clock_ahead_ms: i64,
}

/// A local day of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The date.
    pub date: NaiveDate,
    /// Steps of the whole day.
    pub steps: u32,
    /// Steps from its midnight until now; of a day that is over, all.
    pub steps_until_now: u64,
    /// Steps between the start of the simulation and now.
    pub steps_in_run: u64,
}

/// What is known now.
pub(crate) fn make(stack: &Stack) -> Report {
    let (start_ms, now_ms) = (stack.clock.start_ms(), stack.clock.now_ms());
    let devices = stack.devices.iter().map(|device| of_device(stack, device, start_ms, now_ms)).collect();
    Report { start_ms, now_ms, devices, ledger: stack.ledger().entries().to_vec() }
}

fn of_device(stack: &Stack, device: &Device, start_ms: i64, now_ms: i64) -> DeviceReport {
    let emitted = stack.ledger().counts(&device.name);
    let mut state = device.state();
    let body = &mut state.body;
    let (first, last) = (body.date(start_ms), body.date(now_ms));
    let days = first.iter_days().take_while(|date| *date <= last).map(|date| {
        let midnight_ms = body.midnight_ms(date);
        let end_ms = date.succ_opt().map_or(now_ms, |next| body.midnight_ms(next)).min(now_ms);
        Day {
            date,
            steps: body.steps_of_day(date),
            steps_until_now: body.steps_between(midnight_ms, end_ms),
            steps_in_run: body.steps_between(midnight_ms.max(start_ms), end_ms),
        }
    });
    let days = days.collect();
    DeviceReport {
        device: device.name.clone(),
        address: device.address.clone(),
        kind: device.kind,
        path: device.path.clone(),
        person: state.body.seed(),
        emitted,
        days,
        epochs: state.wearable.epochs().to_vec(),
        links: state.links.clone(),
        paired: state.host.paired,
        clock_ahead_ms: state.clock.shown_ms(now_ms) - now_ms - state.body.utc_offset_ms(now_ms),
    }
}
