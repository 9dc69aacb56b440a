use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::{Arg, ArgAction, Command};

/// A flag that the environment and the file may set as well.
#[derive(Clone)]
pub(super) struct Flag {
    /// The key of the file; the flag's own name but where two commands mean different things by it.
    pub(super) key: String,
    pub(super) long: String,
    pub(super) kind: FlagKind,
    arg: Arg,
}

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FlagKind {
    Switch,
    One,
    Many,
}

impl Flag {
    fn of(arg: &Arg) -> Option<Self> {
        let kind = match arg.get_action() {
            ArgAction::SetTrue => FlagKind::Switch,
            ArgAction::Set => FlagKind::One,
            ArgAction::Append => FlagKind::Many,
            // Help and version.
            _ => return None,
        };
        let long = arg.get_long()?.to_owned();
        Some(Self { key: arg.get_id().to_string(), long, kind, arg: arg.clone() })
    }

    /// The name of the environment variable.
    pub(super) fn variable(&self) -> String {
        format!("FOULEE_{}", self.key.to_ascii_uppercase())
    }

    /// Whether the file may set it: a file that names another one would be read in no clear order.
    pub(super) fn is_key(&self) -> bool {
        self.key != "config"
    }

    /// The default as text.
    pub(super) fn default(&self) -> Option<String> {
        let value = self.arg.get_default_values().first()?;
        (self.kind != FlagKind::Switch).then(|| value.to_string_lossy().into_owned())
    }

    /// The flag as it would stand on the command line.
    pub(super) fn written(&self, value: &OsStr) -> OsString {
        let mut text = OsString::from(format!("--{}", self.long));
        if self.kind != FlagKind::Switch {
            text.push("=");
            text.push(value);
        }
        text
    }

    /// Checks a value by itself, apart from the command and what else it needs.
    pub(super) fn check(&self, value: &OsStr) -> Result<(), clap::Error> {
        let alone = self.arg.clone().required(false).global(false).group(Resettable::Reset);
        let command = Command::new("foulee").no_binary_name(true).arg(alone);
        command.try_get_matches_from([self.written(value)]).map(|_| ())
    }
}

/// The flags of one command, of a tree that is built.
pub(super) fn flags_of(command: &Command) -> Vec<Flag> {
    command.get_arguments().filter_map(Flag::of).collect()
}

/// The flags of a command and all below it; one of a name that several have comes once for each.
pub(super) fn flags_below(command: &Command) -> Vec<Flag> {
    let mut flags = flags_of(command);
    for below in command.get_subcommands() {
        for flag in flags_below(below) {
            // Globals are every command's.
            if !flags.iter().any(|other| other.key == flag.key && flag.arg.is_global_set()) {
                flags.push(flag);
            }
        }
    }
    flags
}
