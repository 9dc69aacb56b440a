//! Erasing somebody: no row, no byte of the id, and nobody else is touched.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::data::recordings;
use crate::foulee::Folder;
use crate::people;
use crate::pieces::{PERIOD, external_ids};
use crate::served::Served;

const STUDY: &str = "erasure";
/// Who is erased, and who is not.
const PEOPLE: usize = 4;
const GONE: usize = 2;
const DAYS: i64 = 20;
/// 2026-03-02T00:00:00Z.
const START_MS: i64 = 1_772_409_600_000;
const DAY_MS: i64 = 86_400_000;

pub(super) fn external_id(n: usize) -> String {
    format!("external-{n}-of-erasure")
}

/// A day of minutes that differ from person to person and day to day.
fn day(n: usize, date: i64) -> Value {
    let id = people::id(n);
    let start = START_MS + date * DAY_MS;
    let value = |least: i64, spread: i64| -> Vec<i64> {
        (0..1_440).map(|minute| least + (minute * 7 + date * 13 + n as i64 * 29) % spread).collect()
    };
    let block = |metric: &str, unit: &str, value: Vec<i64>| {
        json!({
            "participant": id, "source": "watch////erasure", "metric": metric, "grain": "epoch", "unit": unit,
            "grid": {"start": start, "step": 60_000, "value": value},
        })
    };
    json!({"contract": 1, "series": [block("steps", "{steps}", value(0, 40)), block("heart_rate", "/min", value(60, 50))]})
}

/// A folder with some of the people: readings, tokens, a programme, computed days.
pub(super) fn folder_with(who: &[usize]) -> Folder {
    let folder = Folder::new();
    for n in who {
        people::add(&folder, &people::id(*n), &external_id(*n), STUDY, "Europe/Paris");
        for scope in ["--read-participant", "--write-participant"] {
            folder.run(["token", "add", scope, &people::id(*n), "--label", "of a person"]).ok();
        }
    }
    let mut served = Served::start(&folder);
    for date in 0..DAYS {
        for n in who {
            assert_eq!(served.post(&day(*n, date)).json()["new"], 2 * 1_440);
        }
    }
    served.drained();
    served.stop();
    for n in who {
        let line = format!(
            "programme assign {} graded-walking --start 2026-03-02 --start-steps 6000",
            people::id(*n)
        );
        folder.say(&line).ok();
        folder.say(&format!("adherence {} --json", people::id(*n))).ok();
    }
    folder
}

/// Files of a folder in which one of the needles stands, each with how often.
pub(super) fn found(folder: &Path, needles: &[Vec<u8>]) -> Vec<(PathBuf, usize)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(found(&path, needles));
            continue;
        }
        // A file may go while a service is at work.
        let bytes = fs::read(&path).unwrap_or_default();
        let count =
            needles.iter().map(|needle| bytes.windows(needle.len()).filter(|at| at == needle).count()).sum();
        if count > 0 {
            all.push((path, count));
        }
    }
    all
}

/// Every form in which an id could stand in a file: raw, hyphenated and simple text, small and capital; and the
/// export's own.
pub(super) fn forms(id: &str, external_id: &str) -> Vec<Vec<u8>> {
    let simple = id.replace('-', "");
    let raw = (0..16).map(|at| u8::from_str_radix(&simple[2 * at..2 * at + 2], 16).expect("hex")).collect();
    let texts =
        [id.to_owned(), simple.clone(), id.to_uppercase(), simple.to_uppercase(), external_id.to_owned()];
    let mut forms: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    forms.push(raw);
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// What the others can see of themselves, with the times of arrival left out.
fn of_the_others(folder: &Folder) -> Vec<String> {
    let mut seen = vec![folder.say("store digest").ok()];
    for n in (1..=PEOPLE).filter(|n| *n != GONE) {
        let id = people::id(n);
        let readings = folder.say(&format!("readings {id} --from 2026-03-01 --to 2026-04-30")).ok();
        assert_eq!(readings.lines().count() as i64 - 1, DAYS * 2 * 1_440);
        let without_arrival = readings.lines().map(|row| row.rsplit_once(',').map_or(row, |(row, _)| row));
        seen.push(without_arrival.collect::<Vec<_>>().join("\n"));
        for command in ["minutes", "measures"] {
            seen.push(folder.say(&format!("{command} {id} --from 2026-03-01 --to 2026-03-31")).ok());
        }
        seen.push(folder.say(&format!("adherence {id} --from 2026-03-02 --to 2026-03-21 --json")).ok());
    }
    seen
}

/// No command shows a row of who is gone: they are as unknown as if they had never been.
fn no_command_knows(folder: &Folder, id: &str, external_id: &str) {
    let by_name = format!("{STUDY}/{external_id}");
    for who in [id, by_name.as_str()] {
        for line in [
            format!("readings {who}"),
            format!("minutes {who}"),
            format!("measures {who}"),
            format!("adherence {who} --json"),
            format!("programme assign {who} graded-walking --start 2026-03-02 --start-steps 6000"),
            format!("token add --read-participant {who} --label x"),
            format!("participant erase {who} --yes"),
        ] {
            let done = folder.say(&line);
            assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{line}: {}", done.stderr);
        }
    }
    for line in ["participant list", "participant list --format json", "token list", "programme list"] {
        let text = folder.say(line).ok();
        assert!(!text.contains(id) && !text.contains(external_id), "{line}: {text}");
    }
}

fn erased_and_gone(with_service: bool) {
    let all: Vec<usize> = (1..=PEOPLE).collect();
    let others: Vec<usize> = all.iter().copied().filter(|n| *n != GONE).collect();
    let folder = folder_with(&all);
    let (id, external_id) = (people::id(GONE), external_id(GONE));
    let needles = forms(&id, &external_id);
    let before: usize = found(&folder.data(), &needles).iter().map(|(_, count)| count).sum();
    assert!(before > 0, "the test looks in the wrong place");
    let token = folder.run(["token", "add", "--write-participant", &id, "--label", "its watch"]).ok();

    let unasked = folder.run(["participant", "erase", &id]);
    assert_eq!(unasked.code, 2, "without --yes: {}", unasked.stderr);

    let service = with_service.then(|| {
        let served = Served::start(&folder);
        // Its grant is remembered, its last day is in flight.
        assert_eq!(served.post_as(token.trim(), &day(GONE, 0)).status, 200);
        served
    });
    let said = folder.run(["participant", "erase", &id, "--yes"]).ok();
    assert_eq!(said.trim(), format!("erased: {} readings in 2 series", DAYS * 2 * 1_440));
    let left = found(&folder.data(), &needles);
    println!(
        "erased {}: {}; the id stood {before} times in the folder before, {} times after",
        if with_service { "through the running service" } else { "without a service" },
        said.trim(),
        left.iter().map(|(_, count)| count).sum::<usize>()
    );
    assert_eq!(left, [], "bytes of the id are left");
    no_command_knows(&folder, &id, &external_id);
    if let Some(mut served) = service {
        for path in [
            "",
            "/readings?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z",
            "/minutes",
            "/measures",
            "/adherence",
        ] {
            served.get(&format!("/v1/participants/{id}{path}")).problem(404);
        }
        assert_eq!(served.get(&format!("/p/{id}")).status, 404);
        assert!(!served.get("/v1/participants").body.contains(&id));
        served.post_as(token.trim(), &day(GONE, 0)).problem(401);
        let refused = served.post(&day(GONE, 0)).problem(422);
        assert_eq!(refused["rejected"][0]["code"], "participant_unknown");
        served.drained();
        served.stop();
        assert_eq!(found(&folder.data(), &needles), [], "bytes of the id came back");
    }
    let (here, never) = (of_the_others(&folder), of_the_others(&folder_with(&others)));
    println!("the others: digest {} here, {} where that person never was", here[0].trim(), never[0].trim());
    assert!(here == never, "somebody else was touched");
    assert_eq!(found(&folder.data(), &needles), [], "bytes of the id came back");
    assert_eq!(folder.say("store verify").code, 0);
}

#[test]
fn somebody_erased_without_a_service_leaves_nothing() {
    erased_and_gone(false);
}

#[test]
fn somebody_erased_through_a_running_service_leaves_nothing() {
    erased_and_gone(true);
}

#[test]
fn one_of_33_people_who_is_erased_leaves_nothing() {
    let Some(source) = recordings("fitabase") else { return };
    let path = source.to_str().expect("a path");
    let names = external_ids(&source);
    let gone = 4;
    let import = |folder: &Folder, without: Option<usize>| {
        for (n, name) in (1..).zip(&names).filter(|(n, _)| Some(*n) != without) {
            people::add(folder, &people::id(n), name, "fitabase", "UTC");
        }
        folder.run(["import", "--study", "fitabase", "--time-zone", "UTC", "--quiet", path]).ok();
    };
    let (folder, never) = (Folder::new(), Folder::new());
    import(&folder, None);
    // The import knows them by the export's id, so they are there under another id, which is erased as well.
    import(&never, Some(gone));
    let other = never.say("participant list").ok();
    let other = other.lines().find(|row| row.contains(&names[gone - 1])).expect("the person");
    let other = other.split(',').next().expect("an id").to_owned();
    for (folder, id) in [(&folder, people::id(gone)), (&never, other)] {
        let needles = forms(&id, &names[gone - 1]);
        let before: usize = found(&folder.data(), &needles).iter().map(|(_, count)| count).sum();
        let said = folder.run(["participant", "erase", &id, "--yes"]).ok();
        let left = found(&folder.data(), &needles);
        println!(
            "erased one of {}: {}; the id stood {before} times, then {left:?}",
            names.len(),
            said.trim()
        );
        assert!(before > 0);
        assert_eq!(left, []);
    }
    let measures = |folder: &Folder| {
        let others = (1..=names.len()).filter(|n| *n != gone).map(people::id);
        let words = ["measures".to_owned()].into_iter().chain(others).chain(PERIOD.map(str::to_owned));
        (folder.say("store digest").ok(), folder.run(words).ok())
    };
    assert!(measures(&folder) == measures(&never));
    assert_eq!(folder.say("store verify").code, 0);
}
