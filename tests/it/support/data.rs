//! Recordings, where they are at hand, read by a reader that the importers do not use.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of recordings, whether it is there or not.
pub(crate) fn root() -> PathBuf {
    std::env::var_os("FOULEE_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from)
}

/// A folder of recordings, or none, said aloud.
pub(crate) fn recordings(folder: &str) -> Option<PathBuf> {
    let path = root().join(folder);
    if path.exists() {
        return Some(path.canonicalize().expect("a path"));
    }
    assert_ne!(std::env::var("FOULEE_TEST_REQUIRE_DATA").as_deref(), Ok("1"), "{} is absent", path.display());
    println!("left out: {} is absent", path.display());
    None
}

/// A text file, unpacked where it is packed.
pub(crate) fn text_of(path: &Path) -> String {
    let bytes = fs::read(path).expect("readable");
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return String::from_utf8(bytes).expect("UTF-8");
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
    text
}

/// The header and the rows of a file without quotes.
pub(crate) fn lines_of(path: &Path) -> (String, Vec<String>) {
    let text = text_of(path);
    assert!(!text.contains('"'), "{} has quotes", path.display());
    let mut lines = text.lines().map(|line| line.trim_end().to_owned());
    let header = lines.next().expect("a header");
    (header, lines.filter(|line| !line.is_empty()).collect())
}
