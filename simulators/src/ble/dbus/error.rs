//! Errors as BlueZ answers them.

use thiserror::Error;
use zbus::message::Header;
use zbus::names::ErrorName;
use zbus::{DBusError, Message};

/// What BlueZ answers when something cannot be done, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum BluezError {
    #[error("Operation already in progress")]
    InProgress,
    #[error("Already Exists")]
    AlreadyExists,
    #[error("Does Not Exist")]
    DoesNotExist,
    #[error("Resource Not Ready")]
    NotReady,
    #[error("Operation is not supported")]
    NotSupported,
    #[error("Not Connected")]
    NotConnected,
    #[error("le-connection-abort-by-local")]
    AbortedByLocal,
    #[error("Read not permitted")]
    ReadNotPermitted,
    #[error("Write not permitted")]
    WriteNotPermitted,
    #[error("Not paired")]
    NotPaired,
    #[error("Invalid Length")]
    InvalidLength,
    #[error("No notify session started")]
    NoNotifySession,
    #[error("No discovery started")]
    NoDiscovery,
    #[error("Authentication Failed")]
    AuthenticationFailed,
    #[error("Authentication Rejected")]
    AuthenticationRejected,
    #[error("Authentication Canceled")]
    AuthenticationCanceled,
    #[error("Authentication Timeout")]
    AuthenticationTimeout,
}

impl BluezError {
    fn bus_name(self) -> &'static str {
        match self {
            Self::InProgress => "org.bluez.Error.InProgress",
            Self::AlreadyExists => "org.bluez.Error.AlreadyExists",
            Self::DoesNotExist => "org.bluez.Error.DoesNotExist",
            Self::NotReady => "org.bluez.Error.NotReady",
            Self::NotSupported => "org.bluez.Error.NotSupported",
            Self::NotConnected => "org.bluez.Error.NotConnected",
            Self::AbortedByLocal | Self::NoNotifySession | Self::NoDiscovery => "org.bluez.Error.Failed",
            Self::ReadNotPermitted | Self::WriteNotPermitted | Self::NotPaired => {
                "org.bluez.Error.NotPermitted"
            }
            Self::InvalidLength => "org.bluez.Error.InvalidValueLength",
            Self::AuthenticationFailed => "org.bluez.Error.AuthenticationFailed",
            Self::AuthenticationRejected => "org.bluez.Error.AuthenticationRejected",
            Self::AuthenticationCanceled => "org.bluez.Error.AuthenticationCanceled",
            Self::AuthenticationTimeout => "org.bluez.Error.AuthenticationTimeout",
        }
    }
}

impl DBusError for BluezError {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.bus_name()).build(&self.to_string())
    }

    fn name(&self) -> ErrorName<'_> {
        ErrorName::from_static_str_unchecked(self.bus_name())
    }

    fn description(&self) -> Option<&str> {
        None
    }
}
