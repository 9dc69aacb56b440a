//! `foulee-sim`: people with a known truth, and what their devices see of it.
//!
//! `person` writes a simulated person to a folder, the truth and what the devices saw in separate files. `ble` plays
//! wearables on a private D-Bus as BlueZ would show them, in real time. `fleet` sends many people's readings to a running
//! server with everything that goes wrong on the way, and judges what the server gives back.
//!
//! # Invariants
//!
//! - *The same arguments to `person` write the same bytes*, on every platform and at any time: there is no clock there.
//! - *Nothing that is there is overwritten*: a folder that holds anything is refused.
//! - *Truth and what was seen never share a file*, so that what is judged can be given the one without the other.
//! - Machine output on stdout, everything else on stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 4 the server is not
//!   reachable.
//!
//! # What it never does
//!
//! It never uses analytics: what judges may not import what it judges.

#![forbid(unsafe_code)]

mod ble_command;
mod fleet_command;
mod person_command;
mod person_files;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// People with a known truth, and what their devices see of it.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 4 the server is not reachable."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Person(person_command::PersonArgs),
    Ble(ble_command::BleArgs),
    Fleet(Box<fleet_command::FleetArgs>),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Person(args) => person_command::run(&args),
        Command::Ble(args) => ble_command::run(&args),
        Command::Fleet(args) => fleet_command::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::from(error.exit_code())
        }
    }
}
