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
    /// A device's clock would be centuries off.
    #[error("clock_offset_ms: from -{most_ms} to {most_ms}, not {offset_ms}")]
    ClockOffsetOutOfRange {
        /// What was asked for.
        offset_ms: i64,
        /// The most.
        most_ms: i64,
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
    /// The batches of a plan are no sizes.
    #[error(
        "batches.least = {least} and batches.most = {most}: at least 1, least not above most, most at most {limit}"
    )]
    BatchSizes {
        /// Readings of the smallest.
        least: usize,
        /// Readings of the largest.
        most: usize,
        /// Most that may be asked for.
        limit: usize,
    },
    /// The days of a fleet are in years that no server takes.
    #[error("the days are to be in the years {first} to {last}: choose another --start, or fewer --days")]
    FleetYears {
        /// The first year.
        first: i32,
        /// The last one.
        last: i32,
    },
    /// The days of a fleet are not over yet.
    #[error("the last day would be {last}, which is not over: choose an earlier --start, or fewer --days")]
    DaysNotOver {
        /// The last day.
        last: NaiveDate,
    },
    /// The server's URL is none.
    #[error("--to is a URL such as http://127.0.0.1:7373, without a query")]
    ServerUrl,
    /// There is no token to send with.
    #[error(
        "no token: make one with `foulee token add --admin --label fleet`, and give it by --token-file or FOULEE_TOKEN"
    )]
    NoToken,
    /// The token could not be read.
    #[error("cannot read the token file {path}")]
    ReadToken {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server does not take the token.
    #[error(
        "the server does not allow this (status {status}): the token is to be an admin's, `foulee token add --admin`"
    )]
    NotAllowed {
        /// The HTTP status.
        status: u16,
    },
    /// What answers is not what was expected.
    #[error("what answers at --to is no Foulée that gives participants and readings (status {status})")]
    NotFoulee {
        /// The HTTP status.
        status: u16,
    },
    /// Nobody answers.
    #[error("the server is not reachable: is `foulee serve` running, and is --to its address?")]
    Unreachable(#[source] Box<ureq::Error>),
    /// The server did not give back its readings.
    #[error("there is no verdict: the server went on answering {status} instead of giving its readings back")]
    NotReadBack {
        /// The HTTP status.
        status: u16,
    },
    /// The verdict is that something is wrong.
    #[error("the server does not hold what was emitted, once and as it was: see the verdict")]
    NotWhole,
    /// A batch could not be compressed.
    #[error("cannot compress a batch")]
    Pack(#[source] io::Error),
    /// The fleet's own source is no source.
    #[error("the fleet's own source key is none")]
    Source(#[source] foulee_contract::SourceError),
    /// The result could not be printed.
    #[error("cannot print to standard output")]
    Print(#[source] io::Error),
}

impl SimError {
    /// 2 for wrong usage, 4 for a server that is not reachable, 1 for what failed.
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
            | Self::ClockOffsetOutOfRange { .. }
            | Self::UnknownTimeZone(_)
            | Self::Command(_)
            | Self::BatchSizes { .. }
            | Self::FleetYears { .. }
            | Self::DaysNotOver { .. }
            | Self::ServerUrl
            | Self::NoToken
            | Self::ReadToken { .. }
            | Self::NotAllowed { .. }
            | Self::NoSuchDevice => 2,
            Self::Unreachable(_) => 4,
            Self::Bus(_)
            | Self::BusGone
            | Self::DbusDaemon(_)
            | Self::NoBusAddress
            | Self::Ended
            | Self::Start(_)
            | Self::Folder { .. }
            | Self::Write { .. }
            | Self::Json { .. }
            | Self::NotFoulee { .. }
            | Self::NotReadBack { .. }
            | Self::NotWhole
            | Self::Pack(_)
            | Self::Source(_)
            | Self::Print(_) => 1,
        }
    }
}

impl From<zbus::Error> for SimError {
    fn from(source: zbus::Error) -> Self {
        Self::Bus(Box::new(source))
    }
}
