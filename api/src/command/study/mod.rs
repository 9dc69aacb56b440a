//! What is done with studies: inclusion, groups, arms, subgroups.

mod arms;
mod groups;
mod inclusion;
mod subgroups;

use super::CommandError;
use super::context::Context;
use crate::cli::{Exit, StudyCommand};

pub(super) fn run(context: &Context, command: StudyCommand) -> Result<Exit, CommandError> {
    match command {
        StudyCommand::Plan(asked) => inclusion::plan(context, &asked)?,
        StudyCommand::Inclusion(asked) => inclusion::run(context, &asked)?,
        StudyCommand::Group(command) => groups::run(context, &command)?,
        StudyCommand::Attendance(asked) => groups::attendance(context, &asked)?,
        StudyCommand::Arms(asked) => arms::run(context, &asked)?,
        StudyCommand::Allocate(asked) => arms::allocate(context, &asked)?,
        StudyCommand::Unseal(asked) => arms::unseal(context, &asked)?,
        StudyCommand::Subgroup(command) => subgroups::run(context, &command)?,
    }
    Ok(Exit::Done)
}
