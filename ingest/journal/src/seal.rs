use std::fmt;

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use zstd::bulk::{Compressor, Decompressor};

use crate::header::{HEADER_BYTES, Header, NONCE_BYTES, TAG_BYTES};
use crate::{JournalError, Key};

/// zstd's level: 3 is its default, and higher ones gain little on blocks of a few kilobytes.
const ZSTD_LEVEL: i32 = 3;
/// Shorter blocks are not worth a try: one second's commit has nothing to compress.
const MIN_ZSTD_BYTES: usize = 256;

/// Fills a buffer with bytes that nobody can guess.
pub(crate) type FillRandom = Box<dyn FnMut(&mut [u8]) + Send>;

/// Seals and opens blocks. Its nonces come from the caller's randomness.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    fill_random: FillRandom,
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(key not shown)")
    }
}

impl Sealer {
    pub(crate) fn new(key: &Key, fill_random: FillRandom) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&(*key.bytes()).into()),
            fill_random,
            compressor: None,
            decompressor: None,
        }
    }

    /// Appends the block to `out`: `header` with its lengths and nonce filled in, and `plain` sealed, compressed if
    /// that makes it smaller.
    pub(crate) fn seal(
        &mut self,
        mut header: Header,
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), JournalError> {
        let compressed = if plain.len() < MIN_ZSTD_BYTES { None } else { self.compress(plain) };
        let body = compressed.as_deref().unwrap_or(plain);
        let too_long = || JournalError::TooMuchPending { max_commit_bytes: u32::MAX as usize };
        header.zstd = compressed.is_some();
        header.plain_bytes = u32::try_from(plain.len()).map_err(|_| too_long())?;
        header.sealed_bytes = u32::try_from(body.len() + TAG_BYTES).map_err(|_| too_long())?;
        (self.fill_random)(&mut header.nonce);
        let head = header.encode();
        out.reserve(HEADER_BYTES + body.len() + TAG_BYTES);
        out.extend_from_slice(&head);
        let start = out.len();
        out.extend_from_slice(body);
        let tag = self
            .cipher
            .encrypt_inout_detached(&XNonce::from(header.nonce), &head, (&mut out[start..]).into())
            .map_err(|_| too_long())?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// The records of a block; `None` when a bit of it changed since it was sealed, or with another key.
    pub(crate) fn open(&mut self, header: &Header, sealed: &[u8]) -> Option<Vec<u8>> {
        let (body, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        let mut plain = body.to_vec();
        let tag = Tag::try_from(tag).ok()?;
        let head = header.encode();
        self.cipher
            .decrypt_inout_detached(&XNonce::from(header.nonce), &head, plain.as_mut_slice().into(), &tag)
            .ok()?;
        if header.zstd {
            plain = self.decompress(&plain, header.plain_bytes as usize)?;
        }
        (plain.len() == header.plain_bytes as usize).then_some(plain)
    }

    /// A proof of the key: a tag over `what`, with its nonce.
    pub(crate) fn prove(&mut self, what: &[u8]) -> Option<([u8; NONCE_BYTES], [u8; TAG_BYTES])> {
        let mut nonce = [0; NONCE_BYTES];
        (self.fill_random)(&mut nonce);
        let nothing: &mut [u8] = &mut [];
        let tag = self.cipher.encrypt_inout_detached(&XNonce::from(nonce), what, nothing.into()).ok()?;
        Some((nonce, tag.into()))
    }

    pub(crate) fn proves(&self, what: &[u8], nonce: [u8; NONCE_BYTES], tag: [u8; TAG_BYTES]) -> bool {
        let nothing: &mut [u8] = &mut [];
        self.cipher
            .decrypt_inout_detached(&XNonce::from(nonce), what, nothing.into(), &Tag::from(tag))
            .is_ok()
    }

    fn compress(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        if self.compressor.is_none() {
            self.compressor = Compressor::new(ZSTD_LEVEL).ok();
        }
        let compressed = self.compressor.as_mut()?.compress(plain).ok()?;
        (compressed.len() < plain.len()).then_some(compressed)
    }

    fn decompress(&mut self, compressed: &[u8], plain_bytes: usize) -> Option<Vec<u8>> {
        if self.decompressor.is_none() {
            self.decompressor = Decompressor::new().ok();
        }
        self.decompressor.as_mut()?.decompress(compressed, plain_bytes).ok()
    }

    /// Gives back the memory of the compressor (about 1 MB), which only rewriting needs.
    pub(crate) fn rest(&mut self) {
        self.compressor = None;
    }
}
