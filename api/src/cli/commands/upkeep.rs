use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, Subcommand};
use foulee_store::StoreUrl;

use crate::cli::ParticipantRef;
use crate::cli::values::zone;

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
    Verify(StoreVerify),
    /// Copy all readings from one store to another
    Copy(StoreCopy),
}

/// Check that all of it can be read back whole
///
/// Of InfluxDB: each day of each series is held against the digest of what was acknowledged.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee store verify
  foulee store verify --repair --store 'influxdb://localhost:8086/foulee?api=1'")]
pub struct StoreVerify {
    /// Put back from the journal what InfluxDB has lost (a service does that by itself)
    #[arg(long)]
    pub repair: bool,
}

/// Copy all readings from one store to another
///
/// What is there already is not copied again: interrupted, it goes on where it stopped. At the end the digests of both
/// are compared. An InfluxDB's index and journal are those of the data folder.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee store copy --from embedded: --to 'influxdb://localhost:8086/foulee?api=1'
  foulee store copy --from 'influxdb://localhost:8086/foulee?api=1' --to embedded:/srv/foulee-copy")]
pub struct StoreCopy {
    /// From which store
    #[arg(long, value_name = "URL")]
    pub from: StoreUrl,
    /// To which store
    #[arg(long, value_name = "URL")]
    pub to: StoreUrl,
}

/// Prepare an InfluxDB server: bucket, retention, a token of least rights
///
/// The server must be there, and the token given be one that may make buckets. What is there already stays as it is.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee migrate --store 'influxdb://localhost:8086/foulee?org=back4p&api=2' --dry-run
  foulee migrate --store 'influxdb://localhost:8086/foulee?org=back4p&api=2' --make-token foulee.token")]
pub struct Migrate {
    /// Days for which InfluxDB keeps readings; 0 is for ever
    #[arg(long, value_name = "DAYS", default_value = "0")]
    pub keep_days: u16,
    /// Make a token (1.x: a user) that may read and write this bucket and nothing else, and write it to this new file
    #[arg(long, value_name = "FILE")]
    pub make_token: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
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
  foulee doctor --data-dir /srv/foulee --json
  foulee doctor export.zip --participant pilot/7")]
pub struct Doctor {
    /// Files or folders to look into instead: what they hold, of which devices, what is stored already, what would be refused
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Whose they would be, to tell what of them is stored already
    #[arg(long, value_name = "ID", requires = "paths")]
    pub participant: Option<ParticipantRef>,
    /// Zone of local times that carry no offset, such as Europe/Paris
    #[arg(long, value_name = "ZONE", value_parser = zone, requires = "paths")]
    pub time_zone: Option<Tz>,
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
