//! Small sound files of every importer, made here; the tests that spoil them and the fuzz targets begin with these.

pub(crate) mod apple;
pub(crate) mod fit;
pub(crate) mod fit_writer;
pub(crate) mod gadgetbridge;
pub(crate) mod google_health;
pub(crate) mod health_connect;
pub(crate) mod open_mhealth;
pub(crate) mod packed;
pub(crate) mod tables;

/// A sound file.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// What it is an example of; a fuzz target has the same name.
    pub(crate) group: &'static str,
    /// What it is called, which some formats are known by.
    pub(crate) name: &'static str,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

impl Sample {
    pub(crate) fn new(group: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { group, name, bytes: bytes.into() }
    }
}

/// Some of each.
pub(crate) fn samples() -> Vec<Sample> {
    [
        apple::samples(),
        fit::samples(),
        gadgetbridge::samples(),
        google_health::samples(),
        health_connect::samples(),
        open_mhealth::samples(),
        tables::samples(),
    ]
    .concat()
}
