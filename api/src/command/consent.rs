use super::CommandError;
use super::context::Context;
use crate::cli::{Audit, ConsentAsked, Exit};
use crate::feed::rfc3339;
use crate::output::{Cell, Table};
use crate::registry::{MAX_ENTRIES, Purpose};

/// Records what is said, if anything is, and lists what was.
pub(super) fn run(context: &Context, asked: &ConsentAsked) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    if let (Some(word), Some(purpose)) = (asked.word, asked.purpose) {
        let now_ms = context.now_ms();
        let at_ms = asked.at.map(|at| context.instant(id, at, true)).transpose()?.unwrap_or(now_ms);
        let said = context.registry.say_consent(id, purpose, word.into(), at_ms, now_ms);
        context.runtime.block_on(said)?;
    }
    let history = context.runtime.block_on(context.registry.consents(id))?;
    let mut table = Table::stdout(&["purpose", "state", "from", "recorded_at"], asked.format)?;
    for purpose in Purpose::ALL {
        let word = Cell::Text(purpose.as_str().into());
        let mut said = history.iter().filter(|said| said.purpose == purpose).peekable();
        if said.peek().is_none() {
            table.row(&[word.clone(), Cell::Text("not_asked".into()), Cell::Empty, Cell::Empty])?;
        }
        for said in said {
            table.row(&[
                word.clone(),
                Cell::Text(said.state.as_str().into()),
                Cell::Text(rfc3339(said.effective_ms).into()),
                Cell::Text(rfc3339(said.recorded_ms).into()),
            ])?;
        }
    }
    table.finish()?;
    Ok(Exit::Done)
}

/// Lists who looked.
pub(super) fn audit(context: &Context, asked: &Audit) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    let columns = &["id", "at", "token", "role", "act", "route", "status"];
    let mut table = Table::stdout(columns, asked.format)?;
    let mut after = 0;
    loop {
        let page = context.runtime.block_on(context.registry.audit(id, after, MAX_ENTRIES))?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for entry in &page {
            table.row(&[
                Cell::Integer(entry.id),
                Cell::Text(rfc3339(entry.recorded_ms).into()),
                entry.token.map_or(Cell::Empty, |token| Cell::Integer(token.get())),
                Cell::Text(entry.role.as_str().into()),
                Cell::Text(entry.act.as_str().into()),
                Cell::Text(entry.route.as_str().into()),
                entry.status.map_or(Cell::Empty, |status| Cell::Integer(status.into())),
            ])?;
        }
    }
    table.finish()?;
    Ok(Exit::Done)
}
