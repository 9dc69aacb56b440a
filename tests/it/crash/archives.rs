//! Kill after kill while people's own exports are imported, and an import that somebody stops by hand.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use foulee_contract::ParticipantId;
use serde_json::Value;

use super::chance::Chance;
use super::days::Setup;
use super::exports::Export;
use super::found::{Depth, Found, open};
use super::import::{STUDY, TIME_ZONE};
use super::program::{Process, ask, complaints, copy, foulee};

/// What the imports came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) kills: usize,
    /// Stopped by SIGINT.
    pub(crate) stops: usize,
    /// Imports that were done before they were to be killed, and do not count.
    pub(crate) too_late: usize,
    /// Kills that left more behind than the ones before.
    pub(crate) further: usize,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Readings of the finished folders.
    pub(crate) readings: u64,
}

/// What an import says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    accepted: u64,
    new: u64,
    duplicate: u64,
    rejected: u64,
}

/// Imports an export into one folder, stopped `kills` times on the way, then to the end; and holds that against an import
/// that nobody stopped.
pub(crate) fn one_export(
    root: &Path,
    export: &Export,
    kills: usize,
    chance: &mut Chance,
    figures: &mut Figures,
) {
    let setup = Setup {
        study: STUDY,
        time_zone: TIME_ZONE,
        people: vec![(ParticipantId::from_parts(1_767_571_200_000, [7; 10]), "7".to_owned())],
        programme: None,
    };
    let (clean, folder) = (root.join("clean"), root.join("data"));
    setup.apply(&clean);
    setup.apply(&folder);
    let begun = Instant::now();
    let whole = finish(export, &clean);
    let (mut left, mut time) = (kills, begun.elapsed());
    let mut before = Found::default();
    while left > 0 {
        let slice = time / u32::try_from(kills).expect("few kills");
        let from = slice * u32::try_from(kills - left).expect("few kills");
        let process = Process::start(command(export, &folder).stdout(Stdio::null()), &complaints(&folder));
        thread::sleep(chance.moment(from, from + slice));
        // The last one is stopped as somebody at a terminal does it.
        let was_running = if left == 1 { process.interrupt() } else { process.kill() };
        if !was_running {
            // What is known already is read faster: kill the next ones earlier.
            time = (time * 4 / 5).max(Duration::from_millis(10));
            figures.too_late += 1;
            assert!(figures.too_late < 100 * kills, "{}: it is over before it can be killed", export.name);
            continue;
        }
        *(if left == 1 { &mut figures.stops } else { &mut figures.kills }) += 1;
        left -= 1;
        let mut faults = Vec::new();
        let depth = if left == 0 { Depth::Deep } else { Depth::Quick };
        let (_, found) = open(&copy(&folder, "seen"), depth, &mut faults);
        assert!(faults.is_empty(), "{}, {left} kills before the last: {faults:?}", export.name);
        figures.lost += found.missing(&before);
        figures.doubled += found.doubled;
        figures.further += usize::from(found.readings > before.readings);
        before = found;
    }
    let said = finish(export, &folder);
    // What was there is told as known, and what was not as new.
    let new = whole.new - before.readings;
    let expected = Told { new, duplicate: whole.accepted - new, ..whole };
    assert_eq!(said, expected, "{}: what the last import says of {} readings", export.name, before.readings);
    let digest = |folder: &Path| ask(folder, &["store", "digest"]);
    assert_eq!(
        digest(&folder),
        digest(&clean),
        "{}: the digest after kills and that of a clean import",
        export.name
    );
    figures.readings += said.new + before.readings;
}

fn command(export: &Export, folder: &Path) -> Command {
    let mut command = Command::new(foulee());
    let whose = format!("{STUDY}/7");
    command
        .args(["import", "--json", "--participant", &whose, "--time-zone", TIME_ZONE, "--data-dir"])
        .arg(folder);
    command.arg(&export.path);
    command
}

/// Imports to the end; what it says.
fn finish(export: &Export, folder: &Path) -> Told {
    let output = command(export, folder).env_clear().stdin(Stdio::null()).output().expect("foulee runs");
    let (text, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // A reading that is refused, as some of the samples' are, is told by the exit code.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}: {said}{text}", export.name);
    let said: Value = serde_json::from_str(&text).expect("JSON");
    let count = |name: &str| said[name].as_u64().expect("a count");
    Told {
        accepted: count("accepted"),
        new: count("new"),
        duplicate: count("duplicate"),
        rejected: count("rejected"),
    }
}
