use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A column that is the same for every reading, or has one entry for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Column<T> {
    /// One value for all readings.
    One(T),
    /// One value a reading.
    Each(Vec<T>),
}

impl<T: Copy> Column<T> {
    /// The entry of reading `index`; the caller has checked the length.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T> {
        match self {
            Column::One(value) => Some(*value),
            Column::Each(values) => values.get(index).copied(),
        }
    }

    /// The number of entries, if it is bound to one.
    #[must_use]
    pub fn len(&self) -> Option<usize> {
        match self {
            Column::One(_) => None,
            Column::Each(values) => Some(values.len()),
        }
    }

    /// Whether it has an entry for each of no reading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

// By hand because serde's untagged enums buffer the whole array before they look at it.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Column<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ColumnVisitor<T> {
            type Value = Column<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value for all readings or an array with one for each")
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(Column::One)
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(Column::One)
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(Column::One)
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(Column::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Column::Each(values))
            }
        }
        deserializer.deserialize_any(ColumnVisitor(PhantomData))
    }
}
