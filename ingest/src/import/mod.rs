//! Importers of people's own exports: files in, batches of readings out.
//!
//! A file's journey: `files` finds and unpacks it, `head` reads its first bytes, an `Importer` says what it is,
//! a `Reader` takes it row by row, `collector` hands batches to a [`Sink`] and counts what became of them.
//!
//! Invariants:
//! - What the options lack for any file is found before anything is written.
//! - What is read depends on a file's rows, never on their order, so pieces and shuffles give the same readings.
//! - Memory is bounded by a batch, whatever a file's size.
//! - A row that cannot be read costs that row, and is counted with its reason.
//!
//! How a number, a time and a device of a health store are read is the same for a phone that sends them (`crate::sdk`).
//!
//! It never guesses a time zone, the order of day and month, or how long a reading lasts.

pub(crate) mod apple;
pub(crate) mod blocks;
pub(crate) mod collector;
mod column_map;
mod contents;
mod database;
mod error;
mod extent;
mod files;
mod fit;
mod fitabase;
mod gadgetbridge;
mod garmin_stream;
mod google_health;
mod head;
mod health_connect;
mod importer;
pub(crate) mod json;
pub(crate) mod local_clock;
mod makers;
mod minute_table;
pub(crate) mod moment;
pub(crate) mod number;
mod open_mhealth;
mod options;
mod rows;
mod run;
mod salvage;
mod sink;
mod stored;
mod summary;
mod table;

pub use column_map::{ColumnMap, ColumnTarget};
pub use error::{ImportError, SinkError};
pub use importer::{FormatInfo, describe_formats};
pub use options::{FormatChoice, Options, Target};
pub use run::import;
pub use sink::{People, Sink};
pub use summary::{FileSummary, NotKept, Person, Progress, RejectionCount, SeriesSummary, Skipped, Summary};
