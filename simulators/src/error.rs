//! Everything that can go wrong in this program, and the exit code of each.

use std::io;
use std::path::PathBuf;

use chrono::NaiveDate;
use thiserror::Error;

/// Why something did not happen that was asked for.
#[derive(Debug, Error)]
pub enum SimError {
    /// The folder to write to holds something.
    #[error("{path} is not empty: choose a folder that is new or empty; nothing was written")]
    FolderNotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder to write to is no folder.
    #[error("{path} is a file: choose a folder that is new or empty; nothing was written")]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The days run past the last year that has four digits.
    #[error("{days} days from {start} run past the year 9999")]
    PastTheCalendar {
        /// The first day.
        start: NaiveDate,
        /// How many days.
        days: u32,
    },
    /// The start of a simulation is no time that a calendar holds.
    #[error("--start-ms {start_ms} is not between the years 1970 and 9999")]
    StartOutOfRange {
        /// Milliseconds since 1970, UTC.
        start_ms: i64,
    },
    /// The plan could not be read.
    #[error("cannot read the plan {path}")]
    ReadPlan {
        /// The plan.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The plan is not TOML, or holds what a plan does not.
    #[error("the plan is wrong; nothing was started")]
    Plan(#[source] Box<toml::de::Error>),
    /// A wearable of the plan is on an adapter that there is not.
    #[error(
        "the plan puts a wearable on adapter {adapter}, but has adapters = {adapters}: they count from 0"
    )]
    NoSuchAdapter {
        /// The adapter that is named.
        adapter: u32,
        /// How many there are.
        adapters: u32,
    },
    /// A share is not a number from 0 to 1.
    #[error("a share is a number from 0 to 1, not {share}")]
    ShareOutOfRange {
        /// What was given.
        share: f64,
    },
    /// No time zone has that name.
    #[error("no such time zone: write it as Europe/Paris")]
    UnknownTimeZone(#[source] chrono_tz::ParseError),
    /// A line on standard input is no command.
    #[error(
        "this line is no command: write {{\"command\":\"drop\"}}, silence, restart, daemon_restart, report or stop"
    )]
    Command(#[source] serde_json::Error),
    /// No device has the name that a command gives.
    #[error("no device has that name: a report lists them")]
    NoSuchDevice,
    /// The bus could not be used.
    #[error("cannot be org.bluez on this bus: is it running, and is the name free?")]
    Bus(#[source] Box<zbus::Error>),
    /// The bus went away.
    #[error("the bus is gone")]
    BusGone,
    /// `dbus-daemon` could not be started.
    #[error("cannot start dbus-daemon: install the package dbus-daemon")]
    DbusDaemon(#[source] io::Error),
    /// `dbus-daemon` did not say its address.
    #[error("dbus-daemon ended without saying its address")]
    NoBusAddress,
    /// The simulation ended by itself.
    #[error("the simulation has ended")]
    Ended,
    /// No runtime or thread for the simulation.
    #[error("cannot start the simulation")]
    Start(#[source] io::Error),
    /// The folder could not be made or looked into.
    #[error("cannot use the folder {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something could not be put as JSON.
    #[error("cannot write {path} as JSON")]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The result could not be printed.
    #[error("cannot print to standard output")]
    Print(#[source] io::Error),
}

impl SimError {
    /// 2 for wrong usage, 1 for what failed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::FolderNotEmpty { .. }
            | Self::NotAFolder { .. }
            | Self::PastTheCalendar { .. }
            | Self::StartOutOfRange { .. }
            | Self::ReadPlan { .. }
            | Self::Plan(_)
            | Self::NoSuchAdapter { .. }
            | Self::ShareOutOfRange { .. }
            | Self::UnknownTimeZone(_)
            | Self::Command(_)
            | Self::NoSuchDevice => 2,
            Self::Bus(_)
            | Self::BusGone
            | Self::DbusDaemon(_)
            | Self::NoBusAddress
            | Self::Ended
            | Self::Start(_)
            | Self::Folder { .. }
            | Self::Write { .. }
            | Self::Json { .. }
            | Self::Print(_) => 1,
        }
    }
}

impl From<zbus::Error> for SimError {
    fn from(source: zbus::Error) -> Self {
        Self::Bus(Box::new(source))
    }
}
