use super::{CommandError, Context};
use crate::cli::SubgroupCommand;
use crate::facts::facts_of_study;
use crate::feed::rfc3339;
use crate::output::{Cell, Table, print_text};
use crate::programme::DocFormat;
use crate::study::{SubgroupDoc, belongs, parse_subgroup};

pub(super) fn run(context: &Context, command: &SubgroupCommand) -> Result<(), CommandError> {
    let (registry, now_ms) = (&context.registry, context.now_ms());
    match command {
        SubgroupCommand::Add(asked) => {
            let study = context.study(&asked.name)?;
            let file = |source| CommandError::File { path: asked.file.clone(), source };
            let text = std::fs::read_to_string(&asked.file).map_err(file)?;
            let doc = parse_subgroup(&text, DocFormat::of(&asked.file, &text))?;
            let json = serde_json::to_string(&doc)?;
            let put = registry.put_subgroup(study, &doc.name, doc.version, &json, now_ms);
            context.runtime.block_on(put)?;
            print_text(&format!("{} version {}\n", doc.name, doc.version))?;
        }
        SubgroupCommand::List(asked) => {
            let columns = &["subgroup", "version", "conditions", "added_at"];
            let mut table = Table::stdout(columns, asked.format)?;
            for one in context.runtime.block_on(registry.subgroups(context.study(&asked.name)?))? {
                let doc: SubgroupDoc = serde_json::from_str(&one.doc_json)?;
                let names: Vec<&str> = doc.all.iter().map(|condition| condition.name.as_str()).collect();
                table.row(&[
                    Cell::Text(one.name.into()),
                    Cell::Integer(one.version.into()),
                    Cell::Text(names.join(" ").into()),
                    Cell::Text(rfc3339(one.recorded_ms).into()),
                ])?;
            }
            table.finish()?;
        }
        SubgroupCommand::Members(asked) => {
            let study = context.study(&asked.name)?;
            let known = context.runtime.block_on(registry.subgroups(study))?;
            let latest = known.into_iter().rfind(|one| one.name == asked.subgroup);
            let latest = latest.ok_or(CommandError::SubgroupUnknown)?;
            let doc: SubgroupDoc = serde_json::from_str(&latest.doc_json)?;
            let mut table = Table::stdout(&["participant", "belongs"], asked.format)?;
            for (participant, facts) in context.runtime.block_on(facts_of_study(registry, study, now_ms))? {
                table.row(&[
                    Cell::Text(participant.id.to_string().into()),
                    Cell::Text(belongs(&doc, &facts)?.as_str().into()),
                ])?;
            }
            table.finish()?;
        }
    }
    Ok(())
}
