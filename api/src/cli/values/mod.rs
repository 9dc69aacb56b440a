//! What a flag's text stands for.

mod day;
mod moment;
mod participant_ref;
mod period;
mod programme_ref;
mod study;
mod zone;

pub(super) use day::day;
pub use moment::{Moment, MomentError};
pub use participant_ref::{ParticipantRef, ParticipantRefError};
pub use period::{DayPeriod, MomentPeriod};
pub use programme_ref::ProgrammeRef;
pub(super) use programme_ref::programme;
pub(super) use study::study;
pub use zone::ZoneUnknown;
pub(super) use zone::zone;
