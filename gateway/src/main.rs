//! `foulee-gateway`: see the crate's own page.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    foulee_gateway::command::main()
}
