use chrono::{DateTime, Utc};
use foulee_contract::{
    CONTRACT_VERSION, DayKind, Felt, ParticipantId, RedFlag, ReportAnswer, ReportBatch, ReportQuestion,
    ReportsAnswer, ResponseState, SessionActivity,
};
use serde_json::{Map, Value, json};

use super::CommandError;
use super::context::Context;
use super::participant::remote;
use crate::ApiError;
use crate::cli::{
    ClearedBy, Exit, Moment, Profile, ProfileAction, Report, ReportKind, Reports, SafetyClear, SafetyCommand,
};
use crate::client::Client;
use crate::feed::rfc3339;
use crate::output::{Cell, Table, print_text};
use crate::profile::{self, Answer};
use crate::registry::{Clearer, Origin, Taken};
use crate::{reports, safety};

/// `foulee report`.
pub(super) fn report(context: &Context, asked: &Report) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    let now_ms = context.now_ms();
    let at_ms = asked.at.map(|at| context.instant(id, at, true)).transpose()?.unwrap_or(now_ms);
    let said = said(id, asked, at_ms, now_ms)?;
    match &context.served_by {
        Some(holder) => {
            let batch = ReportBatch { contract: CONTRACT_VERSION, reports: vec![said.clone()] };
            let answer: ReportsAnswer =
                Client::new(holder).post("/v1/reports", &batch).map_err(|error| remote(holder, error))?;
            if let Some(refused) = answer.rejected.into_iter().next() {
                return Err(ApiError::ReportInvalid { field: refused.field, fix: refused.fix }.into());
            }
        }
        None => {
            let kept = reports::say(&context.registry, &said, Origin::Operator, now_ms);
            match context.runtime.block_on(kept)? {
                Taken::New | Taken::Duplicate => {}
                Taken::IdTaken | Taken::CorrectedUnknown => {
                    let fix = "the id of a report of the same participant and question".to_owned();
                    return Err(ApiError::ReportInvalid { field: "corrects".to_owned(), fix }.into());
                }
            }
        }
    }
    print_text(&format!("{}\n", said.id))?;
    let stop = context.runtime.block_on(safety::stop_of(&context.registry, id))?;
    if let Some(stop) = stop {
        eprintln!("foulee: stopped for safety ({}): target and progression are withheld", stop.tier.as_str());
    }
    Ok(Exit::Done)
}

fn said(
    id: ParticipantId,
    asked: &Report,
    at_ms: i64,
    now_ms: i64,
) -> Result<foulee_contract::Report, CommandError> {
    let question = question(asked.kind);
    let state = match (asked.asked, asked.declined, asked.not_asked) {
        (true, ..) => ResponseState::Asked,
        (_, true, _) => ResponseState::Declined,
        (.., true) => ResponseState::NotAsked,
        _ => ResponseState::Answered,
    };
    let answer = if state == ResponseState::Answered { Some(answer(asked)?) } else { None };
    let effective_at: DateTime<Utc> = DateTime::from_timestamp_millis(at_ms)
        .ok_or_else(|| invalid("--at", "a time from the year 2000 to a day from now"))?;
    Ok(foulee_contract::Report {
        id: reports::new_id(now_ms)?,
        participant: id,
        question,
        state,
        answer,
        effective_at,
        corrects: asked.corrects,
    })
}

fn question(kind: ReportKind) -> ReportQuestion {
    match kind {
        ReportKind::Pain => ReportQuestion::Pain,
        ReportKind::Effort => ReportQuestion::Effort,
        ReportKind::Difficulty => ReportQuestion::Difficulty,
        ReportKind::Progress => ReportQuestion::Progress,
        ReportKind::Flare => ReportQuestion::Flare,
        ReportKind::Session => ReportQuestion::Session,
        ReportKind::Leave => ReportQuestion::Leave,
        ReportKind::DayKind => ReportQuestion::DayKind,
        ReportKind::RedFlag => ReportQuestion::RedFlag,
        ReportKind::Trial => ReportQuestion::Trial,
    }
}

fn invalid(field: &str, fix: &str) -> CommandError {
    ApiError::ReportInvalid { field: field.to_owned(), fix: fix.to_owned() }.into()
}

/// The words of a closed list, for an error.
fn one_of<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> String {
    format!("one of: {}", all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", "))
}

fn answer(asked: &Report) -> Result<ReportAnswer, CommandError> {
    if let ReportKind::RedFlag = asked.kind {
        let code = |word: &String| {
            let fix = one_of(RedFlag::ALL, RedFlag::as_str);
            RedFlag::of(&word.replace('-', "_")).ok_or_else(|| invalid("red-flag", &fix))
        };
        return Ok(ReportAnswer::RedFlag { codes: asked.answer.iter().map(code).collect::<Result<_, _>>()? });
    }
    let [word] = asked.answer.as_slice() else {
        return Err(invalid("answer", "one answer, such as `pain 4`; `foulee report --help` lists them"));
    };
    let number = |fix| word.parse::<i16>().map_err(|_| invalid("answer", fix));
    let minutes = || asked.minutes.ok_or_else(|| invalid("--minutes", "how long it was"));
    let activity = || {
        let fix = one_of(SessionActivity::ALL, SessionActivity::as_str);
        SessionActivity::of(word).ok_or_else(|| invalid("answer", &fix))
    };
    let edge = || crate::cli::edge(word).ok_or_else(|| invalid("answer", "start or end"));
    Ok(match asked.kind {
        ReportKind::Pain => {
            let nrs = u8::try_from(number("0 to 10")?).map_err(|_| invalid("answer", "0 to 10"))?;
            ReportAnswer::Pain { moment: asked.moment, nrs }
        }
        ReportKind::Effort => ReportAnswer::Effort {
            borg: u8::try_from(number("6 to 20")?).map_err(|_| invalid("answer", "6 to 20"))?,
        },
        ReportKind::Difficulty => {
            let fix = one_of(Felt::ALL, Felt::as_str);
            ReportAnswer::Difficulty { felt: Felt::of(word).ok_or_else(|| invalid("answer", &fix))? }
        }
        ReportKind::Progress => ReportAnswer::Progress {
            felt: i8::try_from(number("-5 to 5")?).map_err(|_| invalid("answer", "-5 to 5"))?,
        },
        ReportKind::Flare => ReportAnswer::Flare { edge: edge()? },
        ReportKind::Session => ReportAnswer::Session { activity: activity()?, minutes: minutes()? },
        ReportKind::Trial => ReportAnswer::Trial { activity: activity()?, minutes: minutes()? },
        ReportKind::Leave => {
            let edge = edge()?;
            // The end of a spell is the end of all of it.
            let fraction = asked.fraction.unwrap_or(1.0);
            ReportAnswer::Leave { edge, fraction }
        }
        ReportKind::DayKind => {
            let fix = one_of(DayKind::ALL, DayKind::as_str);
            ReportAnswer::DayKind { day: DayKind::of(word).ok_or_else(|| invalid("answer", &fix))? }
        }
        ReportKind::RedFlag => ReportAnswer::RedFlag { codes: Vec::new() },
    })
}

/// `foulee reports`.
pub(super) fn reports(context: &Context, asked: &Reports) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    let known_at_ms = asked.as_of.map(|at| context.instant(id, at, false)).transpose()?;
    let columns = &["id", "question", "state", "answer", "effective_at", "corrects", "origin", "recorded_at"];
    let mut table = Table::stdout(columns, asked.format)?;
    for stored in context.runtime.block_on(context.registry.reports(id, known_at_ms))? {
        let report = stored.report;
        let answer = report.answer.as_ref().map(serde_json::to_string).transpose()?;
        table.row(&[
            Cell::Text(report.id.to_string().into()),
            Cell::Text(report.question.as_str().into()),
            Cell::Text(report.state.as_str().into()),
            answer.map_or(Cell::Empty, |answer| Cell::Text(answer.into())),
            Cell::Text(rfc3339(report.effective_at.timestamp_millis()).into()),
            report.corrects.map_or(Cell::Empty, |id| Cell::Text(id.to_string().into())),
            Cell::Text(stored.origin.as_str().into()),
            Cell::Text(rfc3339(stored.recorded_ms).into()),
        ])?;
    }
    table.finish()?;
    Ok(Exit::Done)
}

/// `foulee profile`.
pub(super) fn profile(context: &Context, asked: &Profile) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    match asked.action {
        ProfileAction::Get => get(context, id, asked),
        ProfileAction::Set => set(context, id, asked),
    }
}

fn get(context: &Context, id: ParticipantId, asked: &Profile) -> Result<Exit, CommandError> {
    for name in &asked.items {
        named(name)?;
    }
    let known_at_ms = asked.as_of.map(|at| context.instant(id, at, false)).transpose()?;
    let all = context.runtime.block_on(context.registry.context(id, known_at_ms))?;
    let columns = &["item", "state", "value", "effective_at", "origin", "recorded_at"];
    let mut table = Table::stdout(columns, asked.format)?;
    for entry in profile::holding(&all, known_at_ms.unwrap_or_else(|| context.now_ms())) {
        if !asked.items.is_empty() && !asked.items.contains(&entry.item) {
            continue;
        }
        table.row(&[
            Cell::Text(entry.item.clone().into()),
            Cell::Text(entry.state.as_str().into()),
            entry.value.clone().map_or(Cell::Empty, |value| Cell::Text(value.into())),
            Cell::Text(rfc3339(entry.effective_ms).into()),
            Cell::Text(entry.origin.as_str().into()),
            Cell::Text(rfc3339(entry.recorded_ms).into()),
        ])?;
    }
    table.finish()?;
    Ok(Exit::Done)
}

/// The item of a name.
fn named(name: &str) -> Result<&'static profile::Item, CommandError> {
    profile::item(name).ok_or_else(|| {
        let known: Vec<&str> = profile::ITEMS.iter().map(|item| item.name).collect();
        let fix = format!("one of: {}", known.join(", "));
        ApiError::ProfileInvalid { field: name.to_owned(), fix }.into()
    })
}

fn set(context: &Context, id: ParticipantId, asked: &Profile) -> Result<Exit, CommandError> {
    let mut answers = Vec::with_capacity(asked.items.len());
    for pair in &asked.items {
        let Some((name, text)) = pair.split_once('=') else {
            let fix = "KEY=VALUE, or KEY=declined".to_owned();
            return Err(ApiError::ProfileInvalid { field: pair.clone(), fix }.into());
        };
        let item = named(name)?;
        let answer = match text.strip_prefix("declined") {
            Some("") => Answer::Declined(None),
            Some(reason) if reason.starts_with(':') => Answer::Declined(Some(reason[1..].to_owned())),
            _ => Answer::Given(item.shape.read(text)),
        };
        answers.push((name.to_owned(), answer));
    }
    profile::check(&answers)?;
    let now_ms = context.now_ms();
    let at: Option<Moment> = asked.at;
    let at_ms = at.map(|at| context.instant(id, at, true)).transpose()?.unwrap_or(now_ms);
    match &context.served_by {
        Some(holder) => {
            let answers: Map<String, Value> = answers
                .into_iter()
                .map(|(name, answer)| match answer {
                    Answer::Given(value) => (name, value),
                    Answer::Declined(reason) => (name, json!({ "declined": reason })),
                })
                .collect();
            let body = json!({ "answers": answers, "effective_at": rfc3339(at_ms) });
            let _: Value = Client::new(holder)
                .post(&format!("/v1/participants/{id}/profile"), &body)
                .map_err(|error| remote(holder, error))?;
        }
        None => {
            let kept = profile::set(&context.registry, id, &answers, at_ms, Origin::Operator, now_ms);
            context.runtime.block_on(kept)?;
        }
    }
    Ok(Exit::Done)
}

/// `foulee safety`.
pub(super) fn safety(context: &Context, command: &SafetyCommand) -> Result<Exit, CommandError> {
    match command {
        SafetyCommand::Show(asked) => {
            let id = context.participant(&asked.id)?;
            let doc = context.runtime.block_on(safety::doc(&context.registry, id))?;
            print_text(&format!("{}\n", serde_json::to_string_pretty(&doc)?))?;
        }
        SafetyCommand::Clear(asked) => clear(context, asked)?,
        SafetyCommand::Code(asked) => {
            let id = context.participant(&asked.id)?;
            let made = safety::clearing_code(&context.registry, id, safety::CODE_DAYS, context.now_ms());
            let (code, until_ms) = context.runtime.block_on(made)?;
            print_text(&format!("{}\n", code.reveal()))?;
            eprintln!("this is shown once; it lifts one stop, at /clear, until {}", rfc3339(until_ms));
        }
    }
    Ok(Exit::Done)
}

fn clear(context: &Context, asked: &SafetyClear) -> Result<(), CommandError> {
    let id = context.participant(&asked.id)?;
    let by = match asked.by {
        ClearedBy::Professional => Clearer::Professional,
        ClearedBy::OwnStatement => Clearer::OwnStatement,
    };
    let left = match &context.served_by {
        Some(holder) => {
            let body = json!({ "by": by.as_str() });
            let doc: Value = Client::new(holder)
                .post(&format!("/v1/participants/{id}/safety/clearances"), &body)
                .map_err(|error| remote(holder, error))?;
            doc["state"].as_str().unwrap_or_default().to_owned()
        }
        None => {
            let left = safety::clear(&context.registry, id, by, context.now_ms());
            let left = context.runtime.block_on(left)?;
            left.map_or("clear", |stop| stop.tier.as_str()).to_owned()
        }
    };
    print_text(&format!("{left}\n"))?;
    Ok(())
}
