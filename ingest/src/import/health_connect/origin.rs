use std::collections::HashMap;

use foulee_contract::{Source, SourceKind};
use rusqlite::Connection;

use super::NAME;
use crate::import::ImportError;
use crate::import::collector::{Collector, Device};
use crate::import::stored::{Query, columns, each, quoted, selected, text, whole};

/// Most apps, devices and pairs of them that are remembered; more than anybody used.
const MOST_KNOWN: usize = 10_000;

/// Which record is whose: the rows of its app and its device, and whether a person typed it in.
pub(super) type Key = (Option<i64>, Option<i64>, bool);

/// The apps and devices of a database.
pub(super) struct Origins {
    apps: HashMap<i64, String>,
    devices: HashMap<i64, About>,
    numbers: HashMap<Key, Device>,
    last: Option<(Key, Device)>,
}

#[derive(Default)]
struct About {
    maker: String,
    model: String,
    kind: Option<SourceKind>,
}

impl Origins {
    /// Reads who is told of in a database that has these tables. None if one is damaged: an app and a device must have one
    /// name in every export, or their readings are there twice.
    pub(super) fn read(
        connection: &Connection,
        tables: &[String],
        out: &mut Collector<'_, '_>,
    ) -> Result<Option<Self>, ImportError> {
        const APPS: &str = "application_info_table";
        const DEVICES: &str = "device_info_table";
        let has = |name: &str| tables.iter().any(|table| table == name);
        let query = |table: &str, wanted: &[&str]| {
            let wanted = selected(&columns(connection, table).unwrap_or_default(), table, wanted);
            format!("SELECT {wanted} FROM {} LIMIT {MOST_KNOWN}", quoted(table))
        };
        let (mut apps, mut devices) = (HashMap::new(), HashMap::new());
        let mut sound = true;
        if has(APPS) {
            let forth = query(APPS, &["row_id", "package_name"]);
            sound &= each(connection, &Query { table: APPS, forth: &forth, back: None }, out, |row, _| {
                if let Some(id) = whole(row.cell(0)) {
                    apps.insert(id, text(row.cell(1)));
                }
                Ok(())
            })?;
        }
        if has(DEVICES) {
            let forth = query(DEVICES, &["row_id", "manufacturer", "model", "device_type"]);
            sound &=
                each(connection, &Query { table: DEVICES, forth: &forth, back: None }, out, |row, _| {
                    if let Some(id) = whole(row.cell(0)) {
                        let kind = whole(row.cell(3)).and_then(kind_of);
                        devices
                            .insert(id, About { maker: text(row.cell(1)), model: text(row.cell(2)), kind });
                    }
                    Ok(())
                })?;
        }
        Ok(sound.then(|| Self { apps, devices, numbers: HashMap::new(), last: None }))
    }

    /// The number of what made a record.
    pub(super) fn number(&mut self, key: Key, out: &mut Collector<'_, '_>) -> Device {
        if let Some((last, number)) = self.last
            && last == key
        {
            return number;
        }
        let number = match self.numbers.get(&key) {
            Some(known) => *known,
            None => {
                let number = out.device(self.source(key));
                if self.numbers.len() < MOST_KNOWN {
                    self.numbers.insert(key, number);
                }
                number
            }
        };
        self.last = Some((key, number));
        number
    }

    fn source(&self, (app, device, is_typed): Key) -> Source {
        let app = app.and_then(|app| self.apps.get(&app)).map_or("", String::as_str);
        let nothing = About::default();
        let about = device.and_then(|device| self.devices.get(&device)).unwrap_or(&nothing);
        let kind = if is_typed { SourceKind::Manual } else { about.kind.unwrap_or(SourceKind::Unknown) };
        // What an app is called is nobody's name.
        Source::new(kind, [NAME, &about.maker, &about.model, app, ""])
    }
}

/// `android.health.connect.datatypes.Device`: watch 1, phone 2, ring 4, band 6, chest strap 7. Nothing else is worn where it
/// says something of steps.
fn kind_of(device_type: i64) -> Option<SourceKind> {
    match device_type {
        1 | 6 => Some(SourceKind::Watch),
        2 => Some(SourceKind::Phone),
        4 => Some(SourceKind::Ring),
        7 => Some(SourceKind::Strap),
        _ => None,
    }
}
