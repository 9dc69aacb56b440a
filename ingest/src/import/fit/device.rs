use foulee_contract::{Source, SourceKind};

use super::NAME;
use super::message::Message;
use crate::import::collector::{Collector, Device};

/// What a file says of the device that wrote it.
#[derive(Default)]
pub(super) struct Maker {
    manufacturer: Option<i64>,
    product: Option<i64>,
    serial: Option<i64>,
    ant_type: Option<i64>,
    /// Set by the first reading, so that a file's readings are one device's.
    device: Option<Device>,
}

impl Maker {
    /// Notes a `file_id`.
    pub(super) fn note_file(&mut self, message: &Message) {
        // [FIT profile, file_id]
        let [manufacturer, product, serial] = [1, 2, 3].map(|field| message.whole(field));
        *self = Self { manufacturer, product, serial, ..Self::default() };
    }

    /// Notes a `device_info`, if it is of the file's own device and not of a sensor that it listened to.
    pub(super) fn note_device(&mut self, message: &Message) {
        // [FIT profile, device_info]; the index of the one that wrote the file is 0.
        const INDEX: u8 = 0;
        const SOURCE_TYPE: u8 = 25;
        const ANT_PLUS: i64 = 1;
        if message.whole(INDEX) != Some(0) {
            return;
        }
        let [ant_type, manufacturer, serial, product] = [1, 2, 3, 4].map(|field| message.whole(field));
        if message.whole(SOURCE_TYPE) == Some(ANT_PLUS) {
            self.ant_type = ant_type;
        }
        if self.manufacturer.is_none() {
            (self.manufacturer, self.product) = (manufacturer, product);
        }
        self.serial = self.serial.or(serial);
    }

    /// The file's device.
    pub(super) fn device(&mut self, out: &mut Collector<'_, '_>) -> Device {
        if let Some(device) = self.device {
            return device;
        }
        let serial = self.serial.map_or_else(String::new, |serial| out.pseudonym(&serial.to_string()));
        let device = out.device(self.source(&serial));
        self.device = Some(device);
        device
    }

    fn source(&self, serial: &str) -> Source {
        let maker = self.manufacturer.map_or_else(String::new, |number| {
            MAKERS
                .iter()
                .find(|(known, _)| *known == number)
                .map_or(number.to_string(), |(_, name)| (*name).to_owned())
        });
        // Its number and never its name: a device must not turn into another when its maker's list learns the name.
        let product = self.product.map_or_else(String::new, |number| number.to_string());
        Source::new(self.kind(), [NAME, &maker, &product, serial, ""])
    }

    /// What sort of device it is; a watch, since most that write such files are.
    fn kind(&self) -> SourceKind {
        let (maker, product) = (self.manufacturer.unwrap_or(0), self.product.unwrap_or(0));
        match self.ant_type {
            // [FIT profile, antplus_device_type]: heart_rate, stride_speed_distance.
            Some(120) => SourceKind::Strap,
            Some(124) => SourceKind::FootPod,
            _ if maker == GARMIN && GARMIN_STRAPS.contains(&product) => SourceKind::Strap,
            _ if maker == STRYD || (maker == GARMIN && product == GARMIN_SDM4) => SourceKind::FootPod,
            _ => SourceKind::Watch,
        }
    }
}

const GARMIN: i64 = 1;
/// Makes foot pods and nothing else.
const STRYD: i64 = 95;
/// Garmin's foot pod. [FIT profile, garmin_product]
const GARMIN_SDM4: i64 = 10_007;
/// Garmin's chest straps, from hrm1 to hrm_200. [FIT profile, garmin_product] **Frozen**, as `MAKERS` is: the kind is a
/// part of what a device is found again by.
const GARMIN_STRAPS: [i64; 16] = [1, 2, 5, 7, 8, 12, 13, 22, 1743, 1752, 2327, 3299, 3300, 4130, 4446, 4606];

/// Makers that are called by name. [FIT profile, manufacturer] **Frozen**: a maker that is added here, or another name,
/// makes other devices of those in a store.
const MAKERS: [(i64, &str); 10] = [
    (GARMIN, "garmin"),
    (23, "suunto"),
    (32, "wahoo-fitness"),
    (STRYD, "stryd"),
    (123, "polar-electro"),
    (294, "coros"),
    (305, "whoop"),
    (310, "decathlon"),
    (339, "zepp"),
    (348, "huawei"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_the_devices_numbers() {
        let made = |manufacturer, product| Maker { manufacturer, product, ..Maker::default() };
        let key = |maker: Maker| maker.source("0a1b").key().to_owned();
        assert_eq!(key(made(Some(1), Some(2697))), "watch/fit/garmin/2697/0a1b");
        assert_eq!(key(made(Some(1), Some(3300))), "strap/fit/garmin/3300/0a1b");
        assert_eq!(key(made(Some(95), None)), "foot_pod/fit/stryd//0a1b");
        assert_eq!(key(made(Some(59), Some(3))), "watch/fit/59/3/0a1b");
        let strap = Maker { ant_type: Some(120), ..made(Some(23), None) };
        assert_eq!(key(strap), "strap/fit/suunto//0a1b");
        assert_eq!(Maker::default().source("").key(), "watch/fit");
    }
}
