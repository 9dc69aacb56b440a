//! People, prescriptions, tokens and computed rows, in one relational database.
//!
//! Invariants: a person is named by a pseudonym and by nothing else; what is said about a person is appended, never
//! edited (the birth year excepted), and every row carries the time at which it was recorded; a token's secret is
//! kept as a hash alone; computed rows are opaque here and can all be made again.
//!
//! Erasing deletes every row of a person and rewrites the file, so that not a byte of the pseudonym stays. No list of
//! erased pseudonyms is kept, since it would name those who asked to be forgotten: afterwards the pseudonym is simply
//! unknown, rows written for it are refused, and nothing here can tell that it was ever used.
//!
//! Never in this module: a clock, a source of randomness (both are arguments), raw readings, HTTP.

// In reading order. What every table shares:
mod error;
mod names;

mod ids;
mod open;

// Who there is:
mod studies;

mod people;

// How they are studied:
mod groups;

mod attendance;

mod arms;

mod plans;

mod subgroups;

// What is said of them:
mod priorities;
mod zones;

mod programmes;

mod prescriptions;

// What they say themselves, and what follows from it:
mod context;
mod reports;
mod safety;

// What they agree to:
mod consents;

// Who may see and add it, and who did:
mod roles;
mod scope;
mod tokens;

mod audit;

mod codes;
mod enrolments;
mod phones;

// What is computed of them:
mod rows;
mod snapshots;

// And what is left when they go:
mod erase;

#[cfg(test)]
mod fixture;

pub use arms::{Allocation, ArmPlan, NewArms, Unsealed};
pub use attendance::{Attendance, AttendanceState};
pub use audit::{Act, AuditEntry, Looked, MAX_ENTRIES, NOBODY};
pub use codes::OneTimeCode;
pub use consents::{Consent, ConsentState, Purpose, ResearchConsents, consent_at};
pub use context::{ContextEntry, NewContext};
pub use erase::Erasure;
pub use error::{RegistryError, Result};
pub use groups::{Group, MAX_PLACES, Membership};
pub use ids::{GroupId, PhoneId, PrescriptionId, StudyId, TokenId};
pub use names::{NameError, NameKind};
pub use open::{FILE_NAME, Registry};
pub use people::{MAX_PAGE, NewParticipant, Participant};
pub use phones::{ACCESS_SECONDS, PhoneEntry, PhoneTokens};
pub use plans::StudyPlan;
pub use prescriptions::{Assigned, Prescription, prescription_on};
pub use priorities::SourcePriority;
pub use programmes::{NewProgramme, Programme};
pub use reports::{Origin, StoredReport, Taken};
pub use roles::{Right, Role, Within};
pub use rows::{Computed, DayDigest, DayRow, ResultRow, RowWrite, Written};
pub use safety::{Clearer, SafetyChange, SafetyEntry};
pub use scope::{Access, Reach, Scope};
pub use snapshots::Snapshot;
pub use studies::Study;
pub use subgroups::StoredSubgroup;
pub use tokens::{Token, TokenEntry, TokenText};
pub use zones::{HomeZone, SINCE_EVER};
