use std::path::Path;

use chrono::NaiveDate;
use foulee_contract::{ParticipantId, ProgrammeDoc};
use serde::{Deserialize, Serialize};

use super::CommandError;
use super::context::Context;
use super::participant::remote;
use crate::ask::{self, StartChoice};
use crate::cli::{Exit, ProgrammeAssign, ProgrammeCheck, ProgrammeCommand, ProgrammeRef};
use crate::client::{Client, ClientError};
use crate::lock::Holder;
use crate::output::{Cell, Table, print_text};
use crate::programme::{DocFormat, parse_doc, week_rows, weeks};
use crate::registry::RegistryError;

pub(super) fn run(context: &Context, command: ProgrammeCommand) -> Result<Exit, CommandError> {
    match command {
        ProgrammeCommand::List(asked) => {
            let docs = context.runtime.block_on(ask::programmes(&context.registry))?;
            let mut table =
                Table::stdout(&["name", "version", "title_fr", "title_en", "weeks"], asked.format)?;
            for doc in docs {
                let weeks = i64::from(weeks(&doc));
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
        ProgrammeCommand::Check(asked) => return check(&asked),
    }
    Ok(Exit::Done)
}

/// Needs no data folder: what it says depends on the file alone.
pub(super) fn check(asked: &ProgrammeCheck) -> Result<Exit, CommandError> {
    const COLUMNS: &[&str] = &[
        "week",
        "stage",
        "kind",
        "per_week",
        "days",
        "target",
        "unit",
        "baseline",
        "percent",
        "cadence",
        "heart_rate_reserve",
        "effort",
    ];
    fn number<T: Into<i64>>(value: Option<T>) -> Cell<'static> {
        value.map_or(Cell::Empty, |value| Cell::Integer(value.into()))
    }
    let doc = read(&asked.file)?;
    let mut table = Table::stdout(COLUMNS, asked.format)?;
    for row in week_rows(&doc) {
        let [cadence, heart_rate_reserve, effort] =
            row.intensity.map(|band| band.map_or(Cell::Empty, |band| Cell::Text(band.into())));
        table.row(&[
            Cell::Integer(row.week.into()),
            number(u32::try_from(row.stage).ok()),
            Cell::Text(row.kind.into()),
            Cell::Integer(row.per_week.into()),
            Cell::Text(row.days.into()),
            number(row.target),
            Cell::Text(row.unit.into()),
            row.baseline.map_or(Cell::Empty, |baseline| Cell::Text(baseline.into())),
            number(row.percent),
            cadence,
            heart_rate_reserve,
            effort,
        ])?;
    }
    table.finish()?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<ProgrammeDoc, CommandError> {
    let file = |source| CommandError::File { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(file)?;
    Ok(parse_doc(&text, DocFormat::of(path, &text))?)
}

/// Assigns; the programme's name, and whether that changed something.
fn assign(context: &Context, asked: &ProgrammeAssign) -> Result<(String, bool), CommandError> {
    let id = context.participant(&asked.id)?;
    context.drain_for(id)?;
    let choice = StartChoice {
        start_steps: asked.start_steps,
        trials: asked.trials.clone(),
        contingency: asked.contingency.map(Into::into),
    };
    let registry = &context.registry;
    let doc = match &asked.programme {
        ProgrammeRef::Name(name) => {
            context.runtime.block_on(ask::programme_for(registry, id, name, asked.start, &choice))?
        }
        ProgrammeRef::File(path) => {
            let doc = read(path)?;
            context.runtime.block_on(ask::document_for(registry, id, &doc, asked.start, &choice))?
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
