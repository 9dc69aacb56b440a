use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::cli::ParticipantRef;
use crate::output::RowFormat;
use crate::registry::{Role, TokenId};

/// What to do with tokens.
#[derive(Clone, Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this once
    Add(Box<TokenAdd>),
    /// List tokens, without their secrets
    List(TokenList),
    /// End a token
    Revoke(TokenRevoke),
}

/// Make a token and print it, this once
///
/// Writing does not imply reading. A participant's role is for one person; a coordinator's and a researcher's for a study;
/// an administrator's for everybody; the others for either. A researcher sees only those who agree to research.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee token add --write-study pilot --label gateway-room-3
  foulee token add --role physiotherapist --study pilot --label room-2
  foulee token add --role participant --participant pilot/7 --label 'own phone'
  foulee token add --read-participant pilot/7 --label 'physio tablet' --expires-days 90")]
pub struct TokenAdd {
    /// What it is good for.
    #[command(flatten)]
    pub grant: TokenGrant,
    /// The study of the people whom the role is for
    #[arg(long, value_name = "NAME", requires = "role", conflicts_with = "participant")]
    pub study: Option<String>,
    /// The one person whom the role is for
    #[arg(long, value_name = "ID", requires = "role")]
    pub participant: Option<ParticipantRef>,
    /// What it is for, in your words; never a person's name
    #[arg(long, value_name = "L")]
    pub label: String,
    /// Days until it ends [default: never]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub expires_days: Option<u32>,
}

/// What a token is good for: exactly one is given.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct TokenGrant {
    /// Send readings of one participant
    #[arg(long, value_name = "ID")]
    pub write_participant: Option<ParticipantRef>,
    /// Send readings of a study's participants
    #[arg(long, value_name = "NAME")]
    pub write_study: Option<String>,
    /// Read one participant
    #[arg(long, value_name = "ID")]
    pub read_participant: Option<ParticipantRef>,
    /// Read a study's participants
    #[arg(long, value_name = "NAME")]
    pub read_study: Option<String>,
    /// What a role may, for a --study or a --participant
    #[arg(long, value_name = "ROLE", value_parser = role())]
    pub role: Option<Role>,
    /// Everything
    #[arg(long)]
    pub admin: bool,
}

/// List tokens, without their secrets
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee token list")]
pub struct TokenList {
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// End a token
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee token revoke 3")]
pub struct TokenRevoke {
    /// The token's number, as `foulee token list` shows it
    #[arg(value_name = "TOKEN_ID", value_parser = token_id)]
    pub id: TokenId,
}

fn role() -> impl TypedValueParser<Value = Role> {
    // Whatever passes the list is a role.
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .map(|word| Role::of_word(&word).unwrap_or(Role::Researcher))
}

fn token_id(text: &str) -> Result<TokenId, std::num::ParseIntError> {
    text.parse().map(TokenId::new)
}
