use std::collections::HashMap;
use std::rc::Rc;

use fitparser::Value;
use fitparser::de::FitDataMessage;
use fitparser::profile::MesgNum;

use super::definition::Definition;

// Kinds of messages, by their number in the FIT profile.
pub(super) const FILE_ID: u16 = 0;
pub(super) const DEVICE_SETTINGS: u16 = 2;
pub(super) const RECORD: u16 = 20;
pub(super) const DEVICE_INFO: u16 = 23;
pub(super) const ACTIVITY: u16 = 34;
pub(super) const FILE_CREATOR: u16 = 49;
pub(super) const MONITORING: u16 = 55;
pub(super) const HRV: u16 = 78;
pub(super) const MONITORING_INFO: u16 = 103;
pub(super) const TIMESTAMP_CORRELATION: u16 = 162;
pub(super) const FIELD_DESCRIPTION: u16 = 206;
pub(super) const DEVELOPER_DATA_ID: u16 = 207;

/// One message, with the fields that it gave a value.
pub(super) struct Message {
    pub(super) kind: u16,
    pub(super) name: Rc<str>,
    pub(super) has_developer_fields: bool,
    /// The seconds that a compressed header gives, 0 to 31.
    pub(super) time_offset: Option<u8>,
    fields: HashMap<u8, Value>,
}

impl Message {
    pub(super) fn new(definition: &Definition, data: FitDataMessage) -> Self {
        Self {
            kind: definition.kind,
            name: Rc::clone(&definition.name),
            has_developer_fields: definition.developer_bytes > 0,
            time_offset: data.time_offset(),
            fields: data.fields,
        }
    }

    /// Whether a field has a value.
    pub(super) fn has(&self, field: u8) -> bool {
        self.fields.contains_key(&field)
    }

    /// A whole number as it stands in the file, not scaled.
    pub(super) fn whole(&self, field: u8) -> Option<i64> {
        whole(self.fields.get(&field)?)
    }

    /// The whole numbers of a field that may have several; those that say "none" are left out.
    pub(super) fn wholes(&self, field: u8) -> impl Iterator<Item = i64> {
        self.values(field).iter().filter_map(whole)
    }

    /// The whole number at a place of a field that may have several.
    pub(super) fn whole_at(&self, field: u8, place: usize) -> Option<i64> {
        whole(self.values(field).get(place)?)
    }

    fn values(&self, field: u8) -> &[Value] {
        match self.fields.get(&field) {
            Some(Value::Array(values)) => values,
            Some(value) => std::slice::from_ref(value),
            None => &[],
        }
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Byte(n) | Value::Enum(n) | Value::UInt8(n) | Value::UInt8z(n) => Some(i64::from(*n)),
        Value::UInt16(n) | Value::UInt16z(n) => Some(i64::from(*n)),
        Value::UInt32(n) | Value::UInt32z(n) => Some(i64::from(*n)),
        Value::UInt64(n) | Value::UInt64z(n) => i64::try_from(*n).ok(),
        Value::SInt8(n) => Some(i64::from(*n)),
        Value::SInt16(n) => Some(i64::from(*n)),
        Value::SInt32(n) => Some(i64::from(*n)),
        Value::SInt64(n) => Some(*n),
        _ => None,
    }
}

/// What a kind of message is called; makers have kinds of their own that the profile does not name.
pub(super) fn name_of(kind: u16) -> Rc<str> {
    match MesgNum::from(kind) {
        MesgNum::Value(number) => format!("message {number}").into(),
        known => known.to_string().into(),
    }
}
