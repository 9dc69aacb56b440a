use foulee_analytics::MergePolicy;

use super::CommandError;
use super::context::Context;
use crate::cli::{Exit, Explain, PolicyArg};
use crate::output::{print_json, print_text};
use crate::worker::{Explained, Person, explain};
use crate::{ApiError, ask};

pub(super) fn run(context: &Context, asked: &Explain) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    let date = match asked.date {
        Some(date) => date,
        None => {
            context.runtime.block_on(ask::period(&context.registry, id, None, None, context.now_ms()))?.to
        }
    };
    let known_at_ms = asked.as_of.map(|moment| context.instant(id, moment, false)).transpose()?;
    let policy = match asked.policy {
        PolicyArg::PriorityFill => MergePolicy::PriorityFill,
        PolicyArg::MaxPerSlice => MergePolicy::MaxPerSlice,
    };
    let explained = context.runtime.block_on(async {
        let person = Person::load(&context.registry, &*context.store, id).await?;
        let person = person.ok_or(ApiError::ParticipantUnknown)?;
        explain(&*context.store, &person, date, policy, known_at_ms).await
    })?;
    if asked.json {
        print_json(&explained)?;
    } else {
        print_text(&text(&explained))?;
    }
    Ok(Exit::Done)
}

fn text(day: &Explained) -> String {
    let known = |steps: Option<u32>| steps.map_or_else(|| "unknown".to_owned(), |steps| steps.to_string());
    let mut text = format!("{}: {} steps by {}", day.date, known(day.steps), day.policy);
    if day.adrift > 0 {
        text.push_str(&format!(", {} of them at times that nobody knows", day.adrift));
    }
    text.push('\n');
    if day.clock_elsewhere {
        text.push_str(
            "devices' clocks showed another zone than home's: after a journey, say so with `foulee participant move`\n",
        );
    }
    for source in &day.sources {
        text.push_str(&format!(
            "{}: counted {}, {} of it in the slices",
            source.source,
            known(source.own),
            source.counted
        ));
        if let (Some(total), Some(check)) = (source.day_total, &source.check) {
            text.push_str(&format!("; its own total of the day is {total} ({check})"));
        }
        text.push('\n');
    }
    for slice in &day.slices {
        let shares: Vec<String> = slice
            .sources
            .iter()
            .map(|share| format!("{} {} of {}", share.source, share.counted, share.own))
            .collect();
        text.push_str(&format!(
            "{} to {}: {} steps ({})\n",
            slice.from.format("%H:%M"),
            slice.to.format("%H:%M"),
            slice.steps,
            shares.join(", ")
        ));
    }
    for record in &day.adrift_records {
        text.push_str(&format!(
            "{} to {}, nobody knows when: {} of {} steps of {}\n",
            record.from.format("%H:%M"),
            record.to.format("%H:%M"),
            record.counted,
            record.own,
            record.source
        ));
    }
    for note in &day.counters {
        let before = note.before.map_or_else(|| "nothing".to_owned(), |before| before.to_string());
        let steps = note.steps.map_or_else(|| "no steps".to_owned(), |steps| format!("{steps} steps"));
        text.push_str(&format!(
            "counter of {} at {}: {}, from {before} to {}, {steps}\n",
            note.source,
            note.at.format("%Y-%m-%d %H:%M:%S"),
            note.decision,
            note.value
        ));
    }
    text
}
