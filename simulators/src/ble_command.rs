//! `foulee-sim ble`: its arguments and the run.

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use clap::Args;
use foulee_sim::{Bluetooth, Command, Options, Plan, Report, SimError};

/// How often is looked whether the bus is still there.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Play wearables on a private D-Bus, as BlueZ would show them.
///
/// The wearables follow people with a known truth, in real time. The program becomes org.bluez on
/// the bus: start one for it alone (dbus-daemon --config-file). A client finds them when its
/// DBUS_SYSTEM_BUS_ADDRESS is the same address.
///
/// Files in the folder, if one is given:
///
///   ledger.jsonl  a line for each value handed to D-Bus: device, address, kind, t_ms, sent_ms,
///                 value, seq, linked, via
///   report.json   written at the end: each wearer's steps by day, counter epochs, links
///   known.json    what org.bluez knows of devices and bonds, for a next run with the same folder
///
/// Commands are lines of JSON on standard input, each answered by a line of JSON:
///
///   {"command":"drop","device":"strap-1"}    the link is lost; without a device all links
///   {"command":"silence","for_s":10}         the link is up, nothing is sent
///   {"command":"away","for_s":10}            out of range
///   {"command":"restart","device":"band-1"}  the device starts anew, what it counted is lost
///   {"command":"daemon_restart","for_s":1}   org.bluez leaves the bus and comes back
///   {"command":"report"}                     the report, with the ledger if there is no folder
///   {"command":"stop"}                       the report, and the end
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "A plan, with all its keys (times are seconds since the start):
  adapters = 1
  time_zone = \"Europe/Paris\"
  walking = false                       # true: everybody walks all the time
  walking_from_ms = 1767571200000       # or from then on, milliseconds since 1970, UTC
  [radio]
  connect_ms = 50
  discovery_ms = 30
  connect_timeout_s = 20
  connect_queue = \"wait\"                # or in_progress
  temporary_timeout_s = 30
  unpaired = \"refuse\"                   # or pair: an encrypted read starts pairing
  pairing_timeout_s = 30
  [faults]
  drop_every_s = 20
  silent = [{ from_s = 30, for_s = 10, every_s = 60 }]
  out_of_range = [{ from_s = 90, for_s = 10 }]
  no_contact = [{ from_s = 15, for_s = 5 }]
  counter_reset = [45]
  stale_first_value = true
  malformed = 0.01
  connect_fail = 0.1
  clock_offset_ms = -3600000
  clock_drift_ppm = 50
  year_2000 = false
  slow_pairing_s = 5
  [[wearable]]
  kind = \"strap\"                        # infinitime, foot_pod, band, ring, step_climber
  count = 25
  person = 7                            # seed of the first wearer
  bonding = false
  adapter = 0
  [wearable.faults]                     # replace those above key by key
  drop_every_s = 7

Exit codes: 0 done, 1 failed, 2 wrong usage (a plan with an unknown key, too).

Example: foulee-sim ble --bus unix:abstract=foulee-sim --plan fifty.toml --out run-1 --seconds 60"
)]
pub(crate) struct BleArgs {
    /// Address of the bus, such as unix:abstract=foulee-sim.
    #[arg(long, value_name = "ADDRESS", env = "FOULEE_BUS")]
    bus: String,
    /// What to simulate, see below; without it a strap and a watch.
    #[arg(long, value_name = "FILE", env = "FOULEE_PLAN")]
    plan: Option<PathBuf>,
    /// Folder for the files. A ledger that is there is continued.
    #[arg(long, value_name = "FOLDER", env = "FOULEE_OUT")]
    out: Option<PathBuf>,
    /// Seed of people, faults and beats.
    #[arg(long, value_name = "N", env = "FOULEE_SEED", default_value_t = 1)]
    seed: u64,
    /// When the truth's clock starts, in milliseconds since 1970, UTC [default: now].
    #[arg(long, value_name = "MS", env = "FOULEE_START_MS")]
    start_ms: Option<i64>,
    /// Ends after this time; without it, when told to.
    #[arg(long, value_name = "S", env = "FOULEE_SECONDS")]
    seconds: Option<u64>,
}

/// Plays until the time is over, a command says stop, or the bus is gone.
pub(crate) fn run(args: &BleArgs) -> Result<(), SimError> {
    let plan = args.plan.as_deref().map_or_else(|| Ok(Plan::default()), Plan::read)?;
    let options = Options { seed: args.seed, start_ms: args.start_ms, out: args.out.clone() };
    let started = Instant::now();
    let bluetooth = Bluetooth::start(&args.bus, plan, &options)?;
    eprintln!("org.bluez is on {}", args.bus);
    let lines = read_lines();
    let mut has_input = true;
    loop {
        let over = args.seconds.is_some_and(|seconds| started.elapsed() >= Duration::from_secs(seconds));
        if over || bluetooth.has_ended() {
            break;
        }
        if !has_input {
            std::thread::sleep(LOOK_AGAIN);
            continue;
        }
        match lines.recv_timeout(LOOK_AGAIN) {
            Ok(line) => {
                if answer(&bluetooth, &line)? {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => has_input = false,
        }
    }
    if bluetooth.has_ended() {
        return Err(SimError::BusGone);
    }
    let report = bluetooth.stop()?;
    write_report(args.out.as_deref(), &report)?;
    print(&report)
}

/// Does what a line says; whether it says stop.
fn answer(bluetooth: &Bluetooth, line: &str) -> Result<bool, SimError> {
    let done = Command::parse(line).and_then(|command| match command {
        Command::Stop => Ok(true),
        Command::Report => print(&bluetooth.report()?).map(|()| false),
        command => {
            bluetooth.command(command)?;
            print(&serde_json::json!({ "done": true })).map(|()| false)
        }
    });
    match done {
        Err(error @ (SimError::Command(_) | SimError::NoSuchDevice)) => {
            print(&serde_json::json!({ "error": error.to_string() }))?;
            Ok(false)
        }
        done => done,
    }
}

fn read_lines() -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let lines = io::stdin().lock().lines().map_while(Result::ok);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn write_report(folder: Option<&Path>, report: &Report) -> Result<(), SimError> {
    let Some(folder) = folder else { return Ok(()) };
    let path = folder.join("report.json");
    let mut text = serde_json::to_string_pretty(report)
        .map_err(|source| SimError::Json { path: path.clone(), source })?;
    text.push('\n');
    std::fs::write(&path, text).map_err(|source| SimError::Write { path, source })
}

fn print(value: &impl serde::Serialize) -> Result<(), SimError> {
    let line = serde_json::to_string(value)
        .map_err(|source| SimError::Json { path: PathBuf::from("standard output"), source })?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(SimError::Print)
}
