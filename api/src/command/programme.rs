use chrono::NaiveDate;
use foulee_contract::{ParticipantId, ProgrammeDoc};
use serde::Serialize;

use super::CommandError;
use super::context::Context;
use super::participant::remote;
use crate::cli::{Exit, ProgrammeAssign, ProgrammeCommand, ProgrammeRef};
use crate::client::Client;
use crate::output::{Cell, Table, print_text};
use crate::programme::{parse_doc, templates};
use crate::{ApiError, ask};

pub(super) fn run(context: &Context, command: ProgrammeCommand) -> Result<Exit, CommandError> {
    match command {
        ProgrammeCommand::List(asked) => {
            let mut docs = templates();
            for stored in context.runtime.block_on(context.registry.programmes())? {
                docs.push(serde_json::from_str::<ProgrammeDoc>(&stored.doc_json)?);
            }
            let mut table =
                Table::stdout(&["name", "version", "title_fr", "title_en", "weeks"], asked.format)?;
            for doc in docs {
                let weeks: i64 = doc.stages.iter().map(|stage| i64::from(stage.weeks)).sum();
                table.row(&[
                    Cell::Text(doc.name.into()),
                    Cell::Integer(doc.version.into()),
                    Cell::Text(doc.title.fr.into()),
                    Cell::Text(doc.title.en.into()),
                    Cell::Integer(weeks),
                ])?;
            }
            table.finish()?;
        }
        ProgrammeCommand::Show(asked) => {
            let doc = context.runtime.block_on(ask::programme(&context.registry, &asked.name))?;
            print_text(&format!("{}\n", serde_json::to_string_pretty(&doc)?))?;
        }
        ProgrammeCommand::Assign(asked) => {
            let name = assign(context, &asked)?;
            print_text(&format!("assigned {name} from {}\n", asked.start))?;
        }
    }
    Ok(Exit::Done)
}

fn assign(context: &Context, asked: &ProgrammeAssign) -> Result<String, CommandError> {
    let id = context.participant(&asked.id)?;
    context.drain_for(id)?;
    let doc = match &asked.programme {
        ProgrammeRef::Name(name) => context.runtime.block_on(ask::programme_for(
            &context.registry,
            id,
            name,
            asked.start,
            asked.start_steps,
        ))?,
        ProgrammeRef::File(path) => {
            let file = |source| CommandError::File { path: path.clone(), source };
            parse_doc(&std::fs::read_to_string(path).map_err(file)?)?
        }
    };
    match &context.served_by {
        Some(holder) => {
            // The service computes the weeks anew, so it is the one to assign.
            context.runtime.block_on(ask::store_programme(&context.registry, &doc, context.now_ms()))?;
            let new = NewPrescription { programme: &doc.name, start: asked.start };
            let answer: Result<serde_json::Value, _> =
                Client::new(holder).post(&format!("/v1/participants/{id}/prescriptions"), &new);
            answer.map_err(|error| remote(holder, error))?;
        }
        None => assign_here(context, id, &doc, asked.start)?,
    }
    Ok(doc.name)
}

fn assign_here(
    context: &Context,
    id: ParticipantId,
    doc: &ProgrammeDoc,
    start: NaiveDate,
) -> Result<(), CommandError> {
    context.runtime.block_on(async {
        ask::assign(&context.registry, id, doc, start, context.now_ms()).await?;
        Ok::<(), ApiError>(())
    })?;
    context.drain_for(id)
}

#[derive(Serialize)]
struct NewPrescription<'a> {
    programme: &'a str,
    start: NaiveDate,
}
