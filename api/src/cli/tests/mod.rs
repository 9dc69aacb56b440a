mod commands;
mod configuration;
mod help;
mod usage;

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::{CliError, Exit, Parsed, parse};

/// A command line in an environment with a home, with what `file.toml` holds.
struct Asked<'a> {
    line: &'a [&'a str],
    env: &'a [(&'a str, &'a str)],
    file: Option<&'a str>,
}

fn asked<'a>(line: &'a [&'a str]) -> Asked<'a> {
    Asked { line, env: &[], file: None }
}

impl<'a> Asked<'a> {
    fn env(self, env: &'a [(&'a str, &'a str)]) -> Self {
        Self { env, ..self }
    }

    /// A file, named by the environment.
    fn file(self, text: &'a str) -> Self {
        Self { file: Some(text), ..self }
    }

    fn parse(self) -> Result<Parsed, CliError> {
        let args = ["foulee"].iter().chain(self.line).map(OsString::from);
        let env = |name: &str| match name {
            "HOME" | "LOCALAPPDATA" => Some("/home/ada".into()),
            "FOULEE_CONFIG" if self.file.is_some() => Some("file.toml".into()),
            _ => self.env.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()),
        };
        let read = |path: &Path| match self.file {
            Some(text) if path == Path::new("file.toml") => Ok(text.to_owned()),
            // That of an example.
            _ if path == Path::new("foulee.toml") => Ok(String::new()),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        parse(args, &env, &read)
    }

    /// The fault, which must be one of usage.
    fn fault(self) -> String {
        let error = self.parse().unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{error}");
        error.to_string()
    }
}
