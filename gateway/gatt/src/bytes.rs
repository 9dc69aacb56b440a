//! Little-endian numbers off the front of a slice.

use crate::error::GattError;

/// What is left to read of a characteristic's value.
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
    total: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte; `what` names the characteristic in errors.
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes, total: bytes.len() }
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], GattError> {
        let Some((head, rest)) = self.rest.split_first_chunk() else {
            let expected = self.total - self.rest.len() + N;
            return Err(GattError::WrongLength { what: self.what, expected, got: self.total });
        };
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, GattError> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, GattError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, GattError> {
        self.array().map(i16::from_le_bytes)
    }

    pub(crate) fn u24(&mut self) -> Result<u32, GattError> {
        self.array().map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, GattError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Whether every byte has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Refuses bytes that no field claims.
    pub(crate) fn finish(self) -> Result<(), GattError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let expected = self.total - self.rest.len();
        Err(GattError::WrongLength { what: self.what, expected, got: self.total })
    }
}

/// What `read` gives if `present`, else nothing.
pub(crate) fn when<T>(
    present: bool,
    read: impl FnOnce() -> Result<T, GattError>,
) -> Result<Option<T>, GattError> {
    if present { read().map(Some) } else { Ok(None) }
}
