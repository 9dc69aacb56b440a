//! Services that most wearables have: battery, device information, current time.

use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::current_time::{AdjustReason, CurrentTime};
use foulee_gatt::device_information::DeviceText;
use foulee_gatt::uuids::{
    BATTERY_LEVEL, BATTERY_SERVICE, CURRENT_TIME, CURRENT_TIME_SERVICE, DEVICE_INFORMATION_SERVICE,
    FIRMWARE_REVISION, MANUFACTURER_NAME, MODEL_NUMBER, SERIAL_NUMBER,
};
use uuid::Uuid;

use super::{Characteristic, Flag, Now, Pdu, Service, Value};

/// The battery service, which notifies when its percentage changes.
#[derive(Debug, Default)]
pub(crate) struct Battery {
    last: Option<u8>,
}

impl Battery {
    pub(crate) fn service() -> Service {
        let level = Characteristic { uuid: BATTERY_LEVEL, flags: &[Flag::Read, Flag::Notify] };
        Service { uuid: BATTERY_SERVICE, characteristics: vec![level] }
    }

    pub(crate) fn tick(&mut self, now: &Now<'_>) -> Option<Pdu> {
        let last = self.last.replace(now.battery_percent)?;
        if last == now.battery_percent { None } else { level(now) }
    }

    pub(crate) fn read(characteristic: Uuid, now: &Now<'_>) -> Option<Pdu> {
        if characteristic == BATTERY_LEVEL { level(now) } else { None }
    }
}

fn level(now: &Now<'_>) -> Option<Pdu> {
    let level = BatteryLevel::new(now.battery_percent).ok()?;
    let values = vec![Value::now("battery", level.percent())];
    Some(Pdu { characteristic: BATTERY_LEVEL, bytes: level.encode(), values })
}

/// Who made the device. Texts, read and never changed.
#[derive(Debug)]
pub(crate) struct DeviceInformation {
    pub(crate) manufacturer: &'static str,
    pub(crate) model: &'static str,
    pub(crate) serial: String,
    pub(crate) firmware: &'static str,
}

impl DeviceInformation {
    pub(crate) fn service() -> Service {
        let texts = [MANUFACTURER_NAME, MODEL_NUMBER, SERIAL_NUMBER, FIRMWARE_REVISION];
        let characteristics = texts.map(|uuid| Characteristic { uuid, flags: &[Flag::Read] }).to_vec();
        Service { uuid: DEVICE_INFORMATION_SERVICE, characteristics }
    }

    pub(crate) fn read(&self, characteristic: Uuid) -> Option<Pdu> {
        let text = match characteristic {
            MANUFACTURER_NAME => self.manufacturer,
            MODEL_NUMBER => self.model,
            SERIAL_NUMBER => &self.serial,
            FIRMWARE_REVISION => self.firmware,
            _ => return None,
        };
        Some(Pdu { characteristic, bytes: DeviceText::new(text).encode(), values: Vec::new() })
    }
}

/// The current time service of a device that lets its clock be set.
pub(crate) fn current_time_service() -> Service {
    let time = Characteristic { uuid: CURRENT_TIME, flags: &[Flag::Read, Flag::Write] };
    Service { uuid: CURRENT_TIME_SERVICE, characteristics: vec![time] }
}

/// What the device's clock shows.
pub(crate) fn read_current_time(characteristic: Uuid, now: &Now<'_>) -> Option<Pdu> {
    if characteristic != CURRENT_TIME {
        return None;
    }
    let shown_ms = now.clock.shown_ms(now.at_ms);
    let time = CurrentTime::from_unix_ms(shown_ms, 0, AdjustReason::default()).ok()?;
    Some(Pdu { characteristic, bytes: time.encode(), values: Vec::new() })
}

/// Sets the device's clock.
pub(crate) fn write_current_time(characteristic: Uuid, bytes: &[u8], now: &mut Now<'_>) -> Option<Vec<Pdu>> {
    if characteristic != CURRENT_TIME {
        return None;
    }
    let time = CurrentTime::decode(bytes).ok()?;
    now.clock.set(time.to_unix_ms(0), now.at_ms);
    Some(Vec::new())
}
