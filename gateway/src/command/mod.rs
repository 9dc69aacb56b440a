//! What the program can be asked to do.

mod devices;
mod doctor;
mod pair;
mod run;
mod scan;
mod spool;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::GatewayError;
use crate::config::Config;

/// Collects from wearables over Bluetooth Low Energy and never loses a reading.
#[derive(Debug, Parser)]
#[command(
    name = "foulee-gateway",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 4 the service is not reachable.
Research software, not a medical device."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "FOULEE_GATEWAY_CONFIG",
        default_value = "/etc/foulee-gateway/gateway.toml"
    )]
    config: PathBuf,
    /// Form of the log, on stderr: text on a terminal, else json
    #[arg(long, global = true, env = "FOULEE_LOG")]
    log: Option<LogForm>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogForm {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Collect and deliver, until SIGTERM or Ctrl-C
    #[command(
        after_help = "Examples:\n  foulee-gateway run\n  foulee-gateway run --config gateway.toml --log text"
    )]
    Run,
    /// Listen, and say which devices are there and which family to write in the configuration
    #[command(after_help = "Examples:\n  foulee-gateway scan\n  foulee-gateway scan --seconds 30 --json")]
    Scan(scan::Args),
    /// Pair with a device of the configuration that has `bond = true`
    #[command(after_help = "Examples:\n  foulee-gateway pair ring-7")]
    Pair(pair::Args),
    /// How the devices of a running gateway are
    #[command(after_help = "Examples:\n  foulee-gateway devices\n  foulee-gateway devices --json")]
    Devices(devices::Args),
    /// Look into the spool, while no gateway runs on it
    #[command(
        subcommand,
        after_help = "Examples:\n  foulee-gateway spool inspect --json\n  foulee-gateway spool verify     ends with 1 where something is damaged\n  foulee-gateway spool drain"
    )]
    Spool(spool::Command),
    /// Check the configuration
    #[command(subcommand, after_help = "Examples:\n  foulee-gateway config check --config gateway.toml")]
    Config(ConfigCommand),
    /// Look for what keeps a gateway from working: configuration, spool, Bluetooth, service and token
    #[command(after_help = "Examples:\n  foulee-gateway doctor --config gateway.toml")]
    Doctor,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the effective configuration, or what is wrong in it: the line, or the key and the fix
    Check,
}

/// Reads the arguments and does what they ask.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.log);
    match cli.command.run(&cli.config) {
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

impl Command {
    fn run(self, config: &std::path::Path) -> Result<(), GatewayError> {
        let read = || Config::read(config);
        match self {
            Self::Run => run::run(read()?),
            // Before there is a configuration, somebody must find out what to write in it.
            Self::Scan(args) => scan::run(&args, read().ok().as_ref()),
            Self::Pair(args) => pair::run(&args, &read()?),
            Self::Devices(args) => devices::run(&args, &read()?),
            Self::Spool(command) => command.run(&read()?),
            Self::Config(ConfigCommand::Check) => {
                // Every value has a form in TOML: it came from there.
                let text = toml::to_string_pretty(&read()?).unwrap_or_default();
                print(&text)
            }
            Self::Doctor => doctor::run(config),
        }
    }
}

/// Text from the air as it may be shown: a name must not move a terminal's cursor, forge a row or turn its direction.
pub(crate) fn shown(text: &str) -> String {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if bad(c) { '\u{fffd}' } else { c }).collect()
}

/// Prints to stdout.
pub(crate) fn print(text: &str) -> Result<(), GatewayError> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()) {
        // Whoever read has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(GatewayError::Print),
    }
}

fn start_log(form: Option<LogForm>) {
    let json = match form {
        Some(form) => matches!(form, LogForm::Json),
        None => !std::io::stderr().is_terminal(),
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("FOULEE_LOG_LEVEL").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("info,zbus=warn,btleplug=warn,bluez_async=error")
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let builder = builder.with_ansi(std::io::stderr().is_terminal());
    if json { builder.json().init() } else { builder.init() }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_comes_from_the_air_is_only_text() {
        assert_eq!(shown("\u{1b}[2J\nR02\u{202e}_é"), "\u{fffd}[2J\u{fffd}R02\u{fffd}_é");
    }
}
