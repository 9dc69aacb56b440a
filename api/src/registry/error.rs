use std::path::PathBuf;

use super::names::{NameError, NameKind};

/// What the registry's functions return.
pub type Result<T> = std::result::Result<T, RegistryError>;

/// Everything that can go wrong here. No text holds a pseudonym: errors end up in logs, which no erasure reaches.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The file or its folder cannot be used.
    #[error("cannot open the registry at {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database failed.
    #[error("the registry's database failed")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the registry's migrations failed")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Opened for reading alone, the schema is not the one of this program, and cannot be changed.
    #[error(
        "the registry's schema is at {found:?} and this program wants {expected:?}: start the service once"
    )]
    SchemaDiffers {
        /// The version found, if any.
        found: Option<i64>,
        /// The version wanted.
        expected: Option<i64>,
    },
    /// A write to a registry that was opened for reading.
    #[error("the registry is open for reading only")]
    ReadOnly,
    /// A name that is not admitted.
    #[error("the {what} is not admitted")]
    Name {
        /// The name of what.
        what: NameKind,
        /// Why not.
        source: NameError,
    },
    /// Not a zone of the IANA time zone database.
    #[error("the time zone is not known; give an IANA name, such as Europe/Paris")]
    ZoneUnknown,
    /// No year in which a participant can have been born.
    #[error("a birth year is from 1900 to 2100")]
    BirthYearOutOfRange,
    /// A date before the year 1 or after the year 9999.
    #[error("a date is from year 1 to 9999")]
    DateOutOfRange,
    /// A page of no people, or of too many.
    #[error("a page holds 1 to {} people", super::MAX_PAGE)]
    LimitOutOfRange,
    /// The id is taken.
    #[error("a participant with this id exists")]
    ParticipantExists,
    /// Somebody in the same study has this external id.
    #[error("a participant with this external id exists in the study")]
    ExternalIdTaken,
    /// Nobody has this id. Erased people are unknown too.
    #[error("no participant has this id")]
    ParticipantUnknown,
    /// No such study.
    #[error("no study has this name or number")]
    StudyUnknown,
    /// No such programme, or not in this version.
    #[error("no programme has this name and version")]
    ProgrammeUnknown,
    /// The version exists with another content; a change of content is a new version.
    #[error(
        "a programme of this name and version is known with other content; give the document a name or a version of its own"
    )]
    ProgrammeConflict,
    /// No such token.
    #[error("no token has this number")]
    TokenUnknown,
    /// No such phone.
    #[error("no phone has this number")]
    PhoneUnknown,
    /// A consent that would take effect only later.
    #[error("a consent takes effect when it is given, or earlier: not in the future")]
    ConsentInFuture,
    /// What was not given cannot be withdrawn.
    #[error("there was no yes to withdraw then; say refuse")]
    NothingToWithdraw,
    /// A group with no place, or too many.
    #[error("a group has 1 to {} places", super::MAX_PLACES)]
    PlacesOutOfRange,
    /// The name is taken in the study.
    #[error("the study has a group of this name")]
    GroupExists,
    /// No such group.
    #[error("no group has this name or number")]
    GroupUnknown,
    /// Somebody is not of the study that they are to be grouped, allocated or looked at in.
    #[error("this participant is of another study, or of none")]
    OfAnotherStudy,
    /// A stay that ends before it begins.
    #[error("the last day is before the first")]
    MembershipReversed,
    /// Somebody would be in two groups at once, or twice in one.
    #[error("on one of these days they are in a group of this study already")]
    MemberAlready,
    /// On some day there is no place left.
    #[error("the group is full on one of these days")]
    GroupFull,
    /// Nobody who is to come on that day.
    #[error("only who is a member of the group on that day is noted")]
    NotAMember,
    /// A day on which there is no school.
    #[error("the group has no school on that day")]
    NoSchoolDay,
    /// A plan for nobody, or for too many.
    #[error("a plan is for 1 to 1000000 people a year")]
    PlanOutOfRange,
    /// Arms are set once.
    #[error("the study has arms already; they are set once")]
    ArmsExist,
    /// There are no arms to allocate to.
    #[error("the study has no arms")]
    NoArms,
    /// The seed was shown: what comes next would be no secret.
    #[error("the study's seed was shown; nobody is allocated any more")]
    ArmsUnsealed,
    /// A stratum is missing, or one too many.
    #[error("{}", if *stratified { "say the stratum: the study has a list for each" } else { "the study has no strata" })]
    StratumWanted {
        /// Whether the study has strata.
        stratified: bool,
    },
    /// Somebody who does not agree to research is in no arm.
    #[error("this participant does not agree to research, and the study asks for it")]
    ResearchNotAgreed,
    /// The version exists with another content; a change of content is a new version.
    #[error("a subgroup of this name and version is known with other content; give it a version of its own")]
    SubgroupConflict,
    /// A stored value is none that this program writes.
    #[error("{table}.{column} holds what cannot be read")]
    Unreadable {
        /// In which table.
        table: &'static str,
        /// In which column.
        column: &'static str,
    },
}

/// For `map_err`: a stored value is none that this program writes.
pub(super) fn unreadable<E>(table: &'static str, column: &'static str) -> impl FnOnce(E) -> RegistryError {
    move |_| RegistryError::Unreadable { table, column }
}
