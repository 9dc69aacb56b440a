use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::DeflateDecoder;

use super::files::Copy;

/// Begins a member, and the index behind the last one (APPNOTE.TXT 4.3.7, 4.3.12).
const MEMBER: [u8; 4] = *b"PK\x03\x04";
const INDEX: [u8; 4] = *b"PK\x01\x02";
/// Most bytes that are unpacked of one member: a decade of a watch's export is two gigabytes.
const MOST_BYTES: u64 = 8 << 30;

/// The members of a zip archive that lacks its end, and with it its index: each as far as it can be unpacked, in order.
pub(super) fn salvage(path: &Path) -> io::Result<Vec<(String, Copy)>> {
    let mut input = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut members = Vec::new();
    while find_member(&mut input)? {
        let Some((name, content)) = member(&mut input)? else { continue };
        // What a Mac puts beside each file is no file of the person's.
        if !name.ends_with('/') && !name.starts_with("__MACOSX/") {
            members.push((name, content));
        }
    }
    Ok(members)
}

/// Goes on behind the next member's signature; whether there is one before the index or the end.
fn find_member(input: &mut impl BufRead) -> io::Result<bool> {
    let mut last = [0; 4];
    loop {
        let mut byte = [0];
        if input.read(&mut byte)? == 0 {
            return Ok(false);
        }
        last.rotate_left(1);
        last[3] = byte[0];
        match last {
            MEMBER => return Ok(true),
            INDEX => return Ok(false),
            _ => {}
        }
    }
}

/// A member behind its signature; `None` for one that is packed in another way, or whose head is cut.
fn member(input: &mut impl BufRead) -> io::Result<Option<(String, Copy)>> {
    let mut head = [0; 26];
    if input.read_exact(&mut head).is_err() {
        return Ok(None);
    }
    let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    let (flags, method) = (short(2), short(4));
    let packed_bytes = u32::from_le_bytes([head[14], head[15], head[16], head[17]]);
    let mut names = vec![0; usize::from(short(22)) + usize::from(short(24))];
    if input.read_exact(&mut names).is_err() {
        return Ok(None);
    }
    let name = String::from_utf8_lossy(&names[..usize::from(short(22))]).into_owned();
    let (is_secret, size_is_behind) = (flags & 1 != 0, flags & 8 != 0);
    let content = match method {
        _ if is_secret => return Ok(None),
        // A deflated member ends by itself.
        8 => Copy::of(&mut Lenient(DeflateDecoder::new(input)).take(MOST_BYTES))?,
        0 if !size_is_behind => Copy::of(&mut Lenient(input.take(packed_bytes.into())))?,
        _ => return Ok(None),
    };
    Ok(Some((name, content)))
}

/// What cannot be unpacked any more is the end.
struct Lenient<R>(R);

impl<R: Read> Read for Lenient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.read(buffer).unwrap_or(0))
    }
}
