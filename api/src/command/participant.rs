use std::time::{Duration, Instant};

use super::CommandError;
use super::context::Context;
use foulee_contract::Source;

use crate::cli::{Exit, ParticipantCommand, ParticipantMove, ParticipantSources};
use crate::client::{Client, ClientError};
use crate::output::{Cell, Table, print_text};
use crate::people::{self, ErasedDoc, NewPerson};
use crate::registry::{MAX_PAGE, SINCE_EVER};
use crate::{ApiError, sources};

pub(super) fn run(context: &Context, command: ParticipantCommand) -> Result<Exit, CommandError> {
    let now_ms = context.now_ms();
    match command {
        ParticipantCommand::Add(asked) => {
            let new = NewPerson {
                id: asked.id,
                external_id: asked.external_id,
                study: asked.study,
                time_zone: asked.time_zone.map(|zone| zone.name().to_owned()),
                birth_year: asked.birth_year,
            };
            let (id, _) = context.runtime.block_on(people::add(&context.registry, &new, now_ms))?;
            print_text(&format!("{id}\n"))?;
        }
        ParticipantCommand::List(asked) => {
            let columns = &["id", "external_id", "study", "birth_year", "added_at"];
            let mut table = Table::stdout(columns, asked.format)?;
            context.runtime.block_on(async {
                let study = match &asked.study {
                    Some(name) => Some(
                        context
                            .registry
                            .study_by_name(name)
                            .await?
                            .ok_or_else(|| CommandError::StudyUnknown { name: name.clone() })?,
                    ),
                    None => None,
                };
                let studies = context.registry.studies().await?;
                let mut after = None;
                loop {
                    let page = context
                        .registry
                        .participants(study.as_ref().map(|study| study.id), after, MAX_PAGE)
                        .await?;
                    let Some(last) = page.last() else { break };
                    after = Some(last.id);
                    for one in &page {
                        let text =
                            |text: Option<String>| text.map_or(Cell::Empty, |text| Cell::Text(text.into()));
                        let study = studies.iter().find(|study| Some(study.id) == one.study);
                        table.row(&[
                            text(Some(one.id.to_string())),
                            text(one.external_id.clone()),
                            text(study.map(|study| study.name.clone())),
                            one.birth_year.map_or(Cell::Empty, Cell::Integer),
                            text(Some(crate::feed::rfc3339(one.recorded_ms))),
                        ])?;
                    }
                }
                Ok::<(), CommandError>(())
            })?;
            table.finish()?;
        }
        ParticipantCommand::Move(asked) => move_home(context, &asked)?,
        ParticipantCommand::Sources(asked) => sources(context, &asked)?,
        ParticipantCommand::Erase(asked) => {
            if !asked.yes {
                return Err(CommandError::ConsentMissing);
            }
            let id = match &asked.id {
                // Somebody whose first erasure was cut short is no longer in the registry.
                crate::cli::ParticipantRef::Id(id) => *id,
                reference => context.participant(reference)?,
            };
            let erased: ErasedDoc = match &context.served_by {
                Some(holder) => Client::new(holder)
                    .delete(&format!("/v1/participants/{id}"))
                    .map_err(|error| remote(holder, error))?,
                None => {
                    context.runtime.block_on(people::erase(&context.registry, &*context.store, id, now_ms))?
                }
            };
            print_text(&format!("erased: {} readings in {} series\n", erased.readings, erased.series))?;
            if !erased.scrubbed && !scrubbed_in_time(context)? {
                eprintln!("foulee: {}", left_in_files(context));
                return Ok(Exit::Refused);
            }
        }
    }
    Ok(Exit::Done)
}

/// The service computes the days anew, so it is the one to say it to.
fn move_home(context: &Context, asked: &ParticipantMove) -> Result<(), CommandError> {
    let id = context.participant(&asked.id)?;
    let from_ms = asked.from.map(|from| context.instant(id, from, true)).transpose()?;
    match &context.served_by {
        Some(holder) => {
            let body = serde_json::json!({"time_zone": asked.zone.name(), "from": from_ms.map(crate::feed::rfc3339)});
            let path = format!("/v1/participants/{id}/zones");
            let _: serde_json::Value =
                Client::new(holder).post(&path, &body).map_err(|error| remote(holder, error))?;
        }
        None => {
            let from_ms = from_ms.unwrap_or(SINCE_EVER);
            let said = context.registry.set_home_zone(id, from_ms, asked.zone.name(), context.now_ms());
            context.runtime.block_on(said).map_err(ApiError::from)?;
            context.drain_for(id)?;
        }
    }
    let mut text = String::new();
    for zone in context.runtime.block_on(context.registry.home_zones(id)).map_err(ApiError::from)? {
        let from = match zone.from_ms {
            SINCE_EVER => "since ever".to_owned(),
            from_ms => format!("from {}", crate::feed::rfc3339(from_ms)),
        };
        text.push_str(&format!("{} {from}\n", zone.zone.name()));
    }
    print_text(&text)?;
    Ok(())
}

fn sources(context: &Context, asked: &ParticipantSources) -> Result<(), CommandError> {
    let id = context.participant(&asked.id)?;
    if asked.by_kind || !asked.first.is_empty() {
        match &context.served_by {
            Some(holder) => {
                let keys: Vec<&str> = asked.first.iter().map(Source::key).collect();
                let path = format!("/v1/participants/{id}/sources");
                let body = serde_json::json!({"first": keys});
                let _: serde_json::Value =
                    Client::new(holder).post(&path, &body).map_err(|error| remote(holder, error))?;
            }
            None => {
                let said =
                    sources::prefer(&context.registry, &*context.store, id, &asked.first, context.now_ms());
                context.runtime.block_on(said)?;
                context.drain_for(id)?;
            }
        }
    }
    let mut table = Table::stdout(&["rank", "source", "chosen", "metrics"], asked.format)?;
    for row in context.runtime.block_on(sources::sources(&context.registry, &*context.store, id))? {
        table.row(&[
            Cell::Integer(row.rank as i64),
            Cell::Text(row.source.into()),
            Cell::Bool(row.chosen),
            Cell::Text(row.metrics.join(" ").into()),
        ])?;
    }
    table.finish()?;
    Ok(())
}

/// How long an erasure waits for those who read the files, after its first try.
const SCRUB_PATIENCE: Duration = Duration::from_secs(15);

fn scrubbed_in_time(context: &Context) -> Result<bool, CommandError> {
    let started = Instant::now();
    loop {
        if context.scrubbed()? {
            return Ok(true);
        }
        if started.elapsed() > SCRUB_PATIENCE {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

fn left_in_files(context: &Context) -> String {
    let then = if context.served_by.is_some() {
        "the service goes on trying; `foulee doctor` says whether it is done"
    } else {
        "then run `foulee doctor`, which finishes the erasure and says so"
    };
    if context.is_remote {
        return format!(
            "the rows are on their way out of InfluxDB, which has not said yet that they are gone; copies of the id can \
             still be in the files of the data folder: {then}"
        );
    }
    format!(
        "the rows are gone, but copies of the id can still be in the files of the data folder, because another \
         process is reading them; end what reads registry.db or store.db (a backup, a database browser): {then}"
    )
}

/// What a running service said, as this command's own failure.
pub(super) fn remote(holder: &crate::lock::Holder, error: ClientError) -> CommandError {
    match error {
        ClientError::Unreachable(source) => {
            CommandError::Unreachable { address: holder.address.to_string(), source }
        }
        ClientError::Refused(problem) if problem.status == 404 => ApiError::ParticipantUnknown.into(),
        ClientError::Refused(problem) => {
            let mut detail = problem.detail.unwrap_or_default();
            for error in problem.errors {
                detail.push_str(&format!(" {}: {}", error.field, error.fix));
            }
            CommandError::Refused { title: problem.title, detail }
        }
    }
}
