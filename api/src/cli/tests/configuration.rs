use super::super::{Command, Origin, TokenCommand};
use super::asked;
use crate::output::RowFormat;

const ID: &str = "01900000-0000-7000-8000-000000000001";
const LISTEN: &str = "listen = \"127.0.0.1:3\"";

#[test]
fn a_flag_beats_the_variable_beats_the_file_beats_the_default() {
    let env = [("FOULEE_LISTEN", "127.0.0.1:2")];
    let flag = ["serve", "--listen", "127.0.0.1:1"];
    let variable = Origin::Env { variable: "FOULEE_LISTEN".into() };
    let file = Origin::File { path: "file.toml".into(), line: 1 };
    let cases = [
        (asked(&flag).env(&env).file(LISTEN), 1, Origin::Flag),
        (asked(&["serve"]).env(&env).file(LISTEN), 2, variable),
        (asked(&["serve"]).file(LISTEN), 3, file.clone()),
        (asked(&["serve"]).env(&[("FOULEE_LISTEN", "")]).file(LISTEN), 3, file),
        (asked(&["serve"]), 7373, Origin::Default),
    ];
    for (asked, port, origin) in cases {
        let parsed = asked.parse().unwrap();
        let Command::Serve(serve) = parsed.cli.command else { panic!() };
        assert_eq!(serve.listen.port(), port);
        let setting = parsed.settings.get("listen").unwrap();
        assert_eq!((setting.origin(), setting.shown()), (&origin, serve.listen.to_string().as_str()));
    }
}

#[test]
fn a_global_flag_may_stand_before_or_after_the_command() {
    for line in
        [&["--data-dir", "d", "doctor"][..], &["doctor", "--data-dir", "d"], &["--data-dir=d", "doctor"]]
    {
        let parsed = asked(line).env(&[("FOULEE_DATA_DIR", "e")]).parse().unwrap();
        assert_eq!(parsed.cli.global.data_dir, std::path::Path::new("d"), "{line:?}");
        assert_eq!(parsed.settings.get("data_dir").unwrap().origin(), &Origin::Flag);
    }
}

#[test]
fn the_file_may_be_named_by_a_flag_too() {
    let line = ["--config", "other.toml", "doctor"];
    assert!(asked(&line).file("quiet = true").fault().contains("other.toml"));
    let parsed = asked(&["doctor", "--config", "file.toml"]).file("quiet = true").parse().unwrap();
    assert!(parsed.cli.global.quiet);
}

#[test]
fn a_switch_is_on_or_off_in_every_layer() {
    for (env, file, expected) in [
        ("1", "quiet = false", true),
        ("TRUE", "", true),
        ("off", "quiet = true", false),
        ("", "quiet = true", true),
        ("", "quiet = false", false),
    ] {
        let set = [("FOULEE_QUIET", env)];
        let parsed = asked(&["doctor"]).env(&set).file(file).parse().unwrap();
        assert_eq!(parsed.cli.global.quiet, expected, "{env} {file}");
    }
    let fault = asked(&["doctor"]).env(&[("FOULEE_QUIET", "maybe")]).fault();
    assert!(fault.contains("FOULEE_QUIET") && fault.contains("maybe"), "{fault}");
}

#[test]
fn a_flag_that_was_typed_shuts_out_what_others_say_of_its_rivals() {
    let parsed = asked(&["import", "a", "--participant", ID]).env(&[("FOULEE_STUDY", "s")]).parse().unwrap();
    let Command::Import(import) = parsed.cli.command else { panic!() };
    assert!(import.target.study.is_none() && import.target.participant.is_some());
    // The environment shuts out the file in the same way; equals are in conflict.
    let line = ["token", "add", "--label", "l"];
    let parsed = asked(&line).env(&[("FOULEE_READ_STUDY", "s")]).file("admin = true").parse().unwrap();
    let Command::Token(TokenCommand::Add(add)) = parsed.cli.command else { panic!() };
    assert!(!add.grant.admin && add.grant.read_study.is_some());
    let both = asked(&line).file("admin = true\nread-study = \"s\"").fault();
    assert!(both.contains("file.toml") && both.contains("cannot be used with"), "{both}");
    let parsed = asked(&["measures", ID]).env(&[("FOULEE_DICTIONARY", "1")]).parse().unwrap();
    assert!(matches!(parsed.cli.command, Command::Measures(measures) if !measures.what.dictionary));
}

#[test]
fn the_file_takes_numbers_dates_and_arrays() {
    let file = "port = 8080\nmetric = [\"steps\", \"worn\"]\nfrom = 2026-03-01\nstart-steps = 4000";
    let Command::Demo(demo) = asked(&["demo"]).file(file).parse().unwrap().cli.command else { panic!() };
    assert_eq!(demo.port, 8080);
    let Command::Readings(readings) = asked(&["readings", ID]).file(file).parse().unwrap().cli.command else {
        panic!()
    };
    assert_eq!(readings.metric.len(), 2);
    assert_eq!(readings.period.from.unwrap().to_string(), "2026-03-01");
}

#[test]
fn two_commands_may_mean_different_things_by_format() {
    let env = [("FOULEE_FORMAT", "json"), ("FOULEE_IMPORT_FORMAT", "fitabase"), ("FOULEE_STUDY", "s")];
    assert!(asked(&["import", "a"]).env(&env).parse().is_ok());
    let parsed = asked(&["minutes", ID]).env(&env).parse().unwrap();
    assert!(matches!(parsed.cli.command, Command::Minutes(minutes) if minutes.format == RowFormat::Json));
}

#[test]
fn a_fault_of_the_file_is_told_with_its_line() {
    let cases = [
        ("# a comment\n\nlisen = 1", "file.toml line 3", "listen"),
        ("data_dirs = \"x\"", "line 1", "data_dir"),
        ("config = \"x\"", "line 1", "unknown key"),
        ("[serve]\nlisten = \"127.0.0.1:1\"", "line 1", "unknown key"),
        ("data-dir = \"x\"\ndata_dir = \"y\"", "line 2", "twice"),
        ("quiet = true\nlisten = ", "line 2", "file.toml"),
        ("quiet = \"yes\"", "line 1", "true or false"),
        ("log = true", "line 1", "a text"),
        ("log = [\"text\"]", "line 1", "an array"),
        ("log = \"xml\"", "line 1", "text, json"),
    ];
    for (file, line, what) in cases {
        let fault = asked(&["doctor"]).file(file).fault();
        assert!(fault.contains(line) && fault.contains(what), "{file:?} says:\n{fault}");
    }
    let fault = asked(&["serve"]).env(&[("FOULEE_LISTEN", "x")]).fault();
    assert!(fault.contains("FOULEE_LISTEN"), "{fault}");
}

#[test]
fn config_check_shows_every_value_and_where_it_came_from() {
    let env = [("FOULEE_FORMAT", "json"), ("FOULEE_ADMIN", "no")];
    let file = "listen = \"127.0.0.1:3\"\nfrom = 2026-03-01T08:00:00Z";
    let parsed = asked(&["--data-dir", "d", "config", "check"]).env(&env).file(file).parse().unwrap();
    insta::assert_snapshot!("config-check-output", parsed.settings.to_string());
    // What it prints is a file that says the same.
    let printed = parsed.settings.to_string();
    let again = asked(&["config", "check"]).file(&printed).parse().unwrap().settings;
    for setting in parsed.settings.iter() {
        assert_eq!(again.get(setting.key()).unwrap().shown(), setting.shown());
    }
    // A value that no command could take is found, also one that this command does not need.
    let fault = asked(&["config", "check"]).file("listen = \"x\"").fault();
    assert!(fault.contains("file.toml line 1") && fault.contains("--listen"), "{fault}");
}
