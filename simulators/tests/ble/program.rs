//! `foulee-sim ble` as a program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use btleplug::api::{Central as _, Peripheral as _};
use foulee_gatt::uuids::INFINITIME_STEPS;
use foulee_sim::bus::PrivateBus;
use serde_json::Value;

use crate::client::{adapter, characteristic, collect, connect_only, on_private_bus};

struct Program {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Program {
    fn start(bus: &str, out: &Path, plan: &str) -> Self {
        let file = out.join("plan.toml");
        std::fs::write(&file, plan).unwrap();
        let mut child = command(bus)
            .arg("--plan")
            .arg(file)
            .arg("--out")
            .arg(out)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self { child, answers };
        // It answers once it is on the bus.
        program.ask(r#"{"command":"report"}"#);
        program
    }

    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.child.stdin.as_ref().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

fn command(bus: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foulee-sim"));
    command.args(["ble", "--bus", bus, "--seed", "5"]);
    command
}

fn run(bus: &str, plan: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.toml");
    std::fs::write(&file, plan).unwrap();
    command(bus).arg("--plan").arg(file).args(more).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_killed_program_goes_on_where_it_was() {
    on_private_bus("program::a_killed_program_goes_on_where_it_was", async |bus| {
        let folder = tempfile::tempdir().unwrap();
        let plan = "walking = true\n[[wearable]]\nkind = 'infinitime'";
        let mut program = Program::start(bus, folder.path(), plan);
        let adapter = adapter().await;
        let watch = connect_only(&adapter).await;
        let mut notifications = watch.notifications().await.unwrap();
        watch.subscribe(&characteristic(&watch, INFINITIME_STEPS)).await.unwrap();
        let mut got = collect(&mut notifications, Duration::from_millis(2500)).await;
        assert_eq!(
            program.ask(r#"{"command":"jump"}"#)["error"].as_str().map(|error| error.contains("no command")),
            Some(true)
        );
        assert_eq!(program.ask(r#"{"command":"silence","for_s":0}"#)["done"], true);
        program.child.kill().unwrap();
        program.child.wait().unwrap();

        let mut program = Program::start(bus, folder.path(), plan);
        assert_eq!(adapter.peripherals().await.unwrap().len(), 1, "it is known without a scan");
        watch.connect().await.unwrap();
        watch.discover_services().await.unwrap();
        watch.subscribe(&characteristic(&watch, INFINITIME_STEPS)).await.unwrap();
        got.extend(collect(&mut notifications, Duration::from_millis(2500)).await);
        let report = program.ask(r#"{"command":"stop"}"#);
        assert_eq!(program.child.wait().unwrap().code(), Some(0));

        let ledger = std::fs::read_to_string(folder.path().join("ledger.jsonl")).unwrap();
        let steps: Vec<u32> = ledger
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|entry| {
                entry["kind"] == "step_counter" && entry["via"] == "notify" && entry["linked"] == true
            })
            .map(|entry| entry["value"].as_u64().unwrap() as u32)
            .collect();
        let got: Vec<u32> = got
            .iter()
            .map(|notification| u32::from_le_bytes(notification.value.as_slice().try_into().unwrap()))
            .collect();
        assert_eq!(steps, got);
        assert!(steps.is_sorted(), "the watch counted on: {steps:?}");
        let written: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.path().join("report.json")).unwrap())
                .unwrap();
        assert_eq!(written["devices"], report["devices"]);
        assert_eq!(written["devices"][0]["device"], "infinitime-1");
    });
}

#[test]
fn it_ends_after_its_seconds_and_prints_the_report() {
    on_private_bus("program::it_ends_after_its_seconds_and_prints_the_report", async |bus| {
        let output = run(bus, "[[wearable]]\nkind = 'band'\ncount = 3", &["--seconds", "1"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["devices"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn wrong_plans_end_with_2_and_a_bus_that_is_not_there_with_1() {
    for (plan, words) in [
        ("adapters = 1\nwearables = 3\n", ["line 2", "wearables"]),
        ("[[wearable]]\nkind = 'strap'\n[wearable.faults]\ndrop_every = 3\n", ["line 4", "drop_every"]),
        ("[[wearable]]\nkind = 'strap'\nadapter = 1\n", ["adapter 1", "adapters = 1"]),
    ] {
        let output = run("unix:path=/nowhere", plan, &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    let output = run("unix:path=/nowhere", "", &["--start-ms", "-1"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = run("unix:path=/nowhere", "", &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn the_plan_in_the_help_is_one() {
    let help = Command::new(env!("CARGO_BIN_EXE_foulee-sim")).args(["ble", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, plan) = help.split_once("since the start):\n").unwrap();
    let (plan, _) = plan.split_once("Exit codes").unwrap();
    let plan: foulee_sim::Plan = plan.parse().unwrap();
    assert_eq!(plan.wearables[0].count.get(), 25);
}

#[test]
fn without_its_bus_it_ends() {
    if !PrivateBus::is_available() {
        eprintln!("left out: dbus-daemon is not installed");
        return;
    }
    let mut bus = PrivateBus::start().unwrap();
    let mut child = command(bus.address()).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("org.bluez is on"), "{line}");
    bus.kill();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
