//! `foulee-sim`: people with a known truth, and what their devices see of it.
//!
//! One command so far: `person` writes a simulated person to a folder, the truth and what the devices saw in separate
//! files.
//!
//! # Invariants
//!
//! - *The same arguments write the same bytes*, on every platform and at any time: there is no clock here.
//! - *Nothing that is there is overwritten*: a folder that holds anything is refused.
//! - *Truth and what was seen never share a file*, so that what is judged can be given the one without the other.
//! - Machine output on stdout, everything else on stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.
//!
//! # What it never does
//!
//! It never uses analytics: what judges may not import what it judges.

#![forbid(unsafe_code)]

mod error;
mod person_command;
mod person_files;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// People with a known truth, and what their devices see of it.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Person(person_command::PersonArgs),
}

fn main() -> ExitCode {
    let Command::Person(args) = Cli::parse().command;
    match person_command::run(&args) {
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
