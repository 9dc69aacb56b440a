use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::{CliError, Origin};

/// A configuration file that was read: keys with `_`, every one of them known.
pub(super) struct ConfigFile {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    line: usize,
    value: FileValue,
}

/// A value as the file writes it.
pub(super) enum FileValue {
    Switch(bool),
    Text(String),
    List(Vec<String>),
    /// Of a type that no flag takes.
    Other(&'static str),
}

impl ConfigFile {
    /// Reads a file and checks its keys against the known ones.
    pub(super) fn read<'k>(
        path: &Path,
        known: impl Iterator<Item = &'k str> + Clone,
        read: &dyn Fn(&Path) -> io::Result<String>,
    ) -> Result<Self, CliError> {
        let text = read(path).map_err(|source| CliError::Unreadable { path: path.to_owned(), source })?;
        let table = DeTable::parse(&text).map_err(|source| {
            let line = line_of(&text, source.span().map_or(0, |span| span.start));
            CliError::NotToml { path: path.to_owned(), line, source }
        })?;
        // In the order of the lines, so that the first fault is the one that is told.
        let mut keys: Vec<_> = table.get_ref().iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        let mut entries = BTreeMap::new();
        for (key, value) in keys {
            let (name, line) = (key.get_ref().replace('-', "_"), line_of(&text, key.span().start));
            if !known.clone().any(|known| known == name) {
                let nearest = nearest(&name, known.clone()).unwrap_or_default().to_owned();
                let (path, key) = (path.to_owned(), key.get_ref().to_string());
                return Err(CliError::UnknownKey { path, line, key, nearest });
            }
            let entry = Entry { line, value: FileValue::of(value.get_ref()) };
            if entries.insert(name.clone(), entry).is_some() {
                return Err(CliError::KeyTwice { path: path.to_owned(), line, key: name });
            }
        }
        Ok(Self { path: path.to_owned(), entries })
    }

    /// The value of a key and where it stands.
    pub(super) fn get(&self, key: &str) -> Option<(&FileValue, Origin)> {
        let entry = self.entries.get(key)?;
        Some((&entry.value, Origin::File { path: self.path.clone(), line: entry.line }))
    }
}

impl FileValue {
    fn of(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::Boolean(on) => Self::Switch(*on),
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| scalar(item.get_ref())).collect::<Option<_>>();
                texts.map_or(Self::Other("an array of arrays or tables"), Self::List)
            }
            other => scalar(other).map_or(Self::Other("a table"), Self::Text),
        }
    }

    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Switch(_) => "true or false",
            Self::Text(_) => "a text or a number",
            Self::List(_) => "an array",
            Self::Other(kind) => kind,
        }
    }
}

/// A number or a date as it is written: the flag's own parser reads it.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
