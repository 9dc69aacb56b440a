use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use super::CommandError;
use super::context::Context;
use crate::cli::{Exit, PhoneCommand};
use crate::feed::rfc3339;
use crate::output::{Cell, Table, print_text};
use crate::people;

pub(super) fn run(context: &Context, command: PhoneCommand) -> Result<Exit, CommandError> {
    let now_ms = context.now_ms();
    match command {
        PhoneCommand::Add(asked) => {
            let id = context.participant(&asked.participant)?;
            let made = people::enrol(&context.registry, id, asked.code_days, now_ms);
            let (code, expires_ms) = context.runtime.block_on(made)?;
            print_text(&shown(code.reveal(), asked.public_url.as_deref()))?;
            eprintln!("this is shown once; it lets one phone in, until {}", rfc3339(expires_ms));
        }
        PhoneCommand::List(asked) => {
            let columns = &["id", "participant", "enrolled_at", "refreshed_at", "revoked_at"];
            let mut table = Table::stdout(columns, asked.format)?;
            for phone in context.runtime.block_on(context.registry.phones())? {
                table.row(&[
                    Cell::Integer(phone.id.get()),
                    Cell::Text(phone.participant.to_string().into()),
                    Cell::Text(rfc3339(phone.enrolled_ms).into()),
                    Cell::Text(rfc3339(phone.refreshed_ms).into()),
                    phone.revoked_ms.map_or(Cell::Empty, |ms| Cell::Text(rfc3339(ms).into())),
                ])?;
            }
            table.finish()?;
        }
        PhoneCommand::Revoke(asked) => {
            context.runtime.block_on(context.registry.revoke_phone(asked.id, now_ms))?;
            print_text(&format!("revoked {}\n", asked.id))?;
        }
    }
    Ok(Exit::Done)
}

/// The code as text, and as a QR code for a camera. The address has it behind a `#`: what stands there is not sent to a
/// server, and so is in no log.
fn shown(code: &str, url: Option<&str>) -> String {
    let scanned = url.map_or_else(|| code.to_owned(), |url| format!("{url}/enrol#{code}"));
    let address = url.map(|_| format!("{scanned}\n")).unwrap_or_default();
    // What is so short always fits; the text stands without its picture if not.
    let picture = QrCode::new(&scanned).map(|qr| qr.render::<Dense1x2>().build() + "\n").unwrap_or_default();
    format!("{code}\n{address}{picture}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_as_text_and_as_a_picture() {
        let text = shown("K7NX3FWB", None);
        assert!(text.starts_with("K7NX3FWB\n"));
        assert!(text.lines().count() > 10 && text.contains('█'), "{text}");
        let text = shown("K7NX3FWB", Some("https://a.example"));
        assert!(text.starts_with("K7NX3FWB\nhttps://a.example/enrol#K7NX3FWB\n"));
        assert!(text.lines().all(|line| line.chars().count() < 60), "it fits a terminal");
    }
}
