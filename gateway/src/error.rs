use std::io;
use std::path::PathBuf;

use crate::driver::{Family, Stream};

/// Everything that can go wrong in the gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A file could not be read.
    #[error("cannot read {path}")]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The configuration is no TOML, or has a key that nobody knows.
    #[error("{path} is not a gateway's configuration")]
    ConfigSyntax {
        /// Which.
        path: PathBuf,
        /// With line and key.
        source: Box<toml::de::Error>,
    },
    /// A value of the configuration cannot be.
    #[error("{key}: {fix}")]
    Config {
        /// Which.
        key: String,
        /// What to write there.
        fix: &'static str,
    },
    /// A stream that the family does not have.
    #[error("{key}: {} has no {}; it has {}", family.name(), stream.name(), .family.streams().iter().map(|s| s.name()).collect::<Vec<_>>().join(", "))]
    NoSuchStream {
        /// Which key.
        key: String,
        /// What was asked of it.
        stream: Stream,
        /// The device's family.
        family: Family,
    },
    /// There is no token to send with.
    #[error(
        "no device token: write it to a file and name it as uplink.token_file, or give the systemd credential foulee-token"
    )]
    NoToken,
    /// The folder of the spool is used by another process.
    #[error(
        "{path} is in use by a running gateway: stop that one first, or give each gateway a folder of its own (spool.folder)"
    )]
    FolderInUse {
        /// Which.
        path: PathBuf,
    },
    /// The spool could not be used.
    #[error("the spool in {path} cannot be used")]
    Spool {
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: foulee_journal::JournalError,
    },
    /// Readings that waited are lost; a running gateway tells it as gaps.
    #[error("the spool is damaged; the gateway tells that time as gaps when it runs; places: {places}")]
    Damaged {
        /// How many.
        places: u64,
    },
    /// A file of the gateway's own could not be written.
    #[error("cannot write {path}")]
    WriteFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no Bluetooth to be had.
    #[error("no Bluetooth: is there an adapter, does bluetoothd run, and may this user ask it?")]
    Bluetooth(#[source] btleplug::Error),
    /// No adapter of that name.
    #[error("no Bluetooth adapter {name}; see `foulee-gateway doctor`")]
    NoAdapter {
        /// As the configuration says.
        name: String,
    },
    /// The system's message bus ended or cannot be reached.
    #[error("the system message bus is gone")]
    Bus(#[source] Box<zbus::Error>),
    /// The bus ended while the gateway ran; systemd starts it again.
    #[error("the system message bus closed the connection")]
    BusClosed,
    /// btleplug has leaked match rules until hardly any is left; a new process starts with none.
    #[error("{rules} of 512 match rules of the message bus are in use, {leaked} of them by no device")]
    NoMatchRules {
        /// In use.
        rules: usize,
        /// By no device.
        leaked: usize,
    },
    /// A thread or runtime could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// The service cannot be reached or refuses.
    #[error("the service at {url} cannot be reached")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// The service did not take all that waits.
    #[error("{url} did not take all that waits, and the log says why; commits left: {commits}")]
    StillWaiting {
        /// How many.
        commits: u64,
        /// Where they should have gone.
        url: String,
    },
    /// The service does not take the device token.
    #[error(
        "the service at {url} refuses the device token ({status}): it is wrong, expired, revoked, or may not write"
    )]
    TokenRefused {
        /// Where.
        url: String,
        /// What it answered.
        status: u16,
    },
    /// Something answers there, but not as a Foulée does.
    #[error("what answers at {url} takes no batch (its answer: {said}): it is busy, or no Foulée")]
    NotAnswering {
        /// Where.
        url: String,
        /// What it said.
        said: &'static str,
    },
    /// A certificate file holds none.
    #[error("{path} holds no PEM certificate")]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// No such device.
    #[error("{address} was not seen within {seconds} s")]
    NotSeen {
        /// Which.
        address: String,
        /// For how long it was looked for.
        seconds: u64,
    },
    /// Something could not be printed.
    #[error("cannot print")]
    Print(#[source] io::Error),
}

impl GatewayError {
    /// 2 for wrong usage or configuration, 4 where the service is not reachable, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::ReadFile { .. }
            | Self::ConfigSyntax { .. }
            | Self::Config { .. }
            | Self::NoSuchStream { .. }
            | Self::NoToken
            | Self::TokenRefused { .. }
            | Self::NoCertificate { .. } => 2,
            Self::NotAnswering { .. } | Self::Unreachable { .. } | Self::StillWaiting { .. } => 4,
            _ => 1,
        }
    }
}

impl From<zbus::Error> for GatewayError {
    fn from(error: zbus::Error) -> Self {
        Self::Bus(Box::new(error))
    }
}
