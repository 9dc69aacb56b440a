//! foulee: the service and its commands.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    foulee_api::command::main().into()
}
