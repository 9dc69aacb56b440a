use std::io;

use crate::files::{Files, load, place};
use crate::header::{CRC, NONCE_BYTES, TAG_BYTES};
use crate::scan::{Piece, Scanner};
use crate::seal::Sealer;
use crate::segment::file_name;
use crate::{FORMAT, JournalError};

/// The file that tells a wrong key from damage.
const NAME: &str = "journal.meta";
const MAGIC: [u8; 8] = *b"FJmeta\r\n";
/// Its bytes: magic, format (u32), nonce, tag, CRC-32C.
const BYTES: usize = 8 + 4 + NONCE_BYTES + TAG_BYTES + 4;
/// What the tag stands for.
const PROVED: &[u8] = b"foulee-journal: this is the key";

/// Checks the key. A file that is missing or damaged is written anew, once any block in `segments` proves the key.
/// Returns whether it was damaged.
pub(crate) fn check<F: Files>(
    files: &mut F,
    sealer: &mut Sealer,
    names: &[String],
    segments: &[u64],
) -> Result<bool, JournalError> {
    let there = names.iter().any(|name| name == NAME);
    if there {
        let bytes = files.read_at(NAME, 0, BYTES + 1).unwrap_or_default();
        if let Some((format, nonce, tag)) = decode(&bytes) {
            return match (format, sealer.proves(PROVED, nonce, tag)) {
                (FORMAT, true) => Ok(false),
                (FORMAT, false) => Err(JournalError::WrongKey),
                (found, _) => Err(JournalError::FormatTooNew { found, known: FORMAT }),
            };
        }
    }
    if some_block_refuses(files, sealer, segments)? {
        return Err(JournalError::WrongKey);
    }
    // Where this fails (a full disk), the next start tries again; until then the blocks prove the key.
    let _ = write(files, sealer);
    Ok(there)
}

/// Whether there are blocks and none of them opens.
fn some_block_refuses<F: Files>(
    files: &mut F,
    sealer: &mut Sealer,
    segments: &[u64],
) -> Result<bool, JournalError> {
    let (mut refused, mut unread) = (0_usize, None);
    for first in segments {
        let name = file_name(*first);
        let len = files.len(&name).map_err(JournalError::io("look at a segment"))?;
        let loaded = match load(files, &name, 0, len) {
            Ok(loaded) => loaded,
            // Another may prove the key; whether the journal can do without this one is not for here.
            Err(error) => {
                unread = Some(JournalError::io("read a segment")(error));
                continue;
            }
        };
        for piece in Scanner::new(&loaded.bytes, 0, *first, None) {
            if let Piece::Block(header, range) = piece {
                if sealer.open(&header, &loaded.bytes[range]).is_some() {
                    return Ok(false);
                }
                refused += 1;
            }
        }
    }
    // A single block may be the one that a crash cut off.
    match unread {
        Some(error) if refused <= 1 => Err(error),
        _ => Ok(refused > 1),
    }
}

fn write<F: Files>(files: &mut F, sealer: &mut Sealer) -> io::Result<()> {
    let (nonce, tag) = sealer.prove(PROVED).ok_or(io::ErrorKind::InvalidInput)?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&tag);
    bytes.extend_from_slice(&CRC.checksum(&bytes).to_le_bytes());
    place(files, NAME, &bytes)?;
    files.sync_dir()
}

fn decode(bytes: &[u8]) -> Option<(u32, [u8; NONCE_BYTES], [u8; TAG_BYTES])> {
    if bytes.len() != BYTES || bytes[..8] != MAGIC {
        return None;
    }
    let (body, crc) = bytes.split_at(BYTES - 4);
    if CRC.checksum(body).to_le_bytes() != crc {
        return None;
    }
    let format = u32::from_le_bytes(body[8..12].try_into().ok()?);
    Some((format, body[12..12 + NONCE_BYTES].try_into().ok()?, body[12 + NONCE_BYTES..].try_into().ok()?))
}
