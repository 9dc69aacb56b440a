use std::io::Read;

use foulee_contract::{MAX_DECODED_BYTES, MAX_ZSTD_WINDOW_LOG};

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentEncoding {
    /// Not at all.
    Identity,
    /// `gzip`.
    Gzip,
    /// `zstd`.
    Zstd,
}

impl ContentEncoding {
    /// From a `Content-Encoding` header, in any case; `None` for what is not supported.
    #[must_use]
    pub fn from_header(value: Option<&str>) -> Option<Self> {
        match value.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Why a body cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Cut short or damaged.
    #[error("the body is not whole {0:?}; it may have been cut on its way: send it again")]
    Broken(ContentEncoding),
    /// Packed with a zstd window above 8 MiB.
    #[error("the body needs a zstd window above 8 MiB; pack it with a window log of at most 23")]
    Window,
    /// Larger than 32 MiB once unpacked.
    #[error("the body is larger than 32 MiB once unpacked; send it in parts")]
    TooLarge,
    /// More is unpacked at once than memory is set aside for.
    #[error("too much is being unpacked at once; try again later")]
    Busy,
}

/// Unpacks `body`, asking `more(n)` before each further `n` bytes of memory.
///
/// # Errors
/// As [`DecodeError`] says. It never holds more than 32 MiB and the zstd window of 8 MiB.
pub fn decode(
    body: Vec<u8>,
    encoding: ContentEncoding,
    mut more: impl FnMut(usize) -> bool,
) -> Result<Vec<u8>, DecodeError> {
    // libzstd tells a window that is not allowed from damage by its words alone.
    let broken = |error: std::io::Error| match encoding {
        ContentEncoding::Zstd if error.to_string().contains("too much memory") => DecodeError::Window,
        _ => DecodeError::Broken(encoding),
    };
    let mut reader: Box<dyn Read + '_> = match encoding {
        ContentEncoding::Identity => return Ok(body),
        ContentEncoding::Gzip => Box::new(flate2::read::MultiGzDecoder::new(body.as_slice())),
        ContentEncoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body.as_slice()).map_err(broken)?;
            decoder.window_log_max(MAX_ZSTD_WINDOW_LOG).map_err(broken)?;
            Box::new(decoder)
        }
    };
    let mut decoded = Vec::new();
    let mut step = (body.len() * 8).clamp(16 << 10, 1 << 20);
    loop {
        if !more(step) {
            return Err(DecodeError::Busy);
        }
        decoded.reserve_exact(step);
        let read = reader.by_ref().take(step as u64).read_to_end(&mut decoded).map_err(broken)?;
        if decoded.len() > MAX_DECODED_BYTES {
            return Err(DecodeError::TooLarge);
        }
        if read < step {
            return Ok(decoded);
        }
        step = decoded.len().clamp(16 << 10, 4 << 20);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        let text = b"{\"contract\":1}".repeat(10_000);
        let packed = zstd::encode_all(text.as_slice(), 3).unwrap();
        assert_eq!(decode(packed, ContentEncoding::Zstd, |_| true).unwrap(), text);
    }

    #[test]
    fn cut_and_damaged_bodies_are_errors() {
        let packed = zstd::encode_all([7_u8; 100_000].as_slice(), 3).unwrap();
        for cut in [1, packed.len() / 2, packed.len() - 1] {
            let error = decode(packed[..cut].to_vec(), ContentEncoding::Zstd, |_| true).unwrap_err();
            assert!(matches!(error, DecodeError::Broken(ContentEncoding::Zstd)), "{error}");
        }
    }

    #[test]
    fn bombs_end_at_the_limit() {
        let bomb = zstd::encode_all(std::io::repeat(b' ').take(400 << 20), 19).unwrap();
        assert!(bomb.len() < 200_000);
        assert!(matches!(decode(bomb, ContentEncoding::Zstd, |_| true), Err(DecodeError::TooLarge)));
    }

    #[test]
    fn a_window_beyond_eight_mebibytes_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        std::io::copy(&mut std::io::repeat(1).take(20 << 20), &mut encoder).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(matches!(decode(packed, ContentEncoding::Zstd, |_| true), Err(DecodeError::Window)));
    }

    #[test]
    fn memory_that_is_not_granted_is_not_taken() {
        let packed = zstd::encode_all([7_u8; 4 << 20].as_slice(), 3).unwrap();
        let mut granted = 0;
        let result = decode(packed, ContentEncoding::Zstd, |n| {
            granted += n;
            granted <= 1 << 20
        });
        assert!(matches!(result, Err(DecodeError::Busy)));
    }
}
