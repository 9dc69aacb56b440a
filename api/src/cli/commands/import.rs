use std::path::PathBuf;

use chrono_tz::Tz;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use foulee_contract::SourceKind;
use foulee_ingest::import::{ColumnMap, FormatChoice, ImportError, Options, Target};

use crate::cli::ParticipantRef;
use crate::cli::values::{study, zone};

/// Read people's own exports; doing it again changes nothing
///
/// Formats are detected by content; folders are walked. With --study, each person of a many-person export becomes a
/// participant of that study, found again by the export's own id. What a folder holds besides is skipped, which is no
/// failure.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
The variable of --format is FOULEE_IMPORT_FORMAT and its key import_format: FOULEE_FORMAT and format are the shape in \
which other commands print.

The kinds are watch, ring, strap, foot_pod, phone, accelerometer, manual and unknown. Without --kind a file is a \
watch's, also a table that holds nothing but steps: say phone where it is a phone's. Kind and name are the source: give \
them alike for two exports of one device, and the readings that both hold are stored once. An export that names each of \
its devices itself (Apple Health, FIT, Gadgetbridge, Health Connect and others) takes neither, and needs --participant.

Examples:
  foulee import --study pilot --time-zone Europe/Paris Fitabase/
  foulee import --participant pilot/7 --kind phone steps.csv
  foulee import --participant pilot/7 --map 'Timestamp=time,Pulse=heart_rate' heart.csv")]
pub struct Import {
    /// Files and folders to read
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Whose readings they are.
    #[command(flatten)]
    pub target: ImportTarget,
    /// Zone of local times that carry no offset, such as Europe/Paris
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub time_zone: Option<Tz>,
    /// What the files are: auto, an importer, or one of its formats
    #[arg(id = "import_format", long = "format", value_name = "NAME", default_value = "auto")]
    pub format: FormatChoice,
    /// What sort of device it was; a phone is carried and not worn, so it never shows rest [default: watch]
    #[arg(long, value_name = "KIND", value_parser = kind(), hide_possible_values = true)]
    pub kind: Option<SourceKind>,
    /// Name of the device within its participant [default: the format's own]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Columns by name: a metric, or time, end, participant, offset, kind, value
    #[arg(long, value_name = "COL=TARGET,…", value_parser = mapping)]
    pub map: Vec<String>,
    /// Write nothing: say what the files hold, from when to when, of which devices, what of it is stored already, which
    /// stored sources tell of the same days, and what would be refused and why
    #[arg(long)]
    pub dry_run: bool,
    /// Print the summary as JSON
    #[arg(long)]
    pub json: bool,
}

/// Whose readings the files hold: exactly one is given.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct ImportTarget {
    /// The one person whose readings they are
    #[arg(long, value_name = "ID")]
    pub participant: Option<ParticipantRef>,
    /// Study whose participants they are, told apart by the export's own ids
    #[arg(long, value_name = "NAME", value_parser = study)]
    pub study: Option<String>,
}

impl Import {
    /// What the importers are asked for, once it is known whose readings these are.
    #[must_use]
    pub fn options(&self, target: Target) -> Options {
        Options {
            target,
            time_zone: self.time_zone,
            format: self.format,
            kind: self.kind,
            source: self.source.clone(),
            // Checked when parsed.
            map: self.column_map().unwrap_or_default(),
        }
    }

    pub(in crate::cli) fn column_map(&self) -> Result<ColumnMap, ImportError> {
        self.map.join(",").parse()
    }
}

/// What somebody can have recorded with; a gateway speaks for itself.
const KINDS: [&str; 8] =
    ["watch", "ring", "strap", "foot_pod", "phone", "accelerometer", "manual", "unknown"];

fn kind() -> impl TypedValueParser<Value = SourceKind> {
    // Whatever passes the list has a kind.
    PossibleValuesParser::new(KINDS).map(|text| SourceKind::from_text(&text).unwrap_or(SourceKind::Unknown))
}

/// Checks one `--map` by itself, so that its fault is told with the flag.
fn mapping(text: &str) -> Result<String, ImportError> {
    text.parse::<ColumnMap>().map(|_| text.to_owned())
}
