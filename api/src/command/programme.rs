use chrono::NaiveDate;
use foulee_contract::{ParticipantId, ProgrammeDoc};
use serde::{Deserialize, Serialize};

use super::CommandError;
use super::context::Context;
use super::participant::remote;
use crate::ask;
use crate::cli::{Exit, ProgrammeAssign, ProgrammeCommand, ProgrammeRef};
use crate::client::{Client, ClientError};
use crate::lock::Holder;
use crate::output::{Cell, Table, print_text};
use crate::programme::{DocFormat, parse_doc};
use crate::registry::RegistryError;

pub(super) fn run(context: &Context, command: ProgrammeCommand) -> Result<Exit, CommandError> {
    match command {
        ProgrammeCommand::List(asked) => {
            let docs = context.runtime.block_on(ask::programmes(&context.registry))?;
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
            let (name, is_new) = assign(context, &asked)?;
            print_text(&match is_new {
                true => format!("assigned {name} from {}\n", asked.start),
                false => format!("{name} from {} is assigned already: nothing changed\n", asked.start),
            })?;
        }
    }
    Ok(Exit::Done)
}

/// Assigns; the programme's name, and whether that changed something.
fn assign(context: &Context, asked: &ProgrammeAssign) -> Result<(String, bool), CommandError> {
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
            let text = std::fs::read_to_string(path).map_err(file)?;
            parse_doc(&text, DocFormat::of(path, &text))?
        }
    };
    let is_new = match &context.served_by {
        Some(holder) => assign_there(context, holder, id, &doc, asked.start)?,
        None => assign_here(context, id, &doc, asked.start)?,
    };
    Ok((doc.name, is_new))
}

/// The service computes the weeks anew, so it is the one to assign.
fn assign_there(
    context: &Context,
    holder: &Holder,
    id: ParticipantId,
    doc: &ProgrammeDoc,
    start: NaiveDate,
) -> Result<bool, CommandError> {
    let before = context.runtime.block_on(context.registry.prescriptions(id))?;
    let new = NewPrescription { document: doc, start };
    let answer: Result<Given, _> =
        Client::new(holder).post(&format!("/v1/participants/{id}/prescriptions"), &new);
    let given = answer.map_err(|error| match error {
        ClientError::Refused(problem) if problem.status == 409 => RegistryError::ProgrammeConflict.into(),
        error => remote(holder, error),
    })?;
    Ok(!before.iter().any(|known| known.id.get() == given.id))
}

fn assign_here(
    context: &Context,
    id: ParticipantId,
    doc: &ProgrammeDoc,
    start: NaiveDate,
) -> Result<bool, CommandError> {
    let assigned = ask::assign(&context.registry, id, doc, start, context.now_ms());
    let assigned = context.runtime.block_on(assigned)?;
    context.drain_for(id)?;
    Ok(assigned.is_new)
}

#[derive(Serialize)]
struct NewPrescription<'a> {
    document: &'a ProgrammeDoc,
    start: NaiveDate,
}

#[derive(Deserialize)]
struct Given {
    id: i64,
}
