use chrono::DateTime;

use super::{CommandError, Context};
use crate::cli::{StudyInclusion, StudyPlanned};
use crate::output::{Cell, Table, print_text};
use crate::study::{Plan, inclusion};

pub(super) fn plan(context: &Context, asked: &StudyPlanned) -> Result<(), CommandError> {
    let now_ms = context.now_ms();
    context.runtime.block_on(async {
        let study = context.registry.study_of(&asked.name, now_ms).await?;
        context.registry.plan_study(study, asked.per_year, asked.from, now_ms).await
    })?;
    Ok(print_text(&format!("{}: {} a year from {}\n", asked.name, asked.per_year, asked.from))?)
}

pub(super) fn run(context: &Context, asked: &StudyInclusion) -> Result<(), CommandError> {
    let study = context.study(&asked.name)?;
    let plan = context.runtime.block_on(context.registry.study_plan(study))?;
    let plan = plan.ok_or(CommandError::NoPlan)?;
    let plan = Plan { per_year: plan.per_year, from: plan.from };
    let included = context.runtime.block_on(context.registry.inclusion_days(study))?;
    let now = DateTime::from_timestamp_millis(context.now_ms()).ok_or(CommandError::TimeOutOfRange)?;
    let as_of = asked.as_of.unwrap_or_else(|| now.date_naive());
    let columns = &["month", "planned", "included", "planned_so_far", "included_so_far"];
    let mut table = Table::stdout(columns, asked.format)?;
    for row in inclusion(plan, &included, as_of) {
        table.row(&[
            Cell::Text(row.month.format("%Y-%m").to_string().into()),
            Cell::Integer(row.planned.into()),
            Cell::Integer(row.included.into()),
            Cell::Integer(row.planned_so_far.into()),
            Cell::Integer(row.included_so_far.into()),
        ])?;
    }
    Ok(table.finish()?)
}
