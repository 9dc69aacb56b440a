use std::io::{self, Write};
use std::path::PathBuf;

use foulee_ingest::import::ImportError;

use super::{Exit, Origin};

/// Why a command line was not understood; or that only help was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// What clap says: a fault of usage, or the help or the version that was asked for.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// A value from the environment or the file is at fault.
    #[error("{origin} sets {key}: {source}")]
    Configured {
        /// The key.
        key: String,
        /// Where the value came from.
        origin: Origin,
        /// What is wrong with it.
        source: clap::Error,
    },
    /// A switch is neither on nor off.
    #[error("{origin} sets {key} to {text:?}; a switch is true or false")]
    NotASwitch {
        /// The key.
        key: String,
        /// Where the value came from.
        origin: Origin,
        /// The value.
        text: String,
    },
    /// A value of the file has the wrong type.
    #[error("{origin}: {key} is {expected}, not {found}")]
    WrongType {
        /// The key.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The file has a key that means nothing.
    #[error("{} line {line}: unknown key {key:?}; the nearest known key is {nearest:?}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// The known key that is most like it.
        nearest: String,
    },
    /// The file has a key twice, once with `-` and once with `_`.
    #[error("{} line {line}: {key} is there twice", path.display())]
    KeyTwice {
        /// The file.
        path: PathBuf,
        /// The second line, from 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// The file is no TOML.
    #[error("{} line {line}: {}", path.display(), source.message())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: toml::de::Error,
    },
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The platform names no folder for data.
    #[error("no data folder is known here; name one with --data-dir")]
    NoDataFolder,
    /// A period ends before it begins.
    #[error("--from {from} is after --to {to}")]
    PeriodReversed {
        /// Its beginning.
        from: String,
        /// Its end.
        to: String,
    },
    /// The parts of `--map` do not go together.
    #[error(transparent)]
    ColumnMap(#[from] ImportError),
}

impl CliError {
    /// How the process ends: well, where only help or the version was asked for.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(error) if error.exit_code() == 0 => Exit::Done,
            _ => Exit::Usage,
        }
    }

    /// Prints help on stdout, a fault on stderr, and says how the process ends.
    pub fn report(&self) -> Exit {
        // A stream that nobody reads does not change how it ends.
        let _ = match self {
            Self::Usage(error) => error.print(),
            Self::Configured { key, origin, source } => source
                .print()
                .and_then(|()| writeln!(io::stderr(), "\n{key} was not on the command line: {origin}")),
            _ => writeln!(io::stderr(), "error: {self}"),
        };
        self.exit()
    }
}
