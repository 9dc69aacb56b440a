use super::line::LineError;

/// What InfluxDB said, or did not say.
#[derive(Debug, thiserror::Error)]
pub enum InfluxError {
    /// No connection, no answer in time, or one that broke off.
    #[error("InfluxDB does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// 5xx or 429: it may work later.
    #[error("InfluxDB cannot do it now ({status}): {message}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// 400, 413 or 422: some of what was sent will never be taken.
    #[error("InfluxDB refuses ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// 401, 403 or 404: the token, the organisation or the bucket is not right.
    #[error("InfluxDB does not let us in ({status}): {message}; see `foulee migrate --dry-run`")]
    Denied {
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// A statement failed, though the HTTP status says 200.
    #[error("InfluxDB could not answer: {message}")]
    Statement {
        /// What it said.
        message: String,
    },
    /// An answer without the form or without its end: never taken for an empty one.
    #[error("InfluxDB's answer is not whole: {0}")]
    Answer(&'static str),
    /// Fewer readings came back than were acknowledged. The journal puts them back, where it still holds them.
    #[error("InfluxDB has lost readings that it had acknowledged: {found} of {expected} are there")]
    Missing {
        /// Acknowledged.
        expected: u64,
        /// There.
        found: u64,
    },
    /// As many readings as were acknowledged, and not the same, or not as they were recorded. The journal puts that right.
    #[error("what InfluxDB holds of a day is not what it acknowledged")]
    Altered,
    /// What would be written is no line.
    #[error("a reading cannot be written as a line")]
    Line(#[from] LineError),
    /// The client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
    /// A token that no header can hold, or of the wrong form.
    #[error("the token cannot be used: of InfluxDB 2.x one line of text, of 1.x USER:PASSWORD")]
    Token,
    /// TLS was asked for and is not built in.
    #[error("this foulee was built without TLS towards InfluxDB: build it with --features influx-tls")]
    TlsMissing,
    /// A point written for the probe did not come back.
    #[error("what InfluxDB acknowledged a moment ago cannot be read back")]
    CanaryLost,
    /// The mark of this store is not there.
    #[error(
        "this InfluxDB does not hold this store: another server of the same name, or it was emptied; if it is the right \
         one, `foulee store verify --repair` puts back what the journal holds"
    )]
    AnotherServer,
    /// Random numbers were not to be had.
    #[error("the system gives no random numbers")]
    Random(#[source] std::io::Error),
}

impl InfluxError {
    /// Whether sending again could ever help. What is refused is looked at reading by reading.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Line(_))
    }

    /// Without the address: what is told of it may be read by who must not know it.
    pub(super) fn unreachable(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }

    /// Whether it refuses points because they are older than what it keeps (both servers name the retention policy).
    #[must_use]
    pub fn is_of_retention(&self) -> bool {
        matches!(self, Self::Refused { message, .. } if message.contains("retention"))
    }

    /// Whether it has lost or altered something that it acknowledged: then a repair comes first.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Altered)
    }

    pub(super) fn of_status(status: u16, message: String) -> Self {
        match status {
            400 | 413 | 422 => Self::Refused { status, message },
            401 | 403 | 404 => Self::Denied { status, message },
            _ => Self::Unavailable { status, message },
        }
    }
}
