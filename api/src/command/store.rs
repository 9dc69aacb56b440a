use serde::Serialize;

use super::CommandError;
use super::context::Context;
use crate::cli::{Exit, StoreCommand};
use crate::output::{print_json, print_text};

#[derive(Serialize)]
struct StatsDoc {
    readings: u64,
    bytes: u64,
    series: u64,
    engine: &'static str,
    block_bytes: u64,
    dirty_days: u64,
}

pub(super) fn run(context: &Context, command: &StoreCommand) -> Result<Exit, CommandError> {
    match command {
        StoreCommand::Stats(asked) => {
            let stats = context.runtime.block_on(context.store.stats())?;
            let doc = StatsDoc {
                readings: stats.readings,
                bytes: stats.bytes,
                series: stats.series,
                engine: stats.engine,
                block_bytes: stats.block_bytes,
                dirty_days: stats.dirty_days,
            };
            if asked.json {
                print_json(&doc)?;
            } else {
                print_text(&format!(
                    "{} readings in {} series, {} bytes on disk ({} in blocks), {} days to compute, engine {}\n",
                    doc.readings, doc.series, doc.bytes, doc.block_bytes, doc.dirty_days, doc.engine
                ))?;
            }
        }
        StoreCommand::Digest => {
            let digest = context.runtime.block_on(context.store.digest())?;
            print_text(&format!("{digest}\n"))?;
        }
        StoreCommand::Verify => {
            let verified = context.runtime.block_on(context.store.verify())?;
            let mut text = format!("{} readings read back\n", verified.readings);
            for damage in &verified.damaged {
                text.push_str(&format!("damaged: {damage}\n"));
            }
            print_text(&text)?;
            if !verified.damaged.is_empty() {
                return Ok(Exit::Failed);
            }
        }
    }
    Ok(Exit::Done)
}
