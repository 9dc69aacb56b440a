use std::collections::HashMap;

use foulee_contract::{Source, SourceKind};
use rusqlite::Connection;

use super::NAME;
use crate::import::ImportError;
use crate::import::collector::{Collector, Device};
use crate::import::stored::{Query, columns, each, quoted, selected, text, whole};

/// Most devices that are remembered; more than anybody owned.
const MOST_KNOWN: usize = 10_000;

/// The devices of a database, by the number that its rows have for them.
pub(super) struct Devices {
    about: HashMap<i64, About>,
    numbers: HashMap<i64, Device>,
    last: Option<(i64, Device)>,
}

struct About {
    maker: String,
    model: String,
    /// Its address, which names its owner as well as a name does.
    identifier: String,
}

impl Devices {
    /// Reads the table of devices. None if it is damaged: a device must have one name in every export, or its readings are
    /// there twice.
    pub(super) fn read(
        connection: &Connection,
        out: &mut Collector<'_, '_>,
    ) -> Result<Option<Self>, ImportError> {
        // Not its name, which may be its owner's.
        const WANTED: [&str; 5] = ["_id", "MANUFACTURER", "TYPE_NAME", "MODEL", "IDENTIFIER"];
        let mut about = HashMap::new();
        let found = columns(connection, "DEVICE").unwrap_or_default();
        let wanted = selected(&found, "DEVICE", &WANTED);
        let query = format!("SELECT {wanted} FROM {} LIMIT {MOST_KNOWN}", quoted("DEVICE"));
        let query = Query { table: "DEVICE", forth: &query, back: None };
        let whole_table = each(connection, &query, out, |row, _| {
            if let Some(id) = whole(row.cell(0)) {
                // The type first: what the device says of its model comes with the first link, and may change with firmware.
                let model = (2..4).map(|at| text(row.cell(at))).find(|text| !text.is_empty());
                let (maker, identifier) = (text(row.cell(1)), text(row.cell(4)));
                about.insert(id, About { maker, model: model.unwrap_or_default(), identifier });
            }
            Ok(())
        })?;
        Ok(whole_table.then(|| Self { about, numbers: HashMap::new(), last: None }))
    }

    /// The number of the device `id`, which is of the kind `worn` unless its own name says another.
    pub(super) fn number(&mut self, id: i64, worn: SourceKind, out: &mut Collector<'_, '_>) -> Device {
        if let Some((last, number)) = self.last
            && last == id
        {
            return number;
        }
        let number = match self.numbers.get(&id) {
            Some(known) => *known,
            None => {
                let number = out.device(self.source(id, worn, out));
                if self.numbers.len() < MOST_KNOWN {
                    self.numbers.insert(id, number);
                }
                number
            }
        };
        self.last = Some((id, number));
        number
    }

    fn source(&self, id: i64, worn: SourceKind, out: &Collector<'_, '_>) -> Source {
        match self.about.get(&id) {
            Some(About { maker, model, identifier }) => {
                let name = out.pseudonym(identifier);
                Source::new(kind_of(model, worn), [NAME, maker, model, &name, ""])
            }
            // A device that is told apart from others by its number alone.
            None => Source::new(worn, [NAME, "", "", &out.pseudonym(&format!("device {id}")), ""]),
        }
    }
}

/// What sort of device goes by a type's name, as `DeviceType.java` lists them. [D]
fn kind_of(model: &str, worn: SourceKind) -> SourceKind {
    const PARTS: [(&str, SourceKind); 6] = [
        ("COLMI_R", SourceKind::Ring),
        ("YAWELL_R", SourceKind::Ring),
        ("_RING", SourceKind::Ring),
        ("POLARH", SourceKind::Strap),
        ("COOSPO", SourceKind::Strap),
        ("SCALE", SourceKind::Unknown),
    ];
    let model = model.to_ascii_uppercase();
    PARTS.iter().find(|(part, _)| model.contains(part)).map_or(worn, |(_, kind)| *kind)
}
