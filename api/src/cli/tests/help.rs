use clap::CommandFactory;

use super::super::{Cli, Exit};
use super::asked;

const WIDTH: usize = 100;
/// A terminal's screen, the prompts that follow included.
const SCREEN_LINES: usize = 50;

fn snapshots(command: &clap::Command, path: &str) {
    let mut command = command.clone().term_width(WIDTH);
    let has_examples =
        command.get_after_long_help().is_some_and(|help| help.to_string().contains("Examples:"));
    assert!(has_examples || command.has_subcommands(), "{path} --help has no example");
    let (short, long) = (command.render_help().to_string(), command.render_long_help().to_string());
    assert!(short.lines().count() <= SCREEN_LINES, "{path} -h does not fit a screen");
    insta::assert_snapshot!(path.replace(' ', "-"), long);
    insta::assert_snapshot!(format!("{}-short", path.replace(' ', "-")), short);
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        snapshots(below, &format!("{path} {}", below.get_name()));
    }
}

#[test]
fn the_help_of_every_command_is_a_contract() {
    let mut root = Cli::command();
    root.build();
    snapshots(&root, "foulee");
}

#[test]
fn the_definitions_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn help_and_version_are_no_failure_whatever_the_configuration() {
    for line in [&["--help"][..], &["-h"], &["--version"], &["help", "serve"], &["token", "add", "--help"]] {
        let error = asked(line).file("no TOML").parse().unwrap_err();
        assert_eq!(error.exit(), Exit::Done, "{line:?}");
    }
    for line in [&[][..], &["token"], &["no-such-command"]] {
        assert_eq!(asked(line).parse().unwrap_err().exit(), Exit::Usage, "{line:?}");
    }
}

#[test]
fn every_example_of_the_help_is_understood() {
    fn examples(command: &clap::Command, found: &mut Vec<String>) {
        let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().filter_map(|line| line.strip_prefix("  foulee "));
        found.extend(lines.map(str::to_owned));
        command.get_subcommands().for_each(|below| examples(below, found));
    }
    let mut found = Vec::new();
    examples(&Cli::command(), &mut found);
    assert!(found.len() > 15, "{found:?}");
    for example in found {
        let typed = example.split("  ").next().unwrap().split(" > ").next().unwrap();
        // As a shell would: quotes hold words together.
        let words: Vec<String> = typed
            .split('\'')
            .enumerate()
            .flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Err(error) = asked(&words).parse() {
            panic!("{example}: {error}");
        }
    }
}
