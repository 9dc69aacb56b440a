use std::error::Error as _;

use foulee_ingest::import::{ImportError, SinkError};
use foulee_store::StoreError;

use crate::ApiError;
use crate::cli::Exit;
use crate::lock::LockError;
use crate::output::OutputError;
use crate::registry::RegistryError;
use crate::study::{ArmsError, SubgroupError};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The work itself failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The data folder is in use, or cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Output could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The port cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A role that the embedded store does not allow.
    #[error("the embedded store is written by one process: only --role all can run on it")]
    RoleNotAllowed,
    /// The data folder belongs to an InfluxDB store, and none was named.
    #[error(
        "this data folder belongs to a store in InfluxDB: say which with --store (or embedded: for the file)"
    )]
    StoreNotNamed,
    /// A store that this program cannot speak to.
    #[error("this foulee was built without InfluxDB: cargo build --release --features influx")]
    InfluxMissing,
    /// What only InfluxDB needs.
    #[error(
        "only a store in InfluxDB needs that: name it with --store influxdb://HOST:PORT/BUCKET?org=ORG&api=2"
    )]
    InfluxNotNamed,
    /// The service that holds the folder does that by itself.
    #[error("a service holds this folder, and repairs by itself; end it to repair by hand")]
    ServiceRepairs,
    /// Copying a store onto itself, or between two in InfluxDB, whose index the folder has but once.
    #[error("one of --from and --to must be embedded:, and they must differ")]
    CopyPair,
    /// There is nothing to copy.
    #[error("there is no store to copy: {path} is not there")]
    CopyNothing {
        /// Its file.
        path: std::path::PathBuf,
    },
    /// A service holds a store that is to be copied to.
    #[error("a service holds this folder; end it to copy")]
    CopyHeld,
    /// A file that was named.
    #[error("cannot read {path}")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that was named.
    #[error("cannot write {path} (it must not be there yet)")]
    WriteFile {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Erasing asks for consent.
    #[error("erasing cannot be undone: add --yes")]
    ConsentMissing,
    /// No study of that name.
    #[error("no study {name:?}; `foulee participant list` shows who is there")]
    StudyUnknown {
        /// The name.
        name: String,
    },
    /// A role that is not for these.
    #[error(
        "a {role} is for whom? --participant ID for a participant, --study NAME for a coordinator or researcher, neither \
         for an administrator, one of both for the others"
    )]
    RoleReach {
        /// The role.
        role: &'static str,
    },
    /// For whom a role is, and no role.
    #[error("--study and --participant say for whom a --role is; the other grants name theirs themselves")]
    RoleMissing,
    /// Nobody said how many people a study means to include.
    #[error("the study has no plan; `foulee study plan NAME --per-year N --from D` makes one")]
    NoPlan,
    /// Showing the seed asks for consent.
    #[error("showing the seed ends the allocation, for ever: add --yes")]
    UnsealUnsure,
    /// Arms that do not go together.
    #[error(transparent)]
    Arms(#[from] ArmsError),
    /// A subgroup's definition that is none.
    #[error(transparent)]
    Subgroup(#[from] SubgroupError),
    /// No such definition.
    #[error("no subgroup has this name; `foulee study subgroup list NAME` names those that are there")]
    SubgroupUnknown,
    /// The running service could not be asked.
    #[error("the service at {address} does not answer")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// The running service refused.
    #[error("the service refused: {title} {detail}")]
    Refused {
        /// Its title.
        title: String,
        /// Its detail.
        detail: String,
    },
    /// A hop of the demonstration gave nothing.
    #[error("the demonstration is not whole: no {hop}")]
    NothingProduced {
        /// Which.
        hop: &'static str,
    },
    /// A program that stands beside this one is not there.
    #[error("{path} is absent; in Foulée's folder `cargo build --release` builds it")]
    ProgramAbsent {
        /// Where it was looked for.
        path: std::path::PathBuf,
    },
    /// No message bus to play wearables on.
    #[error("dbus-daemon is absent (Debian: apt-get install dbus-daemon)")]
    BusAbsent,
    /// A program that was started ended by itself.
    #[error("{name} ended by itself ({status}): {said}")]
    ProgramEnded {
        /// Which.
        name: &'static str,
        /// How.
        status: std::process::ExitStatus,
        /// The last line that it said.
        said: String,
    },
    /// Somebody said stop before it was done.
    #[error("interrupted")]
    Interrupted,
    /// A time that is not in the calendar of the participant's zone.
    #[error("the time is out of range")]
    TimeOutOfRange,
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<RegistryError> for CommandError {
    fn from(error: RegistryError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl CommandError {
    pub(super) fn print(&self) {
        eprintln!("foulee: {self}");
        let mut cause = self.source();
        let mut said = self.to_string();
        while let Some(error) = cause {
            let text = error.to_string();
            if !said.contains(&text) {
                eprintln!("  because: {text}");
            }
            said = text;
            cause = error.source();
        }
    }

    /// As scripts read it.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::RoleNotAllowed
            | Self::StoreNotNamed
            | Self::InfluxMissing
            | Self::InfluxNotNamed
            | Self::ServiceRepairs
            | Self::CopyPair
            | Self::CopyHeld
            | Self::CopyNothing { .. }
            | Self::ProgramAbsent { .. }
            | Self::BusAbsent
            | Self::ConsentMissing
            | Self::StudyUnknown { .. }
            | Self::RoleReach { .. }
            | Self::RoleMissing
            | Self::NoPlan
            | Self::UnsealUnsure
            | Self::Arms(_)
            | Self::Subgroup(_)
            | Self::SubgroupUnknown
            | Self::TimeOutOfRange => Exit::Usage,
            Self::File { .. } | Self::WriteFile { .. } => Exit::Usage,
            Self::Unreachable { .. } => Exit::Unreachable,
            Self::Api(ApiError::Import(ImportError::Sink { source: SinkError::Unreachable(_), .. })) => {
                Exit::Unreachable
            }
            Self::Api(ApiError::Import(ImportError::Sink { .. })) => Exit::Failed,
            Self::Api(
                ApiError::Import(_)
                | ApiError::ParticipantUnknown
                | ApiError::ProgrammeUnknown
                | ApiError::ProgrammeInvalid { .. }
                | ApiError::QuestionnaireInvalid { .. }
                | ApiError::ReportInvalid { .. }
                | ApiError::ProfileInvalid { .. }
                | ApiError::AnswerTable(_)
                | ApiError::SourceUnknown { .. }
                | ApiError::SourcesTooMany { .. }
                | ApiError::PeriodReversed
                | ApiError::NoBaseline { .. }
                | ApiError::RunInMissing
                | ApiError::RunInTooLow { .. }
                | ApiError::TrialsMissing { .. }
                | ApiError::TrialsRefused(_)
                | ApiError::BaselineUnused { .. }
                | ApiError::ContingencyMissing
                | ApiError::ContingencyChosen
                | ApiError::Registry(
                    RegistryError::Name { .. }
                    | RegistryError::ZoneUnknown
                    | RegistryError::BirthYearOutOfRange
                    | RegistryError::DateOutOfRange
                    | RegistryError::ParticipantExists
                    | RegistryError::ExternalIdTaken
                    | RegistryError::ParticipantUnknown
                    | RegistryError::StudyUnknown
                    | RegistryError::ProgrammeUnknown
                    | RegistryError::ProgrammeConflict
                    | RegistryError::TokenUnknown
                    | RegistryError::ConsentInFuture
                    | RegistryError::NothingToWithdraw
                    | RegistryError::PlacesOutOfRange
                    | RegistryError::GroupExists
                    | RegistryError::GroupUnknown
                    | RegistryError::OfAnotherStudy
                    | RegistryError::MembershipReversed
                    | RegistryError::MemberAlready
                    | RegistryError::GroupFull
                    | RegistryError::NotAMember
                    | RegistryError::NoSchoolDay
                    | RegistryError::PlanOutOfRange
                    | RegistryError::ArmsExist
                    | RegistryError::NoArms
                    | RegistryError::ArmsUnsealed
                    | RegistryError::StratumWanted { .. }
                    | RegistryError::ResearchNotAgreed
                    | RegistryError::SubgroupConflict,
                ),
            ) => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}
