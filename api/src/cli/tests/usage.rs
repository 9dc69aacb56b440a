use super::asked;

const ID: &str = "01900000-0000-7000-8000-000000000001";

#[test]
fn wrong_usage_says_what_is_wrong() {
    let cases: &[(&[&str], &str)] = &[
        (&["import", "a"], "--participant <ID>|--study <NAME>"),
        (&["import", "a", "--participant", ID, "--study", "s"], "cannot be used with"),
        (&["import", "a", "--study", "s", "--time-zone", "Paris"], "IANA time zone"),
        (&["import", "a", "--study", "s", "--format", "pdf"], "unknown format"),
        (&["import", "a", "--study", "s", "--map", "A"], "COLUMN=TARGET"),
        (&["import", "a", "--study", "s", "--map", "A=time", "--map", "A=end"], "twice"),
        (&["serve", "--listen", "7373"], "--listen"),
        (&["serve", "--role", "both"], "ingest, worker, api"),
        (&["serve", "--config"], "--config <FILE>"),
        (&["serve", "--lisen", "x"], "--listen"),
        (&["readings", "marie"], "STUDY/EXTERNAL_ID"),
        (&["readings", "s/"], "STUDY/EXTERNAL_ID"),
        (&["readings", "a/b/c"], "STUDY/EXTERNAL_ID"),
        (&["readings", ID, "--metric", "pulse"], "heart_rate"),
        (&["readings", ID, "--from", "yesterday"], "2026-03-31T08:00:00+02:00"),
        (&["readings", ID, "--from", "2026-03-02", "--to", "2026-03-01"], "is after"),
        (&["minutes", ID, "--from", "2026-3-1"], "2026-03-31"),
        (&["minutes", ID, "--from", "2026-02-30"], "2026-03-31"),
        (&["measures"], "<ID|--dictionary>"),
        (&["measures", ID, "--dictionary"], "cannot be used with"),
        (&["measures", ID, "--from", "2026-03-02", "--to", "2026-03-01"], "is after"),
        (&["measures", ID, "--format", "parquet"], "csv, json"),
        (&["adherence", ID, "--quota", "km"], "walk_minutes"),
        (&["programme", "assign", ID, "walk"], "--start <D>"),
        (&["participant", "add", "--birth-year", "74"], "1900"),
        (&["token", "add", "--label", "x"], "--admin"),
        (&["token", "add", "--admin"], "--label <L>"),
        (&["token", "revoke", "x"], "TOKEN_ID"),
    ];
    for (line, expected) in cases {
        let fault = asked(line).fault();
        assert!(fault.contains(expected), "{line:?} says:\n{fault}");
    }
}

#[test]
fn what_follows_two_dashes_is_no_flag() {
    let env = [("FOULEE_STUDY", "s"), ("FOULEE_TIME_ZONE", "Europe/Paris")];
    let parsed = asked(&["import", "--", "--odd", "-name"]).env(&env).parse().unwrap();
    let super::super::Command::Import(import) = parsed.cli.command else { panic!() };
    assert_eq!(import.paths.len(), 2);
    assert_eq!(import.target.study.as_deref(), Some("s"));
}

#[test]
fn without_a_home_the_folder_must_be_named() {
    let none = |_: &str| None;
    let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let parse = |line: &[&str]| super::super::parse(line.iter().map(Into::into), &none, &read);
    assert!(parse(&["foulee", "doctor"]).unwrap_err().to_string().contains("--data-dir"));
    assert!(parse(&["foulee", "doctor", "--data-dir", "d"]).is_ok());
}
