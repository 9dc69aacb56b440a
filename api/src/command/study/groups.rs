use super::{CommandError, Context};
use crate::cli::{GroupAttendance, GroupCommand};
use crate::feed::rfc3339;
use crate::output::{Cell, Table, print_text};
use crate::registry::{GroupId, Membership, RegistryError, StudyId};

pub(super) fn run(context: &Context, command: &GroupCommand) -> Result<(), CommandError> {
    let (registry, now_ms) = (&context.registry, context.now_ms());
    match command {
        GroupCommand::Add(asked) => {
            let study = context.study(&asked.name)?;
            let added = registry.add_group(study, &asked.group, asked.places, now_ms);
            let id = context.runtime.block_on(added)?;
            print_text(&format!("group {id}: {}\n", asked.group))?;
        }
        GroupCommand::Join(asked) => {
            let group = group(context, context.study(&asked.name)?, &asked.group)?;
            let participant = context.participant(&asked.id)?;
            let one = Membership { participant, from: asked.from, to: asked.to };
            context.runtime.block_on(registry.join_group(group, one, now_ms))?;
            let to = asked.to.map(|to| format!(" to {to}")).unwrap_or_default();
            print_text(&format!("{participant} is in {} from {}{to}\n", asked.group, asked.from))?;
        }
        GroupCommand::Days(asked) => {
            let group = group(context, context.study(&asked.name)?, &asked.group)?;
            if !asked.days.is_empty() {
                context.runtime.block_on(registry.add_group_days(group, &asked.days, now_ms))?;
            }
            for day in context.runtime.block_on(registry.group_days(group))? {
                print_text(&format!("{day}\n"))?;
            }
        }
        GroupCommand::List(asked) => {
            let columns = &["group", "number", "places", "participant", "from", "to"];
            let mut table = Table::stdout(columns, asked.format)?;
            for group in context.runtime.block_on(registry.groups(context.study(&asked.name)?))? {
                let members = context.runtime.block_on(registry.memberships(group.id))?;
                let mut row = |participant, from, to| {
                    table.row(&[
                        Cell::Text(group.name.as_str().into()),
                        Cell::Integer(group.id.get()),
                        Cell::Integer(group.places.into()),
                        participant,
                        from,
                        to,
                    ])
                };
                if members.is_empty() {
                    row(Cell::Empty, Cell::Empty, Cell::Empty)?;
                }
                for one in members {
                    let to = one.to.map_or(Cell::Empty, |to| Cell::Text(to.to_string().into()));
                    let participant = Cell::Text(one.participant.to_string().into());
                    row(participant, Cell::Text(one.from.to_string().into()), to)?;
                }
            }
            table.finish()?;
        }
    }
    Ok(())
}

/// Notes who came, if that is said, and prints the sheet.
pub(super) fn attendance(context: &Context, asked: &GroupAttendance) -> Result<(), CommandError> {
    let group = group(context, context.study(&asked.name)?, &asked.group)?;
    if let (Some(id), Some(state), Some(day)) = (&asked.id, asked.state, asked.day) {
        let participant = context.participant(id)?;
        let noted = context.registry.note_attendance(group, participant, day, state, context.now_ms());
        context.runtime.block_on(noted)?;
    }
    let mut table = Table::stdout(&["day", "participant", "state", "noted_at"], asked.format)?;
    for line in context.runtime.block_on(context.registry.attendance(group, asked.day))? {
        let (state, noted_at) = match line.noted {
            Some((state, ms)) => (Cell::Text(state.as_str().into()), Cell::Text(rfc3339(ms).into())),
            None => (Cell::Empty, Cell::Empty),
        };
        let participant = Cell::Text(line.participant.to_string().into());
        table.row(&[Cell::Text(line.day.to_string().into()), participant, state, noted_at])?;
    }
    Ok(table.finish()?)
}

fn group(context: &Context, study: StudyId, name: &str) -> Result<GroupId, CommandError> {
    let groups = context.runtime.block_on(context.registry.groups(study))?;
    let found = groups.into_iter().find(|group| group.name == name);
    Ok(found.ok_or(RegistryError::GroupUnknown)?.id)
}
