//! What one source reported for one local day: the plain input of [`crate::minutes`].
//!
//! All instants are ms since 1970 UTC; intervals are half open. Readings outside the day are welcome: those within
//! [`crate::wear::CONTEXT_MINUTES`] of it are the context that a non-wear run crossing midnight needs, all others are
//! ignored. Order does not matter; sorted input is faster.

/// Steps counted over an interval. A device that is off counts 0, so 0 alone never means "worn and still".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepInterval {
    /// Start, ms since 1970 UTC.
    pub start_ms: i64,
    /// End (exclusive), ms since 1970 UTC.
    pub end_ms: i64,
    /// Steps.
    pub count: u32,
}

/// A heart rate: an instant (`end_ms == start_ms`) or the mean of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeartRate {
    /// Start, ms since 1970 UTC.
    pub start_ms: i64,
    /// End (exclusive), ms since 1970 UTC; equal to the start for an instant.
    pub end_ms: i64,
    /// Heart rate in 0.1 /min. Outside 30 to 220 /min it is ignored.
    pub deci_bpm: i32,
}

/// Worn time that the device itself reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WornInterval {
    /// Start, ms since 1970 UTC.
    pub start_ms: i64,
    /// End (exclusive), ms since 1970 UTC.
    pub end_ms: i64,
    /// Seconds of it that were worn. Only a fully worn interval says anything about its minutes.
    pub worn_seconds: u32,
}

/// A skin-contact bit (Bluetooth heart rate measurement, flags 1 and 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    /// Instant, ms since 1970 UTC.
    pub at_ms: i64,
    /// Whether the sensor touched skin.
    pub on_skin: bool,
}

/// Why there is no reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapCause {
    /// The device was not worn.
    NotWorn,
    /// Readings exist on the device but had not arrived.
    NotSynced,
    /// The battery was empty.
    Battery,
    /// The link was lost.
    Link,
    /// The participant or the phone withheld permission.
    Permission,
    /// It was collected, and lost before it was sent.
    Lost,
}

/// A stretch without readings whose cause is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Start, ms since 1970 UTC.
    pub start_ms: i64,
    /// End (exclusive), ms since 1970 UTC.
    pub end_ms: i64,
    /// The cause.
    pub cause: GapCause,
}

/// One source's readings for one local day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceDay {
    /// Lower is asked first; equal priorities keep the order of the slice.
    pub priority: u8,
    /// Whether it is worn on the body. A phone is not: it can say that a person moved, never that they were still.
    pub wearable: bool,
    /// Whether this source ever reports heart rate in the window. If not, wear is guessed from steps.
    pub has_heart_rate: bool,
    /// Whether it writes no record for minutes without steps (Apple Health, Health Connect). Then a minute with heart
    /// rate, contact or worn time and no step record is one of zero steps, provided that the source gave any step
    /// record in the window: without one it may lack the permission. Otherwise silence is unknown.
    pub sparse_steps: bool,
    /// Whether its steps are read from a cumulative counter: then a long interval is a hole, and not a record.
    pub has_counter: bool,
    /// Step counts of any grain up to hours. Totals of the device's own go to the fields below.
    pub steps: Vec<StepInterval>,
    /// Further counts of the same device that go on beside `steps` and are no part of them: running beside walking.
    pub beside: Vec<Vec<StepInterval>>,
    /// Heart rates.
    pub heart_rate: Vec<HeartRate>,
    /// Worn time as the device reports it.
    pub worn: Vec<WornInterval>,
    /// Skin contact.
    pub contact: Vec<Contact>,
    /// The device's own step total of this local day.
    pub day_total_steps: Option<u32>,
    /// The device's own hour totals: they check the minutes, and are never summed with them.
    pub hour_totals: Vec<StepInterval>,
    /// Known reasons for missing readings.
    pub gaps: Vec<Gap>,
}
