use std::fmt;

use super::{RegistryError, Result};

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A study's name: letters, digits, spaces between them, `. _ -`.
    Study,
    /// A participant's id in an export: letters and digits without accents, `. _ : -`.
    ExternalId,
    /// A token's label, as a study's name.
    TokenLabel,
    /// A programme's name: `a-z 0-9 -`.
    Programme,
    /// A group's name, as a study's.
    Group,
    /// An arm's name, `a-z 0-9 -`.
    Arm,
    /// The name of a stratum, as a study's.
    Stratum,
    /// The name of a subgroup's definition, `a-z 0-9 -`.
    Subgroup,
}

/// Why a name is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or spaces around it.
    #[error("it is empty, or has spaces around it")]
    Empty,
    /// Too long.
    #[error("it is longer than {MAX_CHARS} characters")]
    TooLong,
    /// A character that it may not hold.
    #[error("it may not hold {0:?}")]
    BadCharacter(char),
    /// A French social security number (NIR), which would name the person.
    #[error("it is a social security number; give a pseudonym")]
    NationalNumber,
}

/// The longest name, in characters.
const MAX_CHARS: usize = 64;

impl NameKind {
    /// The longest name of any kind, in characters.
    pub const MOST_CHARS: usize = MAX_CHARS;

    /// The field in which such a name is sent.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::ExternalId => "external_id",
            Self::TokenLabel => "label",
            Self::Programme | Self::Subgroup => "name",
            Self::Group => "group",
            Self::Arm => "arms",
            Self::Stratum => "stratum",
        }
    }

    /// Nothing that could be an e-mail address, a position or a person's full name passes for an external id.
    fn admits(self, c: char) -> bool {
        match self {
            Self::Study | Self::TokenLabel | Self::Group | Self::Stratum => {
                c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-')
            }
            Self::ExternalId => c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-'),
            Self::Programme | Self::Arm | Self::Subgroup => matches!(c, 'a'..='z' | '0'..='9' | '-'),
        }
    }

    /// Whether a name is admitted.
    ///
    /// # Errors
    /// [`RegistryError::Name`] says why not.
    pub fn check(self, name: &str) -> Result<()> {
        let fault = if name.trim() != name || name.is_empty() {
            Some(NameError::Empty)
        } else if name.chars().count() > MAX_CHARS {
            Some(NameError::TooLong)
        } else if let Some(bad) = name.chars().find(|c| !self.admits(*c)) {
            Some(NameError::BadCharacter(bad))
        } else if self == Self::ExternalId && is_nir(name) {
            Some(NameError::NationalNumber)
        } else {
            None
        };
        fault.map_or(Ok(()), |source| Err(RegistryError::Name { what: self, source }))
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Study => "study's name",
            Self::ExternalId => "external id",
            Self::TokenLabel => "token's label",
            Self::Programme => "programme's name",
            Self::Group => "group's name",
            Self::Arm => "arm's name",
            Self::Stratum => "stratum's name",
            Self::Subgroup => "subgroup's name",
        })
    }
}

/// Thirteen digits of which the first is 1 or 2, then two of key: 97 less the remainder by 97 (INSEE).
fn is_nir(text: &str) -> bool {
    let (Some(body), Some(key)) = (text.get(..13), text.get(13..)) else { return false };
    let (Ok(number), Ok(key_number)) = (body.parse::<u64>(), key.parse::<u64>()) else { return false };
    key.len() == 2 && matches!(text.as_bytes()[0], b'1' | b'2') && 97 - number % 97 == key_number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: NameKind, name: &str) -> Option<NameError> {
        match kind.check(name) {
            Err(RegistryError::Name { source, .. }) => Some(source),
            _ => None,
        }
    }

    #[test]
    fn names_that_people_use_pass() {
        for id in ["1503960366", "P-01", "site_2:S.7", "123456789012345"] {
            assert_eq!(fault(NameKind::ExternalId, id), None, "{id}");
        }
        assert_eq!(fault(NameKind::Study, "Étude dos 2026"), None);
        assert_eq!(fault(NameKind::Programme, "walk-8-weeks"), None);
    }

    #[test]
    fn what_would_name_a_person_is_refused() {
        for (id, expected) in [
            ("marie.curie@example.org", NameError::BadCharacter('@')),
            ("Marie Curie", NameError::BadCharacter(' ')),
            ("48.85,2.35", NameError::BadCharacter(',')),
            ("255081416802538", NameError::NationalNumber),
            ("", NameError::Empty),
        ] {
            assert_eq!(fault(NameKind::ExternalId, id), Some(expected), "{id}");
        }
        assert_eq!(fault(NameKind::Study, &"x".repeat(65)), Some(NameError::TooLong));
        assert_eq!(fault(NameKind::Study, " x"), Some(NameError::Empty));
        assert_eq!(fault(NameKind::Programme, "Walk"), Some(NameError::BadCharacter('W')));
    }
}
