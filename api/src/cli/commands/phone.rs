use clap::{Args, Subcommand};

use crate::cli::ParticipantRef;
use crate::output::RowFormat;
use crate::registry::PhoneId;

/// What to do with phones.
#[derive(Clone, Debug, Subcommand)]
pub enum PhoneCommand {
    /// Make a one-time code that lets a participant's phone send
    Add(PhoneAdd),
    /// List phones that were let in
    List(PhoneList),
    /// Let a phone in no more
    Revoke(PhoneRevoke),
}

/// Make a one-time code that lets a participant's phone send
///
/// Prints the code as text and as a QR code. It is for one phone, once; what was made is not shown again.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee phone add pilot/7
  foulee phone add pilot/7 --public-url https://foulee.example.org --code-days 2")]
pub struct PhoneAdd {
    /// The participant: an id, or STUDY/EXTERNAL_ID
    #[arg(value_name = "PARTICIPANT")]
    pub participant: ParticipantRef,
    /// Where phones reach the service; the QR code then holds the address of its page for participants, too
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub public_url: Option<String>,
    /// Days until the code ends
    #[arg(long, value_name = "N", default_value = "7", value_parser = clap::value_parser!(u32).range(1..=30))]
    pub code_days: u32,
}

/// List phones that were let in
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee phone list")]
pub struct PhoneList {
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Let a phone in no more
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee phone revoke 3")]
pub struct PhoneRevoke {
    /// The phone's number, as `foulee phone list` shows it
    #[arg(value_name = "PHONE_ID", value_parser = phone_id)]
    pub id: PhoneId,
}

fn phone_id(text: &str) -> Result<PhoneId, std::num::ParseIntError> {
    text.parse().map(PhoneId::new)
}

/// Why a text is not where a phone reaches the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address with its scheme and nothing behind the host, such as https://foulee.example.org")]
struct NoWebAddress;

fn web_address(text: &str) -> Result<String, NoWebAddress> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(NoWebAddress)?;
    let host = host.strip_suffix('/').unwrap_or(host);
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(NoWebAddress);
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        assert_eq!(web_address("https://a.example/").unwrap(), "https://a.example");
        assert_eq!(web_address("http://127.0.0.1:7373").unwrap(), "http://127.0.0.1:7373");
        for wrong in ["a.example", "https://", "ftp://a", "https://a/b", "https://u@a", "https://a?b"] {
            assert!(web_address(wrong).is_err(), "{wrong}");
        }
    }
}
