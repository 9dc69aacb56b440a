use clap::{Args, Subcommand};

/// What to do with the store.
#[derive(Clone, Debug, Subcommand)]
pub enum StoreCommand {
    /// Count what the store holds
    Stats(StoreStats),
    /// Print one hex line that depends on the content alone
    ///
    /// The same content gives the same line, in whatever order and pieces it arrived.
    #[command(after_long_help = "\
Examples:
  foulee store digest")]
    Digest,
    /// Check that all of it can be read back whole
    #[command(after_long_help = "\
Examples:
  foulee store verify")]
    Verify,
}

/// Count what the store holds
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee store stats --json")]
pub struct StoreStats {
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Look for what keeps foulee from working
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee doctor
  foulee doctor --data-dir /srv/foulee --json")]
pub struct Doctor {
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// What to do with the configuration.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the effective configuration and where each value came from
    ///
    /// Secrets are hidden. A value that no command could take is an error.
    #[command(after_long_help = "\
Examples:
  foulee config check
  foulee config check --config foulee.toml")]
    Check,
}
