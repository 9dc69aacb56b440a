use super::CommandError;
use super::context::Context;
use crate::cli::{Exit, TokenAdd, TokenCommand, TokenGrant};
use crate::feed::rfc3339;
use crate::output::{Cell, Table, print_text};
use crate::people::new_secret;
use crate::registry::{Role, Scope, StudyId, Within};

pub(super) fn run(context: &Context, command: TokenCommand) -> Result<Exit, CommandError> {
    let now_ms = context.now_ms();
    match command {
        TokenCommand::Add(asked) => {
            let scope = match asked.grant.role {
                Some(role) => of_role(context, role, &asked)?,
                // clap passes over what is required of a flag that another shuts out.
                None if asked.study.is_some() || asked.participant.is_some() => {
                    return Err(CommandError::RoleMissing);
                }
                None => scope(context, &asked.grant)?,
            };
            let expires_ms = asked.expires_days.map(|days| now_ms + i64::from(days) * 86_400_000);
            let issued = context.registry.issue_token(scope, &asked.label, new_secret()?, now_ms, expires_ms);
            let (_, text) = context.runtime.block_on(issued)?;
            print_text(&format!("{}\n", text.reveal()))?;
            eprintln!("this is shown once: keep it where only its user can read it");
        }
        TokenCommand::List(asked) => {
            let columns =
                &["id", "label", "scope", "of", "added_at", "expires_at", "revoked_at", "last_used_at"];
            let mut table = Table::stdout(columns, asked.format)?;
            let studies = context.runtime.block_on(context.registry.studies())?;
            let study =
                |id: StudyId| studies.iter().find(|s| s.id == id).map(|s| s.name.clone()).unwrap_or_default();
            let time = |ms: Option<i64>| ms.map_or(Cell::Empty, |ms| Cell::Text(rfc3339(ms).into()));
            for token in context.runtime.block_on(context.registry.tokens())? {
                let of = token.scope.within().map(|within| match within {
                    Within::Participant(id) => id.to_string(),
                    Within::Study(id) => study(id),
                });
                table.row(&[
                    Cell::Integer(token.id.get()),
                    Cell::Text(token.label.into()),
                    Cell::Text(token.scope.as_str().into()),
                    of.map_or(Cell::Empty, |of| Cell::Text(of.into())),
                    time(Some(token.created_ms)),
                    time(token.expires_ms),
                    time(token.revoked_ms),
                    time(token.last_used_ms),
                ])?;
            }
            table.finish()?;
        }
        TokenCommand::Revoke(asked) => {
            context.runtime.block_on(context.registry.revoke(asked.id, now_ms))?;
            print_text(&format!("revoked {}\n", asked.id))?;
        }
    }
    Ok(Exit::Done)
}

fn of_role(context: &Context, role: Role, asked: &TokenAdd) -> Result<Scope, CommandError> {
    let within = match (&asked.participant, &asked.study) {
        (Some(reference), _) => Some(Within::Participant(context.participant(reference)?)),
        (None, Some(name)) => Some(Within::Study(context.study(name)?)),
        (None, None) => None,
    };
    Scope::of_role(role, within).ok_or(CommandError::RoleReach { role: role.as_str() })
}

fn scope(context: &Context, grant: &TokenGrant) -> Result<Scope, CommandError> {
    let study = |name: &String| context.study(name);
    if let Some(reference) = &grant.write_participant {
        return Ok(Scope::WriteParticipant(context.participant(reference)?));
    }
    if let Some(reference) = &grant.read_participant {
        return Ok(Scope::ReadParticipant(context.participant(reference)?));
    }
    if let Some(name) = &grant.write_study {
        return Ok(Scope::WriteStudy(study(name)?));
    }
    if let Some(name) = &grant.read_study {
        return Ok(Scope::ReadStudy(study(name)?));
    }
    // clap lets nothing else through.
    Ok(Scope::Admin)
}
