//! Malformed documents: refused, each with the line and the field of what is wrong, the same in TOML and in JSON.

use super::*;

/// What is changed in the sound document (`§` marks the line at fault), the field that must be named, and a word of the
/// reason.
struct Case {
    name: &'static str,
    toml: (&'static str, &'static str),
    json: (&'static str, &'static str),
    field: &'static str,
    says: &'static str,
}

macro_rules! cases {
    ($($name:literal: $toml:expr, $json:expr => $field:literal, $says:literal;)*) => {
        &[$(Case { name: $name, toml: $toml, json: $json, field: $field, says: $says }),*]
    };
}

const TABLE: &[Case] = cases! {
    "another contract":
        ("contract = 1", "§contract = 2"), (r#""contract": 1"#, r#"§"contract": 2"#)
        => "contract", "from 1 to 1, not 2";
    "no name":
        ("contract = 1\nname = \"mine\"", "§contract = 1"), ("{\n  \"contract\": 1,\n  \"name\": \"mine\"", "§{\n  \"contract\": 1")
        => "name", "missing";
    "a name with a capital":
        ("name = \"mine\"", "§name = \"Mine\""), (r#""name": "mine""#, r#"§"name": "Mine""#)
        => "name", "a-z";
    "version 0":
        ("version = 3", "§version = 0"), (r#""version": 3"#, r#"§"version": 0"#)
        => "version", "from 1";
    "a version in words":
        ("version = 3", "§version = \"3\""), (r#""version": 3"#, r#"§"version": "3""#)
        => "version", "a whole number belongs here, not a text";
    "a version beyond any number":
        ("version = 3", "§version = 9223372036854775807"), (r#""version": 3"#, r#"§"version": 123456789012345678901234567890123456789012345"#)
        => "version", "from 1";
    "no English title":
        (r#"title = { fr = "Le mien", en = "Mine" }"#, r#"§title = { fr = "Le mien" }"#), (r#""title": {"fr": "Le mien", "en": "Mine"}"#, r#"§"title": {"fr": "Le mien"}"#)
        => "title.en", "missing";
    "a French title that says nothing":
        (r#"fr = "Le mien""#, r#"§fr = " ""#), (r#"{"fr": "Le mien""#, r#"§{"fr": " ""#)
        => "title.fr", "says nothing";
    "a title in German too":
        (r#"en = "Mine" }"#, r#"en = "Mine", §de = "Meins" }"#), (r#""en": "Mine"}"#, r#""en": "Mine", §"de": "Meins"}"#)
        => "title.de", "here are fr, en";
    "a title with a line break":
        (r#"en = "Mine" }"#, r#"§en = "Mi\nne" }"#), (r#""en": "Mine"}"#, r#"§"en": "Mi\nne"}"#)
        => "title.en", "control";
    "an unknown contingency":
        ("contingency = \"pain_modulated\"", "§contingency = \"pain-modulated\""), (r#""contingency": "pain_modulated""#, r#"§"contingency": "pain-modulated""#)
        => "contingency", "did you mean pain_modulated?";
    "a calendar that waits for pain":
        ("contingency = \"pain_modulated\"\nprogression = \"adjuster\"", "§contingency = \"pain_modulated\""), ("\"contingency\": \"pain_modulated\",\n  \"progression\": \"adjuster\"", "§\"contingency\": \"pain_modulated\",\n  \"progression\": \"calendar\"")
        => "contingency", "waits for nothing";
    "an unknown progression":
        ("progression = \"adjuster\"", "§progression = \"coach\""), (r#""progression": "adjuster""#, r#"§"progression": "coach""#)
        => "progression", "adjuster, calendar";
    "a group of one":
        ("group_size = 6", "§group_size = 1"), (r#""group_size": 6"#, r#"§"group_size": 1"#)
        => "group_size", "from 2 to 30";
    "a stage of no weeks":
        ("weeks = 2", "§weeks = 0"), (r#""weeks": 2"#, r#"§"weeks": 0"#)
        => "stages[0].weeks", "from 1 to 104";
    "a stage of half weeks":
        ("weeks = 2", "§weeks = 2.5"), (r#""weeks": 2"#, r#"§"weeks": 2.5"#)
        => "stages[0].weeks", "not a fraction";
    "a stage without weeks":
        ("[[stages]]\nfrom_week = 5\nweeks = 4", "§[[stages]]\nfrom_week = 5"), ("{\n      \"from_week\": 5,\n      \"weeks\": 4,", "§{\n      \"from_week\": 5,")
        => "stages[1].weeks", "missing";
    "a misspelt key":
        ("from_week = 5", "§fromweek = 5"), (r#""from_week": 5"#, r#"§"fromweek": 5"#)
        => "stages[1].fromweek", "did you mean from_week?";
    "overlapping stages":
        ("from_week = 5", "§from_week = 2"), (r#""from_week": 5"#, r#"§"from_week": 2"#)
        => "stages[1].from_week", "the first free week is 3";
    "a programme for ten years and a week":
        ("from_week = 5\nweeks = 4", "from_week = 518\n§weeks = 4"), ("\"from_week\": 5,\n      \"weeks\": 4", "\"from_week\": 518,\n      §\"weeks\": 4")
        => "stages[1].weeks", "at most 520";
    "no quota":
        ("[[stages.quotas]]\nkind = \"stretching\"\nper_week = 7\ntarget = 20", "§quotas = []"), ("\"quotas\": [\n        {\n          \"kind\": \"stretching\",\n          \"per_week\": 7,\n          \"target\": 20\n        }\n      ]", "§\"quotas\": []")
        => "stages[1].quotas", "1 to 6 of them, not 0";
    "an unknown type":
        ("kind = \"walk_minutes\"", "§kind = \"walk_minute\""), (r#""kind": "walk_minutes""#, r#"§"kind": "walk_minute""#)
        => "stages[0].quotas[1].kind", "did you mean walk_minutes?";
    "a type of its own":
        ("kind = \"stretching\"", "§kind = \"swimming\""), (r#""kind": "stretching""#, r#"§"kind": "swimming""#)
        => "stages[1].quotas[0].kind", "one of steps, walk_minutes, stretching, strengthening, relaxation, workshop";
    "a negative dose":
        ("target = 4000", "§target = -4000"), (r#""target": 4000"#, r#"§"target": -4000"#)
        => "stages[0].quotas[0].target", "from 1 to 100000, not -4000";
    "no dose":
        ("target = 20", "§target = 0"), (r#""target": 20"#, r#"§"target": 0"#)
        => "stages[1].quotas[0].target", "from 1";
    "more steps than anybody can":
        ("target = 4000", "§target = 100001"), (r#""target": 4000"#, r#"§"target": 100001"#)
        => "stages[0].quotas[0].target", "100000";
    "a session of five hours":
        ("target = 20", "§target = 300"), (r#""target": 20"#, r#"§"target": 300"#)
        => "stages[1].quotas[0].target", "from 1 to 240, not 300";
    "neither amount nor baseline":
        ("[[stages.quotas]]\nkind = \"steps\"\nper_week = 5\ntarget = 4000", "§[[stages.quotas]]\nkind = \"steps\"\nper_week = 5"), ("{\n          \"kind\": \"steps\",\n          \"per_week\": 5,\n          \"target\": 4000", "§{\n          \"kind\": \"steps\",\n          \"per_week\": 5")
        => "stages[0].quotas[0].target", "give an amount";
    "amount and baseline":
        ("baseline = \"trials\"", "target = 20\n§baseline = \"trials\""), (r#""baseline": "trials""#, "\"target\": 20,\n§\"baseline\": \"trials\"")
        => "stages[0].quotas[1].baseline", "not both";
    "a run-in of minutes":
        ("baseline = \"trials\"", "§baseline = \"run_in\""), (r#""baseline": "trials""#, r#"§"baseline": "run_in""#)
        => "stages[0].quotas[1].baseline", "steps alone";
    "trials of two kinds":
        ("target = 20", "§baseline = \"trials\""), (r#""target": 20"#, r#"§"baseline": "trials""#)
        => "stages[1].quotas[0].baseline", "walk_minutes starts from them already";
    "a share of nothing":
        ("target = 20", "target = 20\n§percent = 70"), (r#""target": 20"#, "\"target\": 20,\n§\"percent\": 70")
        => "stages[1].quotas[0].percent", "needs a baseline";
    "twice what is usual":
        ("target = 4000", "baseline = \"run_in\"\n§percent = 200"), (r#""target": 4000"#, "\"baseline\": \"run_in\",\n§\"percent\": 200")
        => "stages[0].quotas[0].percent", "from 1 to 150, not 200";
    "eight days a week":
        ("per_week = 7", "§per_week = 8"), (r#""per_week": 7"#, r#"§"per_week": 8"#)
        => "stages[1].quotas[0].per_week", "from 1 to 7";
    "more days than those named":
        ("per_week = 3", "§per_week = 4"), (r#""per_week": 3"#, r#"§"per_week": 4"#)
        => "stages[0].quotas[1].per_week", "only 3 can count";
    "more days than the rest days leave":
        ("per_week = 5", "§per_week = 7"), (r#""per_week": 5"#, r#"§"per_week": 7"#)
        => "stages[0].quotas[0].per_week", "only 6 can count";
    "an unknown day":
        ("rest_days = [\"sun\"]", "§rest_days = [\"sunday\"]"), (r#""rest_days": ["sun"]"#, r#"§"rest_days": ["sunday"]"#)
        => "stages[0].rest_days[0]", "mon, tue";
    "a day twice":
        (r#"days = ["mon", "wed", "fri"]"#, "days = [\"mon\",\n§\"mon\", \"fri\"]"), (r#""days": ["mon", "wed", "fri"]"#, "\"days\": [\"mon\",\n§\"mon\", \"fri\"]")
        => "stages[0].quotas[1].days[1]", "mon is given twice";
    "a kind twice":
        ("target = 20", "target = 20\n\n[[stages.quotas]]\n§kind = \"stretching\"\nper_week = 1\ntarget = 5"), ("\"target\": 20\n        }", "\"target\": 20\n        },\n        {\n          §\"kind\": \"stretching\", \"per_week\": 1, \"target\": 5}")
        => "stages[1].quotas[1].kind", "has a quota of stretching already";
    "cadence of stretching":
        ("target = 20", "target = 20\n§intensity = { cadence = [100, 130] }"), (r#""target": 20"#, "\"target\": 20,\n§\"intensity\": {\"cadence\": [100, 130]}")
        => "stages[1].quotas[0].intensity.cadence", "stretching has none";
    "walking cadence of steps":
        ("target = 4000", "target = 4000\n§min_cadence = 60"), (r#""target": 4000"#, "\"target\": 4000,\n§\"min_cadence\": 60")
        => "stages[0].quotas[0].min_cadence", "steps has none";
    "an effort off the scale":
        ("effort = [11, 13]", "§effort = [11, 21]"), (r#""effort": [11, 13]"#, r#"§"effort": [11, 21]"#)
        => "stages[0].quotas[1].intensity.effort[1]", "from 6 to 20";
    "a band of three":
        ("effort = [11, 13]", "§effort = [11, 12, 13]"), (r#""effort": [11, 13]"#, r#"§"effort": [11, 12, 13]"#)
        => "stages[0].quotas[1].intensity.effort", "2 to 2 of them, not 3";
    "a band that ends before it begins":
        ("heart_rate_reserve = [40, 59]", "§heart_rate_reserve = [59, 40]"), (r#""heart_rate_reserve": [40, 59]"#, r#"§"heart_rate_reserve": [59, 40]"#)
        => "stages[0].quotas[1].intensity.heart_rate_reserve", "59 is above 40";
    "a band below walking":
        ("cadence = [100, 130]", "§cadence = [40, 50]"), (r#""cadence": [100, 130]"#, r#"§"cadence": [40, 50]"#)
        => "stages[0].quotas[1].intensity.cadence", "nobody could meet it";
    "an exercise without a name in English":
        (r#"exercises = [{ fr = "marche", en = "walking" }]"#, r#"§exercises = [{ fr = "marche" }]"#), (r#""exercises": [{"fr": "marche", "en": "walking"}]"#, r#"§"exercises": [{"fr": "marche"}]"#)
        => "stages[0].quotas[1].exercises[0].en", "missing";
    "an exercise as a word":
        (r#"exercises = [{ fr = "marche", en = "walking" }]"#, r#"§exercises = ["walking"]"#), (r#""exercises": [{"fr": "marche", "en": "walking"}]"#, r#"§"exercises": ["walking"]"#)
        => "stages[0].quotas[1].exercises[0]", "a table belongs here";
    "more minutes than a day has":
        ("[[stages.quotas]]\nkind = \"stretching\"\nper_week = 7\ntarget = 20", "§[[stages.quotas]]\nkind = \"stretching\"\nper_week = 7\ntarget = 200\n[[stages.quotas]]\nkind = \"walk_minutes\"\nper_week = 1\ntarget = 1300"), ("\"quotas\": [\n        {\n          \"kind\": \"stretching\",\n          \"per_week\": 7,\n          \"target\": 20\n        }", "§\"quotas\": [\n        {\n          \"kind\": \"stretching\",\n          \"per_week\": 7,\n          \"target\": 200\n        }, {\"kind\": \"walk_minutes\", \"per_week\": 1, \"target\": 1300}")
        => "stages[1].quotas", "1440 minutes";
};

/// The text with its one change, and the line that the mark stood on.
fn changed(name: &str, sound: &str, (from, to): (&str, &str)) -> (String, Option<u32>) {
    assert!(sound.contains(from), "{name}: {from} is there to be changed");
    let marked = sound.replacen(from, to, 1);
    let line = marked.lines().position(|line| line.contains('§')).map(|at| at as u32 + 1);
    assert!(line.is_some(), "{name}: a line is marked");
    (marked.replace('§', ""), line)
}

#[test]
fn each_is_refused_with_its_line_and_field() {
    assert!(TABLE.len() >= 25, "{}", TABLE.len());
    for case in TABLE {
        for (format, sound, change) in
            [(DocFormat::Toml, SOUND_TOML, case.toml), (DocFormat::Json, SOUND_JSON, case.json)]
        {
            let (text, line) = changed(case.name, sound, change);
            let found = faults(&text, format);
            let told: Vec<String> = found.iter().map(ToString::to_string).collect();
            let place: Vec<_> = found.iter().map(|fault| (fault.line, fault.field.to_string())).collect();
            assert_eq!(place, [(line, case.field.to_owned())], "{} in {format:?}: {told:?}", case.name);
            assert!(told[0].contains(case.says), "{} in {format:?}: {told:?}", case.name);
        }
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_lines() {
    let text = SOUND_TOML
        .replace("version = 3", "version = 0")
        .replace("kind = \"steps\"", "kind = \"stpes\"")
        .replace("target = 4000", "target = -1")
        .replace("weeks = 4", "weks = 4");
    let told = parse_doc(&text, DocFormat::Toml).unwrap_err().to_string();
    assert_eq!(
        told,
        "the programme document is not valid\n  \
         line 3, version: a whole number from 1 to 4294967295, not 0\n  \
         line 15, stages[0].quotas[0].kind: one of steps, walk_minutes, stretching, strengthening, relaxation, \
         workshop (did you mean steps?)\n  \
         line 17, stages[0].quotas[0].target: a whole number from 1 to 100000, not -1\n  \
         line 33, stages[1].weeks: it is missing; give it\n  \
         line 35, stages[1].weks: there is no such field (did you mean weeks?); here are title, from_week, weeks, \
         rest_days, quotas"
    );
    // What the fields say together is told once each of them is sound.
    let text = SOUND_JSON
        .replace("\"from_week\": 5", "\"from_week\": 1")
        .replace("\"per_week\": 3", "\"per_week\": 7");
    let places: Vec<_> =
        faults(&text, DocFormat::Json).iter().map(|f| (f.line.unwrap(), f.field.to_string())).collect();
    assert_eq!(places, [(22, "stages[0].quotas[1].per_week".into()), (37, "stages[1].from_week".into())]);
}

#[test]
fn what_is_no_document_at_all_is_refused_by_its_line() {
    let line = |text: &str, format| {
        let found = faults(text, format);
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].line.unwrap(), found[0].field.to_string(), found[0].wrong.to_string())
    };
    for (text, format, expected, field) in [
        ("contract = 1\nname = \"a\nversion = 1", DocFormat::Toml, 2, "document"),
        ("contract = 1\ncontract = 1\n", DocFormat::Toml, 2, "document"),
        ("{\n\"contract\": 1,\n\"name\": }", DocFormat::Json, 3, "document"),
        ("{\n\"contract\": 1\n} {", DocFormat::Json, 3, "document"),
        ("{\n\"name\": \"\\ud800\"}", DocFormat::Json, 2, "document"),
        ("", DocFormat::Json, 1, "document"),
        ("\n\n[1, 2]", DocFormat::Json, 3, "document"),
        ("null", DocFormat::Json, 1, "document"),
    ] {
        let (found, at, why) = line(text, format);
        assert_eq!((found, at.as_str()), (expected, field), "{text}: {why}");
    }
    assert_eq!(faults("", DocFormat::Toml).len(), 5, "contract, name, version, title, stages");
    assert_eq!(faults("{}", DocFormat::Json).len(), 5);
    for (text, format) in [
        (format!("a = {}", "[".repeat(60) + &"]".repeat(60)), DocFormat::Toml),
        (format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)), DocFormat::Json),
    ] {
        assert!(line(&text, format).2.contains("so deep"), "{format:?}");
    }
    assert!(line(&" ".repeat(MOST_BYTES + 1), DocFormat::Json).2.contains("at most"));
    let many = format!("{{{}}}", vec!["\"x\": 1"; 5_000].join(","));
    assert_eq!(faults(&many, DocFormat::Json).len(), MOST_FAULTS);
}

#[test]
fn json_alone_can_give_a_field_twice_or_as_nothing() {
    let twice = SOUND_JSON.replace("\"version\": 3,", "\"version\": 3,\n  \"version\": 4,");
    let found = faults(&twice, DocFormat::Json);
    assert_eq!((found.len(), found[0].line, &found[0].wrong), (1, Some(5), &Wrong::KeyTwice));
    let nothing = SOUND_JSON.replace("\"group_size\": 6", "\"group_size\": null");
    assert_eq!(parse_doc(&nothing, DocFormat::Json).unwrap().group_size, None);
    let nothing = SOUND_JSON.replace("\"version\": 3", "\"version\": null");
    let found = faults(&nothing, DocFormat::Json);
    assert_eq!((found[0].field.to_string().as_str(), &found[0].wrong), ("version", &Wrong::Missing));
}

#[test]
fn a_member_of_a_request_has_the_lines_of_the_request() {
    let sound = SOUND_JSON.replace("\"target\": 20", "\"target\": -20");
    let text = format!("{{\n\"start\": \"2026-03-02\",\n\"document\": {sound}}}");
    let Err(ApiError::ProgrammeInvalid { faults }) = parse_member(&text, "document") else { panic!() };
    let line = text.lines().position(|line| line.contains("-20")).unwrap() as u32 + 1;
    assert_eq!(
        (faults[0].line, faults[0].field.to_string()),
        (Some(line), "document.stages[1].quotas[0].target".to_owned())
    );
    assert!(parse_member("{\"start\": 1}", "document").is_err());
}

#[test]
fn there_is_room_where_the_days_can_be_told_apart() {
    let stage = |walk: u8, stretch: u8, days: &str| {
        format!(
            "contract = 1\nname = \"a\"\nversion = 1\ntitle = {{ fr = \"a\", en = \"a\" }}\n[[stages]]\nweeks = 1\n\
             [[stages.quotas]]\nkind = \"walk_minutes\"\nper_week = {walk}\ntarget = 1300\n\
             [[stages.quotas]]\nkind = \"stretching\"\nper_week = {stretch}\ntarget = 200\ndays = [{days}]\n"
        )
    };
    let every = "\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"";
    // The two never fit into one day, so there must be as many days as both ask for.
    for walk in 1..=7 {
        for stretch in 1..=7 {
            let is_sound = parse_doc(&stage(walk, stretch, every), DocFormat::Toml).is_ok();
            assert_eq!(is_sound, walk + stretch <= 7, "{walk} and {stretch}");
        }
    }
    assert!(parse_doc(&stage(6, 1, "\"mon\", \"tue\""), DocFormat::Toml).is_ok());
    assert!(parse_doc(&stage(6, 2, "\"mon\", \"tue\""), DocFormat::Toml).is_err());
}
