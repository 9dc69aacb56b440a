//! The program as its users start it: help is a contract, what is wrong is named, and what needs no radio works.

use std::path::Path;
use std::process::{Command, Output};

fn gateway(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foulee-gateway"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FOULEE_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(args).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A configuration that works without a radio or a service, and the folder that it is in.
fn configured(change: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = include_str!("../gateway.toml");
    let spool = folder.path().join("spool");
    let sample = sample.replace("/var/lib/foulee-gateway", &spool.to_string_lossy());
    std::fs::write(folder.path().join("gateway.toml"), change(sample)).expect("a file");
    folder
}

#[test]
fn the_help_of_every_command_is_a_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let commands = ["", "run", "scan", "pair", "devices", "spool", "config", "doctor"];
    let help = commands.map(|command| {
        let args: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let output = gateway(folder.path(), &args);
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
        format!("$ foulee-gateway {}\n{}", args.join(" "), text(&output.stdout))
    });
    insta::assert_snapshot!(help.join("\n"));
}

#[test]
fn a_good_configuration_is_printed_and_a_wrong_one_is_named() {
    let good = configured(|sample| sample);
    let check = ["config", "check", "--config", "gateway.toml"];
    let output = gateway(good.path(), &check);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("family = \"infinitime\""));
    for (from, to, named) in [
        ("https://", "http://", "uplink.url"),
        ("max_bytes", "max_byte", "max_byte"),
        ("\"infinitime\"", "\"tricorder\"", "tricorder"),
    ] {
        let wrong = configured(|sample| sample.replacen(from, to, 1));
        let output = gateway(wrong.path(), &check);
        assert_eq!(output.status.code(), Some(2), "{named}");
        assert!(text(&output.stderr).contains(named), "{}", text(&output.stderr));
    }
}

#[test]
fn an_empty_spool_is_looked_into_and_is_its_owners_alone() {
    let folder = configured(|sample| sample);
    let output = gateway(folder.path(), &["spool", "inspect", "--json", "--config", "gateway.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["spool"]["waiting_commits"], 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name: &str| {
            let found = std::fs::metadata(folder.path().join("spool").join(name)).expect(name);
            found.permissions().mode() & 0o777
        };
        assert_eq!((mode(""), mode("key")), (0o700, 0o600));
    }
}
