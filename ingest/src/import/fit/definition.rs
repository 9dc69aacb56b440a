use std::rc::Rc;

use super::message::name_of;

/// What the messages of one local number look like, until it is defined anew.
#[derive(Clone)]
pub(super) struct Definition {
    /// The message's number in the FIT profile.
    pub(super) kind: u16,
    /// Its name there.
    pub(super) name: Rc<str>,
    /// How long the profile's own fields are together, bytes.
    pub(super) profile_bytes: usize,
    /// How long the developers' fields behind them are, bytes.
    pub(super) developer_bytes: usize,
}

/// Length of one field's definition: its number, its size, its base type. [FIT protocol, definition message]
pub(super) const FIELD_BYTES: usize = 3;

/// Base type of plain bytes. [FIT protocol, base types]
const BYTE: u8 = 0x0d;

impl Definition {
    /// Reads the five bytes behind a definition's header, and the fields' own; and writes the same for a decoder that need
    /// know of no developers' fields.
    pub(super) fn read(
        local: u8,
        fixed: [u8; 5],
        fields: &[u8],
        developer_fields: &[u8],
    ) -> Option<(Self, Vec<u8>)> {
        let [_, order, low, high, count] = fixed;
        let kind = match order {
            0 => u16::from_le_bytes([low, high]),
            1 => u16::from_be_bytes([low, high]),
            _ => return None,
        };
        let size = |fields: &[u8]| fields.chunks_exact(FIELD_BYTES).map(|field| usize::from(field[1])).sum();
        let definition = Self {
            kind,
            name: name_of(kind),
            profile_bytes: size(fields),
            developer_bytes: size(developer_fields),
        };
        let mut plain = vec![DEFINES | local, 0, order, low, high, count];
        for field in fields.chunks_exact(FIELD_BYTES) {
            // A size that is no multiple of its type's says nothing; fitparser writes to standard error about it.
            let whole = field[1].is_multiple_of(size_of_type(field[2]));
            plain.extend([field[0], field[1], if whole { field[2] } else { BYTE }]);
        }
        Some((definition, plain))
    }
}

/// The bit of a message's header that makes it a definition. [FIT protocol, normal header]
pub(super) const DEFINES: u8 = 0x40;

/// How long a value of a base type is, bytes. [FIT protocol, base types]
fn size_of_type(base_type: u8) -> u8 {
    // Bits 5 and 6 are reserved.
    match base_type & 0x9f {
        0x83 | 0x84 | 0x8b => 2,
        0x85 | 0x86 | 0x88 | 0x8c => 4,
        0x89 | 0x8e | 0x8f | 0x90 => 8,
        _ => 1,
    }
}
