use std::path::PathBuf;

use chrono::NaiveDate;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::cli::ParticipantRef;
use crate::cli::values::{day, study};
use crate::output::RowFormat;
use crate::registry::AttendanceState;

/// What to do with studies.
#[derive(Clone, Debug, Subcommand)]
pub enum StudyCommand {
    /// Say how many people a study means to include
    Plan(StudyPlanned),
    /// Print how inclusion stands against its plan, by month
    Inclusion(StudyInclusion),
    /// Groups that go to school together
    #[command(subcommand)]
    Group(GroupCommand),
    /// Print a group's attendance sheet, or note who came
    Attendance(GroupAttendance),
    /// Set a study's arms, or print them
    Arms(StudyArms),
    /// Allocate a participant to the next slot
    Allocate(StudyAllocate),
    /// End the allocation and show the seed
    Unseal(StudyUnseal),
    /// Subgroups, defined by what is known of people
    #[command(subcommand)]
    Subgroup(SubgroupCommand),
}

/// Say how many people a study means to include
///
/// A study that is not there is made. A later plan is instead of an earlier one.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study plan cohort --per-year 1700 --from 2026-03-01")]
pub struct StudyPlanned {
    /// The study's name
    #[arg(value_name = "NAME", value_parser = study)]
    pub name: String,
    /// People a year
    #[arg(long, value_name = "N")]
    pub per_year: u32,
    /// The first day, YYYY-MM-DD
    #[arg(long, value_name = "D", value_parser = day)]
    pub from: NaiveDate,
}

/// Print how inclusion stands against its plan, by month
///
/// Rows: month, planned, included, planned_so_far, included_so_far. Who was added here is included on that day (UTC); who was
/// erased is not counted any more.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study inclusion cohort --as-of 2026-12-31")]
pub struct StudyInclusion {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Up to this day, included [default: today]
    #[arg(long, value_name = "D", value_parser = day)]
    pub as_of: Option<NaiveDate>,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// What to do with groups.
#[derive(Clone, Debug, Subcommand)]
pub enum GroupCommand {
    /// Add a group to a study
    Add(GroupAdd),
    /// Put a participant into a group, from one day to another
    Join(GroupJoin),
    /// Print a group's school days, or add some
    Days(GroupDays),
    /// List a study's groups and who is in them
    List(GroupList),
}

/// Add a group to a study
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study group add pilot mars --places 6")]
pub struct GroupAdd {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The group's name
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// How many may be in it on one day
    #[arg(long, value_name = "N", default_value = "6", value_parser = clap::value_parser!(u32).range(1..=6))]
    pub places: u32,
}

/// Put a participant into a group, from one day to another
///
/// Said again with the same first day, the last word holds: so a stay is ended. A group is never over-full, and nobody is in
/// two groups of a study on one day.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study group join pilot mars pilot/7 --from 2026-03-02
  foulee study group join pilot mars pilot/7 --from 2026-03-02 --to 2026-03-27")]
pub struct GroupJoin {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The group's name
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The first day, YYYY-MM-DD
    #[arg(long, value_name = "D", value_parser = day)]
    pub from: NaiveDate,
    /// The last day [default: until it is said]
    #[arg(long, value_name = "D", value_parser = day)]
    pub to: Option<NaiveDate>,
}

/// Print a group's school days, or add some
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study group days pilot mars
  foulee study group days pilot mars 2026-03-03 2026-03-05")]
pub struct GroupDays {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The group's name
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// Days to add, YYYY-MM-DD
    #[arg(value_name = "DAY", value_parser = day)]
    pub days: Vec<NaiveDate>,
}

/// List a study's groups and who is in them
///
/// Rows: group, number, places, participant, from, to. The number is what /v1/groups takes. A group without members has a row
/// without one.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study group list pilot")]
pub struct GroupList {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Print a group's attendance sheet, or note who came
///
/// Rows: day, participant, state, noted_at, for everybody who is to come; an empty state is that nobody noted it. A later note
/// corrects.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study attendance pilot mars
  foulee study attendance pilot mars --day 2026-03-03
  foulee study attendance pilot mars pilot/7 present --day 2026-03-03")]
pub struct GroupAttendance {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The group's name
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// Participant: a UUID, or STUDY/EXTERNAL_ID; left out, the sheet is printed
    #[arg(value_name = "ID", requires_all = ["state", "day"])]
    pub id: Option<ParticipantRef>,
    /// Whether they came: present, excused or absent
    #[arg(value_name = "STATE", value_parser = state(), hide_possible_values = true)]
    pub state: Option<AttendanceState>,
    /// The school day, YYYY-MM-DD
    #[arg(long, value_name = "D", value_parser = day)]
    pub day: Option<NaiveDate>,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

fn state() -> impl TypedValueParser<Value = AttendanceState> {
    // Whatever passes the list is a state.
    PossibleValuesParser::new(AttendanceState::ALL.map(AttendanceState::as_str))
        .map(|word| AttendanceState::of_word(&word).unwrap_or(AttendanceState::Absent))
}

/// Set a study's arms, or print them
///
/// Set once. Slots come in permuted blocks, in each of which every arm has its share. The list follows from a seed that nobody
/// is shown before `foulee study unseal`: until then there is its SHA-256. Prints JSON.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
The seed stands in the data folder, where only its owner can read it. One given on the command line is seen by who looks over \
the machine: leave it random unless a third party drew it.

Examples:
  foulee study arms cohort --arms usual:1,coached:1 --block 4
  foulee study arms cohort --arms usual:1,coached:2 --block 6 --stratified
  foulee study arms cohort")]
pub struct StudyArms {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The arms with their shares; left out, the arms are printed
    #[arg(long, value_name = "ARM:SHARE,…", value_delimiter = ',', value_parser = arm, requires = "block")]
    pub arms: Vec<(String, u32)>,
    /// Slots of a block, a multiple of the shares' sum
    #[arg(long, value_name = "N")]
    pub block: Option<u32>,
    /// 64 hex digits, or random [default: random]
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub seed: Option<Seed>,
    /// A list of its own for each stratum that allocate names, such as a centre
    #[arg(long)]
    pub stratified: bool,
}

/// Where a seed comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// The system's random numbers.
    Random,
    /// These bytes.
    Given([u8; 32]),
}

/// Why a text is no arm or no seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmsTextError {
    /// Not `NAME:SHARE`.
    #[error("write it as NAME:SHARE, such as usual:1")]
    Arm,
    /// Not 64 hex digits, nor `random`.
    #[error("a seed is 64 hex digits, or random")]
    Seed,
}

fn arm(text: &str) -> Result<(String, u32), ArmsTextError> {
    let (name, share) = text.split_once(':').ok_or(ArmsTextError::Arm)?;
    Ok((name.to_owned(), share.parse().map_err(|_| ArmsTextError::Arm)?))
}

fn seed(text: &str) -> Result<Seed, ArmsTextError> {
    if text == "random" {
        return Ok(Seed::Random);
    }
    if text.len() != 64 || !text.is_ascii() {
        return Err(ArmsTextError::Seed);
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(2 * at..2 * at + 2).ok_or(ArmsTextError::Seed)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| ArmsTextError::Seed)?;
    }
    Ok(Seed::Given(bytes))
}

/// Allocate a participant to the next slot
///
/// Once and for good: asked again, it is the same slot. Prints JSON.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study allocate cohort cohort/7 --asked-by coordinator
  foulee study allocate cohort cohort/7 --asked-by coordinator --stratum Dijon")]
pub struct StudyAllocate {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The stratum, where the study has such
    #[arg(long, value_name = "S")]
    pub stratum: Option<String>,
    /// Who asks, by what they are; never a person's name
    #[arg(long, value_name = "WHO")]
    pub asked_by: String,
}

/// End the allocation and show the seed
///
/// With it anybody can compute the list again, and see that it is the one whose SHA-256 was shown before. From then on nobody
/// is allocated. Prints JSON.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
How the list follows from the seed is in docs/methods.md, Allocation.

Examples:
  foulee study unseal cohort --yes")]
pub struct StudyUnseal {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// What to do with subgroups.
#[derive(Clone, Debug, Subcommand)]
pub enum SubgroupCommand {
    /// Add the definition of a subgroup, from a file
    Add(SubgroupAdd),
    /// List a study's definitions
    List(SubgroupList),
    /// Print who is in a subgroup, who is not, and of whom it is not known
    Members(SubgroupMembers),
}

/// Add the definition of a subgroup, from a file
///
/// TOML or JSON: name, version, and conditions in `all`, each with name, attribute and one_of, at_least or at_most. The
/// attributes: birth_year, study, arm, group, consent.PURPOSE, score.KEY.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study subgroup add pilot ./work-fear.toml")]
pub struct SubgroupAdd {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// List a study's definitions
///
/// Rows: subgroup, version, conditions, added_at.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study subgroup list pilot")]
pub struct SubgroupList {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Print who is in a subgroup, who is not, and of whom it is not known
///
/// Rows: participant, belongs. The definition is its latest version.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee study subgroup members pilot work-fear")]
pub struct SubgroupMembers {
    /// The study's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The subgroup's name
    #[arg(value_name = "SUBGROUP")]
    pub subgroup: String,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}
