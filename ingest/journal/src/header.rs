use crc::{CRC_32_ISCSI, Crc, Table};

use crate::{Cause, Loss, Position};

/// How every block begins. No byte of it is text, and it is damaged by any change of line ends.
pub(crate) const MAGIC: [u8; 8] = [0x89, b'F', b'J', b'B', 0x0d, 0x0a, 0x1a, 0x01];
/// Bytes of a header.
pub(crate) const HEADER_BYTES: usize = 84;
/// Bytes of a nonce (`XChaCha20-Poly1305`).
pub(crate) const NONCE_BYTES: usize = 24;
/// Bytes of an authentication tag.
pub(crate) const TAG_BYTES: usize = 16;

/// CRC-32C: at the length of a header it finds every change of up to five bits.
pub(crate) static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// A time that is not known.
const NO_TIME: i64 = i64::MIN;
/// A count that is not known.
const NO_COUNT: u32 = u32::MAX;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One commit, as it was acknowledged.
    Commit,
    /// Commits joined after their segment was closed.
    Joined,
    /// Commits that are lost, in a rewritten segment; `settled` once the caller has that on record.
    Lost { cause: Cause, settled: bool },
}

/// What stands in front of every block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// Whether the records are a zstd frame.
    pub(crate) zstd: bool,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) first_ms: Option<i64>,
    pub(crate) last_ms: Option<i64>,
    pub(crate) records: Option<u32>,
    /// Bytes of the records before compression.
    pub(crate) plain_bytes: u32,
    /// Bytes behind the header: ciphertext and tag.
    pub(crate) sealed_bytes: u32,
    pub(crate) nonce: [u8; NONCE_BYTES],
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let (kind, cause, settled) = match self.kind {
            Kind::Commit => (0, 0, false),
            Kind::Joined => (1, 0, false),
            Kind::Lost { cause, settled } => (2, cause.code(), settled),
        };
        let mut bytes = [0; HEADER_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&MAGIC);
        put(&[kind, u8::from(self.zstd), cause, u8::from(settled)]);
        put(&self.records.unwrap_or(NO_COUNT).to_le_bytes());
        put(&self.first.to_le_bytes());
        put(&self.last.to_le_bytes());
        put(&self.first_ms.unwrap_or(NO_TIME).to_le_bytes());
        put(&self.last_ms.unwrap_or(NO_TIME).to_le_bytes());
        put(&self.plain_bytes.to_le_bytes());
        put(&self.sealed_bytes.to_le_bytes());
        put(&self.nonce);
        let crc = CRC.checksum(&bytes[..HEADER_BYTES - 4]);
        bytes[HEADER_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The header at the start of `bytes`, if a whole and undamaged one is there.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        if bytes[..8] != MAGIC || CRC.checksum(&bytes[..HEADER_BYTES - 4]) != u32_at(bytes, HEADER_BYTES - 4)
        {
            return None;
        }
        let kind = match bytes[8] {
            0 => Kind::Commit,
            1 => Kind::Joined,
            2 => Kind::Lost { cause: Cause::from_code(bytes[10])?, settled: bytes[11] == 1 },
            _ => return None,
        };
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&bytes[56..80]);
        let time = |at| Some(u64_at(bytes, at).cast_signed()).filter(|ms| *ms != NO_TIME);
        let header = Self {
            kind,
            zstd: bytes[9] == 1,
            records: Some(u32_at(bytes, 12)).filter(|count| *count != NO_COUNT),
            first: u64_at(bytes, 16),
            last: u64_at(bytes, 24),
            first_ms: time(32),
            last_ms: time(40),
            plain_bytes: u32_at(bytes, 48),
            sealed_bytes: u32_at(bytes, 52),
            nonce,
        };
        let sound = header.first <= header.last && header.sealed_bytes as usize >= TAG_BYTES;
        sound.then_some(header)
    }

    /// What is lost when this block is.
    pub(crate) fn loss(&self, cause: Cause) -> Loss {
        Loss {
            cause,
            first: Position(self.first),
            last: Position(self.last),
            from_ms: self.first_ms,
            to_ms: self.last_ms,
            records: self.records.map(u64::from),
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut field = [0; 4];
    field.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(field)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut field = [0; 8];
    field.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(field)
}
