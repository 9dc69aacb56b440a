mod copy;

use serde::Serialize;

use super::CommandError;
use super::context::Context;
use crate::cli::{Exit, Global, StoreCommand};
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

pub(super) fn run(global: &Global, command: &StoreCommand) -> Result<Exit, CommandError> {
    if let StoreCommand::Copy(asked) = command {
        return copy::run(global, asked);
    }
    let context = &Context::new(global)?;
    match command {
        StoreCommand::Copy(_) => {}
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
        StoreCommand::Verify(asked) if asked.repair => return repair(context),
        StoreCommand::Verify(_) => {
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

#[cfg(not(feature = "influx"))]
fn repair(_: &Context) -> Result<Exit, CommandError> {
    Err(CommandError::InfluxNotNamed)
}

/// Checks everything and puts back what is missing; what could not be is a failure.
#[cfg(feature = "influx")]
fn repair(context: &Context) -> Result<Exit, CommandError> {
    if context.served_by.is_some() {
        return Err(CommandError::ServiceRepairs);
    }
    let Some(journaled) = &context.journaled else { return Err(CommandError::InfluxNotNamed) };
    // No day is computed before it is whole.
    context.settle();
    let (checked, repaired) = context.runtime.block_on(async {
        journaled.influx().accept_server().await?;
        journaled.offer_again().await?;
        let checked = journaled.check().await?;
        let repaired = journaled.repair(&checked).await?;
        Ok::<_, foulee_store::StoreError>((checked, repaired))
    })?;
    if repaired.lost == 0 {
        context.drain()?;
    }
    let mut text = format!("{} readings read back on {} days of series\n", checked.readings, checked.days);
    for fault in &checked.faults {
        text.push_str(&format!(
            "{} {} of {} on day {}: {} of {} readings\n",
            fault.series.metric,
            fault.series.source,
            fault.series.participant,
            fault.epoch_day,
            fault.found,
            fault.expected
        ));
    }
    text.push_str(&format!("{} put back, {} lost for good\n", repaired.put_back, repaired.lost));
    if repaired.foreign > 0 {
        text.push_str(&format!(
            "{} points that somebody else had written were taken out\n",
            repaired.foreign
        ));
    }
    for aside in context.runtime.block_on(journaled.influx().asides(None))? {
        text.push_str(&format!(
            "set aside: {} {} of {} at {}: {}\n",
            aside.series.metric,
            aside.series.source,
            aside.series.participant,
            aside.tuple.start_ms,
            aside.reason
        ));
    }
    print_text(&text)?;
    Ok(if repaired.lost == 0 { Exit::Done } else { Exit::Failed })
}
