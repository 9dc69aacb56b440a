//! What is refused: reading by reading, batch by batch, by token, by path, by file; and that nothing of it is kept.
//!
//! Every test asks the real `foulee` over a folder of its own and prints its figures.

#[path = "../../ingest/benches/import/exports.rs"]
mod exports;
#[path = "support/foulee.rs"]
mod foulee;
#[path = "support/people.rs"]
mod people;
#[path = "support/served.rs"]
mod served;

#[path = "refusals/batch.rs"]
mod batch;
#[path = "refusals/csv_page.rs"]
mod csv_page;
#[path = "refusals/extremes.rs"]
mod extremes;
#[path = "refusals/forms.rs"]
mod forms;
#[path = "refusals/import.rs"]
mod import;
#[path = "refusals/large_exports.rs"]
mod large_exports;
#[path = "refusals/memory.rs"]
mod memory;
#[path = "refusals/readings.rs"]
mod readings;
#[path = "refusals/service.rs"]
mod service;
#[path = "refusals/silence.rs"]
mod silence;
#[path = "refusals/tokens.rs"]
mod tokens;
#[path = "refusals/whole.rs"]
mod whole;
#[path = "refusals/wire.rs"]
mod wire;
