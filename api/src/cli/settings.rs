use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// An environment variable.
    Env {
        /// Its name.
        variable: String,
    },
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line of the key, from 1.
        line: usize,
    },
    /// Nobody said.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Env { variable } => write!(f, "env {variable}"),
            Self::File { path, line } => write!(f, "file {} line {line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One value of the effective configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    key: String,
    value: String,
    is_switch: bool,
    origin: Origin,
}

impl Setting {
    pub(super) fn new(key: String, value: String, is_switch: bool, origin: Origin) -> Self {
        Self { key, value, is_switch, origin }
    }

    /// The key in the configuration file; its variable is the same in capitals after `FOULEE_`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value as text, hidden where it is a secret.
    #[must_use]
    pub fn shown(&self) -> &str {
        if is_secret(&self.key) { "(hidden)" } else { &self.value }
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file names no other file.
        let lead = if self.key == "config" { "# " } else { "" };
        let value = match self.is_switch {
            true => self.shown().to_owned(),
            false => toml::Value::String(self.shown().to_owned()).to_string(),
        };
        write!(f, "{lead}{} = {value}  # {}", self.key, self.origin)
    }
}

/// By name, so that a flag added later cannot be forgotten here.
fn is_secret(key: &str) -> bool {
    key.split('_').any(|word| matches!(word, "token" | "secret" | "seed" | "password" | "credential"))
}

/// The effective configuration: of the command that was asked for, or of all of them for `config check`.
///
/// Displayed, it is a configuration file that says where each value came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(Vec<Setting>);

impl Settings {
    /// The settings that have a value, in the order of the help.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// The setting of a key, if it has a value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.0.iter().find(|setting| setting.key == key)
    }

    pub(super) fn push(&mut self, setting: Setting) {
        self.0.push(setting);
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|setting| writeln!(f, "{setting}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_is_printed() {
        let setting = Setting::new("influx_token".to_owned(), "hunter2".to_owned(), false, Origin::Default);
        let mut settings = Settings::default();
        settings.push(setting.clone());
        for text in
            [setting.to_string(), format!("{setting:?}"), settings.to_string(), format!("{settings:?}")]
        {
            assert!(text.contains("(hidden)") && !text.contains("hunter2"), "{text}");
        }
    }
}
