use std::str::FromStr;

use foulee_contract::Metric;

use super::ImportError;

/// Names given to a table's columns: `--map COL=TARGET,…`.
///
/// In a table without a header, columns go by their number from 1. In a long table (a kind and a value a row), a name
/// that is no column is a word of the kind column, and its target the metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    entries: Vec<(String, ColumnTarget)>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnTarget {
    /// When the reading starts.
    Time,
    /// When it ends.
    End,
    /// The export's own id of a person.
    Participant,
    /// How far local time was ahead of UTC, `+02:00` or minutes.
    Offset,
    /// Which metric the value column of this row holds.
    Kind,
    /// The value of the metric that the kind column names.
    Value,
    /// The values of one metric.
    Metric(Metric),
}

impl ColumnTarget {
    const ROLES: [(&'static str, ColumnTarget); 6] = [
        ("time", Self::Time),
        ("end", Self::End),
        ("participant", Self::Participant),
        ("offset", Self::Offset),
        ("kind", Self::Kind),
        ("value", Self::Value),
    ];

    fn named(name: &str) -> Option<Self> {
        let role = Self::ROLES.iter().find(|(role, _)| *role == name).map(|(_, target)| *target);
        role.or_else(|| name.parse().ok().map(Self::Metric))
    }

    fn all() -> String {
        let metrics = Metric::ALL.iter().map(|metric| metric.name());
        Self::ROLES.iter().map(|(role, _)| *role).chain(metrics).collect::<Vec<_>>().join(", ")
    }
}

impl ColumnMap {
    /// Whether nothing was named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names in the order given.
    pub fn entries(&self) -> impl Iterator<Item = (&str, ColumnTarget)> {
        self.entries.iter().map(|(column, target)| (column.as_str(), *target))
    }
}

impl FromStr for ColumnMap {
    type Err = ImportError;
    fn from_str(text: &str) -> Result<Self, ImportError> {
        let mut entries: Vec<(String, ColumnTarget)> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (column, name) = part
                .rsplit_once('=')
                .map(|(column, name)| (column.trim(), name.trim()))
                .filter(|(column, _)| !column.is_empty())
                .ok_or_else(|| ImportError::NotAMapping {
                    text: part.to_owned(),
                    known: ColumnTarget::all(),
                })?;
            let target = ColumnTarget::named(name).ok_or_else(|| ImportError::UnknownTarget {
                column: column.to_owned(),
                target: name.to_owned(),
                known: ColumnTarget::all(),
            })?;
            if entries.iter().any(|(other, _)| other == column) {
                return Err(ImportError::MappedTwice { name: column.to_owned() });
            }
            entries.push((column.to_owned(), target));
        }
        Ok(Self { entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_names_columns_and_says_what_it_knows() {
        let map: ColumnMap = "Time=time, Heart=Rate=heart_rate".parse().unwrap();
        let expected =
            [("Time", ColumnTarget::Time), ("Heart=Rate", ColumnTarget::Metric(Metric::HeartRate))];
        assert_eq!(map.entries().collect::<Vec<_>>(), expected);
        let error = "Pulse=puls".parse::<ColumnMap>().unwrap_err().to_string();
        assert!(
            error.contains("Pulse") && error.contains("heart_rate") && error.contains("participant"),
            "{error}"
        );
        assert!("Pulse".parse::<ColumnMap>().unwrap_err().to_string().contains("COLUMN=TARGET"));
        assert!("A=time,A=end".parse::<ColumnMap>().unwrap_err().to_string().contains("twice"));
    }
}
