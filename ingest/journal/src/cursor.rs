use std::io;

use crate::files::{Files, place};
use crate::header::CRC;

/// The file that remembers what was released.
const NAME: &str = "journal.cursor";
const MAGIC: [u8; 8] = *b"FJcurs\r\n";
/// Its bytes: magic, the first number not released (u64), CRC-32C.
const BYTES: usize = 8 + 8 + 4;

/// What the cursor file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// Everything before this number was released.
    At(u64),
    /// There is no file: nothing was ever released.
    Absent,
    /// There is one and it is damaged.
    Damaged,
    /// There is one and the disk does not give it. Tomorrow it may, so it must not stay.
    Unreadable,
}

pub(crate) fn read<F: Files>(files: &mut F, names: &[String]) -> Cursor {
    if !names.iter().any(|name| name == NAME) {
        return Cursor::Absent;
    }
    match files.read_at(NAME, 0, BYTES + 1) {
        Ok(bytes) => decode(&bytes).map_or(Cursor::Damaged, Cursor::At),
        Err(_) => Cursor::Unreadable,
    }
}

pub(crate) fn write<F: Files>(files: &mut F, released: u64) -> io::Result<()> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&released.to_le_bytes());
    bytes.extend_from_slice(&CRC.checksum(&bytes).to_le_bytes());
    place(files, NAME, &bytes)?;
    files.sync_dir()
}

fn decode(bytes: &[u8]) -> Option<u64> {
    if bytes.len() != BYTES || bytes[..8] != MAGIC {
        return None;
    }
    let (body, crc) = bytes.split_at(BYTES - 4);
    if CRC.checksum(body).to_le_bytes() != crc {
        return None;
    }
    Some(u64::from_le_bytes(body[8..].try_into().ok()?))
}
