//! Flag over environment over file over default.
//!
//! The command line is read twice: first leniently, to learn which command it is and what was given; then with what
//! the environment and the file add, written as flags, so that clap checks all values alike.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::config_file::{ConfigFile, FileValue};
use super::flags::{Flag, FlagKind, flags_below, flags_of};
use super::{Cli, CliError, Command, ConfigCommand, Origin, Setting, Settings, default_data_folder};

/// A command line that was understood.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What is asked for.
    pub cli: Cli,
    /// Where each value came from.
    pub settings: Settings,
}

/// Reads the process's own command line, environment and configuration file.
///
/// # Errors
/// What [`parse`] says.
pub fn parse_process() -> Result<Parsed, CliError> {
    parse(std::env::args_os(), &|name| std::env::var_os(name), &|path| std::fs::read_to_string(path))
}

/// Reads a command line, of which the first is the program's name. An empty variable counts as none.
///
/// # Errors
/// Usage or configuration is wrong, or only help was asked for: [`CliError::report`] prints which and says how to end.
pub fn parse(
    args: impl Iterator<Item = OsString>,
    env: &dyn Fn(&str) -> Option<OsString>,
    read: &dyn Fn(&Path) -> io::Result<String>,
) -> Result<Parsed, CliError> {
    let mut args: Vec<OsString> = args.collect();
    let mut root = Cli::command();
    root.build();
    let given = Cli::command().ignore_errors(true).try_get_matches_from(&args)?;
    let Some((command, given)) = innermost(&root, &given) else {
        // Without a command there is nothing to add to; clap says what is missing.
        let cli = Cli::try_parse_from_os(&args)?;
        return Ok(Parsed { cli, settings: Settings::default() });
    };
    let layers = Layers { given, env, file: config_file(&root, given, env, read)? };
    let added = layers.added(command)?;
    // What follows `--` are no flags.
    let end = args.iter().skip(1).position(|arg| arg == "--").map_or(args.len(), |at| at + 1);
    args.splice(end..end, added.iter().map(|added| added.flag.written(&added.value)));
    let cli = Cli::try_parse_from_os(&args).map_err(|error| blame(error, added))?;
    check(&cli.command)?;
    let settings = match cli.command {
        Command::Config(ConfigCommand::Check) => layers.checked(&root)?,
        _ => layers.settings(&flags_of(command))?,
    };
    Ok(Parsed { cli, settings })
}

impl Cli {
    fn try_parse_from_os(args: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = Cli::command();
        let matches = command.try_get_matches_from_mut(args)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The command that is asked for, unless it needs a further word.
fn innermost<'a>(
    root: &'a clap::Command,
    matches: &'a ArgMatches,
) -> Option<(&'a clap::Command, &'a ArgMatches)> {
    let (mut command, mut matches) = (root, matches);
    while let Some((name, below)) = matches.subcommand() {
        (command, matches) = (command.find_subcommand(name)?, below);
    }
    (!command.has_subcommands()).then_some((command, matches))
}

fn config_file(
    root: &clap::Command,
    given: &ArgMatches,
    env: &dyn Fn(&str) -> Option<OsString>,
    read: &dyn Fn(&Path) -> io::Result<String>,
) -> Result<Option<ConfigFile>, CliError> {
    let flag = given.get_one::<PathBuf>("config").cloned();
    let variable = || env("FOULEE_CONFIG").filter(|text| !text.is_empty()).map(PathBuf::from);
    let Some(path) = flag.or_else(variable) else { return Ok(None) };
    let flags = flags_below(root);
    let known = flags.iter().filter(|flag| flag.is_key()).map(|flag| flag.key.as_str());
    ConfigFile::read(&path, known, read).map(Some)
}

/// A value from beside the command line.
struct Added {
    flag: Flag,
    value: OsString,
    origin: Origin,
}

struct Layers<'a> {
    given: &'a ArgMatches,
    env: &'a dyn Fn(&str) -> Option<OsString>,
    file: Option<ConfigFile>,
}

impl Layers<'_> {
    fn is_given(&self, id: &str) -> bool {
        // An id of another command is unknown to these matches.
        self.given.try_contains_id(id).is_ok()
            && self.given.value_source(id) == Some(ValueSource::CommandLine)
    }

    /// What environment, file or platform say of a flag; a switch that is off says `false`.
    fn beside(&self, flag: &Flag) -> Result<Option<(OsString, Origin)>, CliError> {
        let variable = flag.variable();
        if let Some(value) = (self.env)(&variable).filter(|value| !value.is_empty()) {
            let origin = Origin::Env { variable };
            let value = if flag.kind == FlagKind::Switch { switch(flag, &value, &origin)? } else { value };
            return Ok(Some((value, origin)));
        }
        if let Some((value, origin)) = self.file.as_ref().and_then(|file| file.get(&flag.key)) {
            return Ok(Some((text_of(flag, value, &origin)?.into(), origin)));
        }
        if flag.key == "data_dir" {
            let folder = default_data_folder(self.env);
            return Ok(folder.map(|folder| (folder.into_os_string(), Origin::Default)));
        }
        Ok(None)
    }

    /// The flags that are to be added to what was given for a command.
    fn added(&self, command: &clap::Command) -> Result<Vec<Added>, CliError> {
        let mut added = Vec::new();
        for flag in flags_of(command).into_iter().filter(|flag| !self.is_given(&flag.key)) {
            let Some((value, origin)) = self.beside(&flag)? else {
                if flag.key == "data_dir" {
                    return Err(CliError::NoDataFolder);
                }
                continue;
            };
            if flag.kind != FlagKind::Switch || value == "true" {
                added.push(Added { flag, value, origin });
            }
        }
        // Of flags that shut each other out, those of a lower layer give way.
        for mut group in command.get_groups().cloned() {
            if group.is_multiple() {
                continue;
            }
            let rank = |origin: &Origin| if matches!(origin, Origin::Env { .. }) { 1 } else { 0 };
            let members: Vec<&str> = group.get_args().map(clap::Id::as_str).collect();
            let is_member = |added: &Added| members.contains(&added.flag.key.as_str());
            let highest = if members.iter().any(|id| self.is_given(id)) {
                2
            } else {
                added
                    .iter()
                    .filter(|added| is_member(added))
                    .map(|added| rank(&added.origin))
                    .max()
                    .unwrap_or(0)
            };
            added.retain(|added| !is_member(added) || rank(&added.origin) == highest);
        }
        Ok(added)
    }

    /// The values of flags, those with none left out.
    fn settings(&self, flags: &[Flag]) -> Result<Settings, CliError> {
        let mut settings = Settings::default();
        for flag in flags {
            if settings.get(&flag.key).is_some() {
                continue;
            }
            let (value, origin) = if self.is_given(&flag.key) {
                (self.given_text(flag), Origin::Flag)
            } else if let Some((value, origin)) = self.beside(flag)? {
                (value.to_string_lossy().into_owned(), origin)
            } else if let Some(value) = flag.default() {
                (value, Origin::Default)
            } else {
                continue;
            };
            settings.push(Setting::new(flag.key.clone(), value, flag.kind == FlagKind::Switch, origin));
        }
        Ok(settings)
    }

    fn given_text(&self, flag: &Flag) -> String {
        if flag.kind == FlagKind::Switch {
            return "true".to_owned();
        }
        let raw = self.given.get_raw(&flag.key).into_iter().flatten();
        raw.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(",")
    }

    /// The values of all commands' flags; one that none of the commands could take is an error.
    fn checked(&self, root: &clap::Command) -> Result<Settings, CliError> {
        let flags = flags_below(root);
        for flag in flags.iter().filter(|flag| flag.kind != FlagKind::Switch && !self.is_given(&flag.key)) {
            if let Some((value, origin)) = self.beside(flag)?
                && let Err(source) = flag.check(&value)
                && !flags.iter().any(|other| other.key == flag.key && other.check(&value).is_ok())
            {
                return Err(CliError::Configured { key: flag.key.clone(), origin, source });
            }
        }
        self.settings(&flags)
    }
}

fn switch(flag: &Flag, value: &OsStr, origin: &Origin) -> Result<OsString, CliError> {
    match value.to_str().map(str::to_ascii_lowercase).as_deref() {
        Some("1" | "true" | "yes" | "on") => Ok("true".into()),
        Some("0" | "false" | "no" | "off") => Ok("false".into()),
        _ => Err(CliError::NotASwitch {
            key: flag.key.clone(),
            origin: origin.clone(),
            text: value.to_string_lossy().into_owned(),
        }),
    }
}

fn text_of(flag: &Flag, value: &FileValue, origin: &Origin) -> Result<String, CliError> {
    let expected = match (flag.kind, value) {
        (FlagKind::Switch, FileValue::Switch(on)) => return Ok(on.to_string()),
        (FlagKind::One | FlagKind::Many, FileValue::Text(text)) => return Ok(text.clone()),
        (FlagKind::Many, FileValue::List(texts)) => return Ok(texts.join(",")),
        (FlagKind::Switch, _) => "true or false",
        (FlagKind::One, _) => "a text or a number",
        (FlagKind::Many, _) => "a text, or an array of texts",
    };
    let (key, origin) = (flag.key.clone(), origin.clone());
    Err(CliError::WrongType { key, origin, expected, found: value.kind() })
}

/// A fault of a flag that nobody typed is told with where it came from.
fn blame(error: clap::Error, added: Vec<Added>) -> CliError {
    let named: Vec<String> = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let is_named = |added: &Added| {
        let flag = format!("--{}", added.flag.long);
        named.iter().any(|text| text.split([' ', '=']).next() == Some(flag.as_str()))
    };
    // A missing flag is named as well, and was not added.
    match added.into_iter().find(is_named) {
        Some(added) => CliError::Configured { key: added.flag.key, origin: added.origin, source: error },
        None => error.into(),
    }
}

/// What clap cannot check: values that must go together.
fn check(command: &Command) -> Result<(), CliError> {
    let days = match command {
        Command::Import(import) => return import.column_map().map(|_| ()).map_err(CliError::from),
        Command::Readings(readings) => {
            let (from, to) = (readings.period.from, readings.period.to);
            return reversed(readings.period.is_reversed(), from, to);
        }
        Command::Minutes(minutes) => minutes.period,
        Command::Measures(measures) => measures.period,
        Command::Adherence(adherence) => adherence.period,
        _ => return Ok(()),
    };
    reversed(days.is_reversed(), days.from, days.to)
}

fn reversed<T: ToString>(is_reversed: bool, from: Option<T>, to: Option<T>) -> Result<(), CliError> {
    match (from, to) {
        (Some(from), Some(to)) if is_reversed => {
            Err(CliError::PeriodReversed { from: from.to_string(), to: to.to_string() })
        }
        _ => Ok(()),
    }
}
