//! Writes the sound files of the importers' tests into the folders in which the fuzz targets begin.
#![forbid(unsafe_code)]

#[path = "../../../tests/samples/mod.rs"]
mod samples;

use std::fs;
use std::path::Path;

use foulee_ingest_fuzz::names;

fn main() -> std::io::Result<()> {
    for (number, sample) in samples::samples().into_iter().enumerate() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(sample.group);
        fs::create_dir_all(&folder)?;
        let names = names(sample.group);
        let by_name = names.iter().position(|name| *name == sample.name).unwrap_or(0);
        let first = if names.len() > 1 { vec![u8::try_from(by_name).unwrap_or(0)] } else { Vec::new() };
        fs::write(folder.join(format!("{number}-{}", sample.name)), [first, sample.bytes].concat())?;
    }
    Ok(())
}
