use foulee_contract::{Metric, SourceKind};
use foulee_ingest::import::{ColumnTarget, FormatChoice, Target};

use super::super::{
    Command, LogFormat, Moment, ParticipantCommand, ParticipantRef, ProgrammeCommand, ProgrammeRef, QuotaArg,
    Role, TokenCommand,
};
use super::asked;
use crate::output::RowFormat;

const ID: &str = "01900000-0000-7000-8000-000000000001";

fn command(line: &[&str]) -> Command {
    asked(line).parse().unwrap().cli.command
}

#[test]
fn nothing_said_gives_the_documented_defaults() {
    let parsed = asked(&["serve"]).parse().unwrap();
    let Command::Serve(serve) = parsed.cli.command else { panic!() };
    assert_eq!((serve.listen.to_string().as_str(), serve.role), ("127.0.0.1:7373", Role::All));
    assert!(parsed.cli.global.data_dir.ends_with("foulee") && parsed.cli.global.data_dir.is_absolute());
    assert_eq!(parsed.cli.global.log_format(true), LogFormat::Text);
    assert_eq!(parsed.cli.global.log_format(false), LogFormat::Json);
    let Command::Demo(demo) = command(&["demo"]) else { panic!() };
    assert_eq!((demo.port, demo.check), (0, false));
    let Command::Adherence(adherence) = command(&["adherence", ID]) else { panic!() };
    assert_eq!((adherence.quota, adherence.as_of), (QuotaArg::Steps, None));
    let Command::Minutes(minutes) = command(&["minutes", ID]) else { panic!() };
    assert_eq!((minutes.format, minutes.period.from), (RowFormat::Csv, None));
}

#[test]
fn an_import_becomes_the_importers_options() {
    let line = ["import", "a", "b", "--study", "s", "--time-zone", "Europe/Paris", "--map", "T=time,P=steps"];
    let more = ["--map", "H=heart_rate", "--source", "watch", "--format", "fitabase", "--kind", "foot_pod"];
    let Command::Import(import) = command(&[&line[..], &more].concat()) else { panic!() };
    assert_eq!((import.paths.len(), import.target.study.as_deref()), (2, Some("s")));
    let options = import.options(Target::Study);
    assert_eq!(options.time_zone, Some(chrono_tz::Europe::Paris));
    assert_eq!(options.source.as_deref(), Some("watch"));
    assert_eq!(options.kind, Some(SourceKind::FootPod));
    assert!(matches!(options.format, FormatChoice::Named("fitabase")));
    let map: Vec<_> = options.map.entries().collect();
    let metric = ColumnTarget::Metric;
    let expected =
        [("T", ColumnTarget::Time), ("P", metric(Metric::Steps)), ("H", metric(Metric::HeartRate))];
    assert_eq!(map, expected);
}

#[test]
fn a_participant_is_named_by_pseudonym_or_by_study() {
    let external = ParticipantRef::External { study: "Étude 1".into(), external_id: "7".into() };
    for (text, expected) in [(ID, ParticipantRef::Id(ID.parse().unwrap())), ("Étude 1/7", external)] {
        let Command::Readings(readings) = command(&["readings", text]) else { panic!() };
        assert_eq!(readings.id, expected);
        assert_eq!(readings.id.to_string(), text);
    }
}

#[test]
fn a_time_is_an_instant_or_a_date() {
    let line = ["readings", ID, "--from", "2026-03-01T01:30:00+02:00", "--to", "2026-03-02"];
    let Command::Readings(readings) = command(&[&line[..], &["--metric", "steps,worn"]].concat()) else {
        panic!()
    };
    let Some(Moment::At(from)) = readings.period.from else { panic!() };
    assert_eq!(from.to_rfc3339(), "2026-02-28T23:30:00+00:00");
    assert!(matches!(readings.period.to, Some(Moment::Day(day)) if day.to_string() == "2026-03-02"));
    assert_eq!(readings.metric, [Metric::Steps, Metric::Worn]);
}

#[test]
fn a_programme_is_a_name_unless_it_can_be_none() {
    for (text, is_name) in
        [("graded-walking", true), ("./walk", false), ("walk.json", false), ("Walk", false)]
    {
        let line = ["programme", "assign", ID, text, "--start", "2026-03-02"];
        let Command::Programme(ProgrammeCommand::Assign(assign)) = command(&line) else { panic!() };
        assert_eq!(matches!(assign.programme, ProgrammeRef::Name(_)), is_name, "{text}");
    }
}

#[test]
fn the_registry_commands_take_what_they_need() {
    let line =
        ["participant", "add", "--id", ID, "--external-id", "7", "--study", "s", "--birth-year", "1974"];
    let Command::Participant(ParticipantCommand::Add(add)) = command(&line) else { panic!() };
    assert_eq!((add.id.map(|id| id.to_string()).as_deref(), add.birth_year), (Some(ID), Some(1974)));
    let line = ["token", "add", "--admin", "--label", "cli", "--expires-days", "9"];
    let Command::Token(TokenCommand::Add(add)) = command(&line) else { panic!() };
    assert!(add.grant.admin && add.expires_days == Some(9));
    let Command::Token(TokenCommand::Revoke(revoke)) = command(&["token", "revoke", "3"]) else { panic!() };
    assert_eq!(revoke.id.get(), 3);
    let Command::Measures(measures) = command(&["measures", "--dictionary", "--format", "json"]) else {
        panic!()
    };
    assert!(measures.what.dictionary && measures.format == RowFormat::Json);
}
