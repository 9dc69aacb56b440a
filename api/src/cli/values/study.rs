use crate::registry::{NameError, NameKind, RegistryError};

/// A study's name, checked before anything is opened; that it is admitted says nothing of whether it is there.
pub(in crate::cli) fn study(text: &str) -> Result<String, NameError> {
    match NameKind::Study.check(text) {
        Err(RegistryError::Name { source, .. }) => Err(source),
        _ => Ok(text.to_owned()),
    }
}
