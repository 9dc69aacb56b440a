//! What each command does.

mod consent;
mod context;
mod demo;
mod doctor;
mod engine;
mod explain;
mod fault;
mod import;
mod migrate;
mod participant;
mod phone;
mod programme;
mod rows;
mod said;
mod serve;
mod store;
mod study;
mod token;

pub use fault::CommandError;

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::cli::{self, Cli, Command, ConfigCommand, Exit, LogFormat, Parsed, ProgrammeCommand};
use context::Context;

/// Parses the command line, runs the command, says what went wrong; how it ended.
#[must_use]
pub fn main() -> Exit {
    let parsed = match cli::parse_process() {
        Ok(parsed) => parsed,
        Err(error) => return error.report(),
    };
    start_logs(&parsed.cli);
    match run(parsed) {
        Ok(exit) => exit,
        Err(error) => {
            error.print();
            error.exit()
        }
    }
}

fn run(parsed: Parsed) -> Result<Exit, CommandError> {
    let Cli { global, command } = parsed.cli;
    let context = || Context::new(&global);
    match command {
        Command::Serve(serve) => serve::run(&global, &serve),
        Command::Demo(demo) => demo::run(&global, &demo),
        Command::Import(import) => import::run(&global, &import),
        Command::Readings(asked) => rows::readings(&context()?, &asked),
        Command::Minutes(asked) => rows::minutes(&context()?, &asked),
        Command::Measures(asked) => rows::measures(&global, &asked),
        Command::Explain(asked) => explain::run(&context()?, &asked),
        Command::Totals(asked) => rows::totals(&context()?, &asked),
        Command::Completeness(asked) => rows::completeness(&context()?, &asked),
        Command::Adherence(asked) => rows::adherence(&context()?, &asked),
        Command::Report(asked) => said::report(&context()?, &asked),
        Command::Reports(asked) => said::reports(&context()?, &asked),
        Command::Profile(asked) => said::profile(&context()?, &asked),
        Command::Safety(command) => said::safety(&context()?, &command),
        Command::Programme(ProgrammeCommand::Check(asked)) => programme::check(&asked),
        Command::Programme(command) => programme::run(&context()?, command),
        Command::Participant(command) => participant::run(&context()?, command),
        Command::Study(command) => study::run(&context()?, command),
        Command::Consent(asked) => consent::run(&context()?, &asked),
        Command::Audit(asked) => consent::audit(&context()?, &asked),
        Command::Token(command) => token::run(&context()?, command),
        Command::Phone(command) => phone::run(&context()?, command),
        Command::Migrate(asked) => migrate::run(&global, &asked),
        Command::Store(command) => store::run(&global, &command),
        Command::Doctor(asked) => doctor::run(&global, &asked),
        Command::Config(ConfigCommand::Check) => {
            crate::output::print_text(&parsed.settings.to_string())?;
            Ok(Exit::Done)
        }
    }
}

fn start_logs(cli: &Cli) {
    // The service tells what it does; a command tells only what went wrong.
    let level = match (&cli.command, cli.global.quiet) {
        (Command::Serve(_), false) => "info",
        (_, true) => "error",
        _ => "warn",
    };
    let filter = EnvFilter::try_from_env("FOULEE_LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new(level));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match cli.global.log_format(std::io::stderr().is_terminal()) {
        LogFormat::Text => logs.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => logs.json().init(),
    }
}
