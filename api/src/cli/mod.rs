//! The command line of `foulee`: what may be asked, and where each value came from.
//!
//! Invariants: a flag beats its environment variable, that beats the key of the configuration file, that beats the
//! default; nothing here reads the process's environment but [`parse_process`]; every refusal exits with 2.
//!
//! It never opens the data folder and never does what a command asks for.

// What may be asked:
mod commands;
mod values;

// Where the values come from:
mod config_file;
mod data_folder;
mod flags;
mod layers;
pub(crate) mod nearest;
mod settings;

// How it ends:
mod error;
mod exit;

#[cfg(test)]
mod tests;

pub use commands::consent::{Audit, ConsentAsked, ConsentWord};
pub use commands::data::{
    Adherence, Completeness, Explain, Measures, MeasuresWhat, Minutes, PolicyArg, QuotaArg, Readings, Totals,
};
pub use commands::import::{Import, ImportTarget};
pub use commands::participant::{
    ParticipantAdd, ParticipantCommand, ParticipantErase, ParticipantList, ParticipantMove,
    ParticipantSources,
};
pub use commands::phone::{PhoneAdd, PhoneCommand, PhoneList, PhoneRevoke};
pub use commands::programme::{
    ContingencyArg, ProgrammeAssign, ProgrammeCheck, ProgrammeCommand, ProgrammeList, ProgrammeShow,
};
pub(crate) use commands::said::edge;
pub use commands::said::{
    ClearedBy, Profile, ProfileAction, Report, ReportKind, Reports, SafetyClear, SafetyCode, SafetyCommand,
    SafetyShow,
};
pub use commands::service::{Demo, Role, Serve};
pub use commands::study::{
    ArmsTextError, GroupAdd, GroupAttendance, GroupCommand, GroupDays, GroupJoin, GroupList, Seed,
    StudyAllocate, StudyArms, StudyCommand, StudyInclusion, StudyPlanned, StudyUnseal, SubgroupAdd,
    SubgroupCommand, SubgroupList, SubgroupMembers,
};
pub use commands::token::{TokenAdd, TokenCommand, TokenGrant, TokenList, TokenRevoke};
pub use commands::upkeep::{
    ConfigCommand, Doctor, Migrate, StoreCommand, StoreCopy, StoreStats, StoreVerify,
};
pub use commands::{Cli, Command, Global, LogFormat};
pub use data_folder::default_data_folder;
pub use error::CliError;
pub use exit::Exit;
pub use layers::{Parsed, parse, parse_process};
pub use settings::{Origin, Setting, Settings};
pub use values::{
    DayPeriod, Moment, MomentError, MomentPeriod, ParticipantRef, ParticipantRefError, ProgrammeRef,
    ZoneUnknown,
};
