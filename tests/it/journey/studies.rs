//! A study by commands: its plan, a school group, arms that nobody can foresee, and what people agree to.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

/// A study of eight, whose ids are those of the test.
fn study(folder: &Folder) -> Vec<String> {
    folder.say("study plan back --per-year 1700 --from 2026-01-15").ok();
    let ids: Vec<String> = (1..=8).map(people::id).collect();
    for (at, id) in ids.iter().enumerate() {
        people::add(folder, id, &format!("p{at}"), "back", "Europe/Paris");
    }
    ids
}

#[test]
fn a_study_is_planned_grouped_and_noted() {
    let folder = Folder::new();
    let ids = study(&folder);
    let inclusion = folder.say("study inclusion back --format json").json();
    let months = inclusion.as_array().expect("rows");
    let last = months.last().expect("a month");
    assert_eq!(
        (&months[0]["month"], &last["included_so_far"]),
        (&"2026-01".into(), &8.into()),
        "{inclusion}"
    );
    // 15 to 31 January are 17 of 365 days; 1,700 * 17 / 365 = 79.2.
    assert_eq!(months[0]["planned"], 79);
    assert_eq!(folder.say("study inclusion nobody").code, 2);

    assert_eq!(folder.say("study group add back mars --places 7").code, 2);
    folder.say("study group add back mars").ok();
    let join = |id: &str, more: &str| {
        folder.say(&format!("study group join back mars {id} --from 2026-03-02{more}"))
    };
    for id in &ids[..6] {
        join(id, "").ok();
    }
    let full = join(&ids[6], "");
    assert!(full.code == 2 && full.stderr.contains("full"), "{}", full.stderr);
    join(&ids[0], " --to 2026-03-10").ok();
    folder.say(&format!("study group join back mars {} --from 2026-03-11", ids[6])).ok();
    let days = folder.say("study group days back mars 2026-03-12 2026-03-03").ok();
    assert_eq!(days, "2026-03-03\n2026-03-12\n");

    // Noted by command and by the service, which sees both.
    let note = |id: &str, state: &str, day: &str| {
        folder.say(&format!("study attendance back mars {id} {state} --day {day}"))
    };
    note(&ids[0], "absent", "2026-03-03").ok();
    note(&ids[0], "excused", "2026-03-03").ok();
    assert_eq!(note(&ids[6], "present", "2026-03-03").code, 2, "not a member yet");
    assert_eq!(note(&ids[0], "present", "2026-03-04").code, 2, "no school");
    let sheet = folder.say("study attendance back mars --day 2026-03-03 --format json").json();
    let of = |id: &str| sheet.as_array().expect("rows").iter().find(|row| row["participant"] == id).cloned();
    assert_eq!(of(&ids[0]).expect("a row")["state"], "excused");
    assert_eq!(of(&ids[1]).expect("a row")["state"], Value::Null, "not noted is not absent");
    assert_eq!(sheet.as_array().map(Vec::len), Some(6));

    let definition = "name = \"agreed\"\nversion = 1\n[[all]]\nname = \"agrees\"\nattribute = \"consent.research\"\n\
        one_of = [\"given\"]\n[[all]]\nname = \"age\"\nattribute = \"birth_year\"\nat_least = 1960\n";
    let file = folder.write("agreed.toml", definition);
    folder.run(["study", "subgroup", "add", "back", file.to_str().expect("a path")]).ok();
    let wrong = folder.write("wrong.toml", definition.replace("birth_year", "wage"));
    let wrong = folder.run(["study", "subgroup", "add", "back", wrong.to_str().expect("a path")]);
    assert!(wrong.code == 2 && wrong.stderr.contains("all[1].attribute"), "{}", wrong.stderr);
    folder.say(&format!("consent {} give research", ids[0])).ok();
    let members = folder.say("study subgroup members back agreed").ok();
    assert!(members.contains(&format!("{},unknown", ids[0])), "nobody said when they were born: {members}");
    assert!(members.contains(&format!("{},out", ids[1])), "{members}");
}

#[test]
fn arms_are_concealed_until_they_are_unsealed() {
    let folder = Folder::new();
    let ids = study(&folder);
    assert_eq!(folder.say("study arms back").code, 2, "none are set");
    assert_eq!(folder.say("study arms back --arms usual:1,coached:1 --block 3").code, 2);
    let set = folder.say("study arms back --arms usual:1,coached:1 --block 4").json();
    let commitment = set["commitment"].as_str().expect("a digest").to_owned();
    assert_eq!(folder.say("study arms back --arms usual:1,coached:1 --block 4").code, 2, "once");
    let served = Served::start(&folder);
    let mut said = vec![set.to_string()];
    let mut arms = Vec::new();
    for id in &ids {
        let ask = format!("study allocate back {id} --asked-by coordinator");
        let given = folder.say(&ask).json();
        assert_eq!(folder.say(&ask).json(), given, "once and for good");
        arms.push(given["arm"].as_str().expect("an arm").to_owned());
        said.push(given.to_string());
        said.push(folder.say("study arms back").ok());
        said.push(served.get(&format!("/v1/participants/{id}")).body);
        said.push(served.get("/v1/participants").body);
    }
    for block in arms.chunks(4) {
        assert_eq!(block.iter().filter(|arm| *arm == "usual").count(), 2, "{arms:?}");
    }
    assert_eq!(folder.say("study unseal back").code, 2, "it asks");
    let unsealed = folder.say("study unseal back --yes").json();
    let seed = unsealed["seed"].as_str().expect("a seed");
    assert_eq!(unsealed["commitment"], commitment.as_str());
    assert!(said.iter().all(|text| !text.contains(seed)), "nothing showed the seed before");
    let slots: BTreeSet<u64> = unsealed["allocations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["slot"].as_u64().expect("a slot"))
        .collect();
    assert_eq!(slots, (0..8).collect());
    // The same seed in another study gives the same list.
    folder.say("study plan again --per-year 1 --from 2026-01-01").ok();
    let ask = format!("study arms again --arms usual:1,coached:1 --block 4 --seed {seed}");
    assert_eq!(folder.say(&ask).json()["commitment"], commitment.as_str());
    for (at, arm) in arms.iter().enumerate() {
        let id = people::id(100 + at);
        people::add(&folder, &id, &format!("q{at}"), "again", "Europe/Paris");
        let given = folder.say(&format!("study allocate again {id} --asked-by coordinator")).json();
        assert_eq!(given["arm"], arm.as_str());
    }
    served.stop();
}

#[test]
fn who_looked_and_what_was_agreed_to_are_told_by_commands() {
    let folder = Folder::new();
    let ids = study(&folder);
    let served = Served::start(&folder);
    let token = |line: &str| folder.say(line).ok().trim().to_owned();
    let physio = token("token add --role physiotherapist --study back --label room-2");
    let researcher = token("token add --role researcher --study back --label analysis");
    for line in [
        "token add --role researcher --label x",
        "token add --role physician --label x",
        "token add --role participant --study back --label x",
        "token add --role employer --study back --label x",
        "token add --admin --study back --label x",
    ] {
        assert_eq!(folder.say(line).code, 2, "{line}");
    }
    let list = folder.say("token list").ok();
    assert!(list.contains("room-2,physiotherapist,back,"), "{list}");
    let path = format!("/v1/participants/{}", ids[0]);
    let status = |token: &str| served.ask("GET", &path, Some(token), &[], &[]).status;
    assert_eq!((status(&physio), status(&researcher)), (200, 404));
    let consent = |words: &str| folder.say(&format!("consent {} {words}", ids[0]));
    consent("give research").ok();
    assert_eq!(status(&researcher), 200);
    assert_eq!(consent("withdraw contact").code, 2, "nothing was given");
    let said = consent("withdraw research").ok();
    assert!(said.contains("research,given,") && said.contains("research,withdrawn,"), "{said}");
    assert!(said.contains("care,not_asked,,"), "{said}");
    assert_eq!(status(&researcher), 404);
    let trail = folder.say(&format!("audit {}", ids[0])).ok();
    let entries: Vec<String> =
        trail.lines().skip(1).map(|line| line.split(',').skip(3).collect::<Vec<_>>().join(",")).collect();
    let entry = |role: &str, status: u16| format!("{role},read,/v1/participants/{{id}},{status}");
    let expected = [
        entry("physiotherapist", 200),
        entry("researcher", 404),
        entry("researcher", 200),
        entry("researcher", 404),
    ];
    assert_eq!(entries, expected, "{trail}");
    served.stop();
}
