//! How `foulee import` ends: 0 done, 2 wrong usage, 3 something refused, 4 the service is not there.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use foulee_api::lock::FolderLock;

use crate::batch::{heart_rates, service_for_one};
use crate::foulee::Folder;
use crate::people;

const GOOD: &str =
    "time,heart_rate,steps\n2026-03-02 10:00,72,10\n2026-03-02 10:01,73,11\n2026-03-02 10:02,74,12\n";
const BAD: &str =
    "time,heart_rate,steps\n2026-03-02 10:00,900,10\n2026-03-02 10:01,73,many\n2026-03-02 10:02,74,12\n";

fn folder_for_one() -> Folder {
    let folder = Folder::new();
    people::add(&folder, &people::id(1), "one", "refusals", "Europe/Paris");
    folder
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path").to_owned()
}

#[test]
fn an_import_ends_as_scripts_expect() {
    let folder = folder_for_one();
    let empty = folder.say("store digest").ok();
    let id = people::id(1);
    let good = text(&folder.write("good.csv", GOOD));
    let bad = text(&folder.write("bad.csv", BAD));
    let unknown = text(&folder.write("notes.txt", "these are notes\nnothing else\n"));
    let image = text(&folder.write("image.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
    let absent = text(&folder.file("absent.csv"));
    let many = text(&folder.write("many.csv", "id,time,steps\n1,2026-03-02 10:00,1\n2,2026-03-02 10:00,2\n"));
    let to = ["--participant", id.as_str()];
    let paris = ["--time-zone", "Europe/Paris"];
    let cases: Vec<(&str, i32, Vec<&str>)> = vec![
        ("no zone for local times", 2, [&to[..], &[&good]].concat()),
        ("a zone that is none", 2, [&to[..], &["--time-zone", "Europe/Atlantis", &good]].concat()),
        ("neither participant nor study", 2, [&paris[..], &[&good]].concat()),
        ("both participant and study", 2, [&to[..], &paris, &["--study", "s", &good]].concat()),
        ("somebody unknown", 2, [&["--participant", "refusals/nobody"], &paris[..], &[&good]].concat()),
        ("no path", 2, [&to[..], &paris].concat()),
        ("a format that is none", 2, [&to[..], &paris, &["--format", "fax", &good]].concat()),
        ("a target that is none", 2, [&to[..], &paris, &["--map", "time=when", &good]].concat()),
        (
            "a column that is not there",
            2,
            [&to[..], &paris, &["--map", "When=time,steps=steps", &good]].concat(),
        ),
        ("a study of no name", 2, [&["--study", "a@b"], &paris[..], &[&good]].concat()),
        ("several people for one participant", 2, [&to[..], &paris, &[&many]].concat()),
    ];
    for (what, code, words) in &cases {
        let done = folder.run(["import"].iter().chain(words));
        println!("{what}: exit {}, {}", done.code, done.stderr.lines().next().unwrap_or_default());
        assert_eq!((done.code, done.stdout.as_str()), (*code, ""), "{what}: {}", done.stderr);
        assert!(!done.stderr.is_empty(), "{what}: not a word why");
        assert_eq!(folder.say("store digest").ok(), empty, "{what}: something was written");
    }
    for (what, path) in
        [("a file of no known format", &unknown), ("an image", &image), ("a file that is not there", &absent)]
    {
        let done = folder.run([&["import", "--json"], &to[..], &paris, &[path.as_str()]].concat());
        println!("{what}: exit {}, {}", done.code, done.stdout.trim());
        assert_eq!(done.code, 3, "{what}: {}", done.stderr);
        let summary: serde_json::Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!(
            (&summary["accepted"], &summary["skipped"][0]["path"]),
            (&0.into(), &path.as_str().into())
        );
    }
    let done = folder.run([&["import", "--json"], &to[..], &paris, &[bad.as_str()]].concat());
    println!("two bad cells of six: exit {}, {}", done.code, done.stdout.trim());
    assert_eq!(done.code, 3, "{}", done.stderr);
    let summary: serde_json::Value = serde_json::from_str(&done.stdout).expect("a summary");
    assert_eq!((&summary["accepted"], &summary["rejected"]), (&4.into(), &2.into()));
    let mut codes: Vec<_> =
        summary["files"][0]["rejections"].as_array().expect("a list").iter().map(|r| &r["code"]).collect();
    codes.sort_by_key(|code| code.to_string());
    assert_eq!(codes, ["unreadable", "value_out_of_range"]);

    // A folder may hold anything besides.
    let mixed = folder.file("mixed");
    std::fs::create_dir(&mixed).expect("a folder");
    for name in ["good.csv", "notes.txt", "image.png"] {
        std::fs::copy(folder.file(name), mixed.join(name)).expect("a copy");
    }
    let summary = folder.run([&["import", "--json"], &to[..], &paris, &[&text(&mixed)]].concat()).json();
    println!("a folder with notes and an image besides: exit 0, {summary}");
    assert_eq!((&summary["accepted"], &summary["rejected"]), (&6.into(), &0.into()));
    assert_eq!(summary["skipped"].as_array().map(Vec::len), Some(2));
    let again = folder.run([&["import", "--json"], &to[..], &paris, &[&text(&mixed)]].concat()).json();
    assert_eq!((&again["new"], &again["duplicate"]), (&0.into(), &6.into()));
}

#[test]
fn an_import_through_a_service_ends_the_same_way() {
    let (folder, served, id) = service_for_one();
    let good = text(&folder.write("good.csv", GOOD));
    let bad = text(&folder.write("bad.csv", BAD));
    let to = ["import", "--json", "--participant", &id, "--time-zone", "Europe/Paris"];
    assert_eq!(folder.run(["import", "--participant", &id, &good]).code, 2, "no zone");
    let done = folder.run([&to[..], &[bad.as_str()]].concat());
    assert_eq!(done.code, 3, "{}", done.stderr);
    let summary = folder.run([&to[..], &[good.as_str()]].concat()).json();
    println!("through a service: exit 2 without a zone, 3 with {}, 0 with {}", done.stdout.trim(), summary);
    assert_eq!(summary["accepted"], 6);
    let taken = served.metric("ingest_readings_accepted_total");
    assert_eq!(taken, 4 + 6);
    served.stop();
}

/// One row of somebody whose id would name them costs that row, with a service and without.
#[test]
fn an_id_that_would_name_a_person_costs_its_rows() {
    let rows = ["P1", "Marie Curie", "P2", "P3"]
        .iter()
        .map(|who| format!("{who},2026-03-02T10:00:00Z,72\n"))
        .collect::<String>();
    let (served_folder, served, _) = service_for_one();
    let alone = Folder::new();
    for (how, folder) in [("without a service", &alone), ("through a service", &served_folder)] {
        let file = text(&folder.write("people.csv", format!("participant,time,heart_rate\n{rows}")));
        let named = folder.run(["import", "--study", "a@b", &file]);
        assert_eq!(named.code, 2, "{how}: {}", named.stderr);
        assert!(named.stderr.contains("--study") && named.stderr.contains("'@'"), "{how}: {}", named.stderr);
        assert!(!folder.say("participant list").ok().contains("P1"), "{how}: something was written");
        let done = folder.run(["import", "--study", "names", "--json", &file]);
        println!("{how}: exit {}, {}", done.code, done.stdout.trim());
        assert_eq!(done.code, 3, "{how}: {}", done.stderr);
        let summary: serde_json::Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!((&summary["accepted"], &summary["rejected"]), (&3.into(), &1.into()), "{how}");
        let rejection = &summary["files"][0]["rejections"][0];
        assert_eq!(
            (&rejection["code"], &rejection["count"]),
            (&"id_not_admitted".into(), &1.into()),
            "{how}"
        );
        assert!(
            rejection["example"].as_str().is_some_and(|example| example.starts_with("line 3: ")),
            "{how}"
        );
        let ids: Vec<_> = summary["participants"].as_array().expect("a list").iter().collect();
        assert_eq!(
            ids.iter().map(|one| &one["external_id"]).collect::<Vec<_>>(),
            ["P1", "P2", "P3"],
            "{how}"
        );
        for who in ["P1", "P2", "P3"] {
            let line = format!("readings names/{who} --from 2026-03-02 --to 2026-03-02");
            assert_eq!(folder.say(&line).ok().lines().count(), 2, "{how}: {who}");
        }
    }
    served.stop();
}

#[test]
fn an_import_whose_service_does_not_answer_ends_with_4() {
    let folder = folder_for_one();
    let good = text(&folder.write("good.csv", GOOD));
    let mut lock = FolderLock::acquire(&folder.data()).expect("the folder");
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    lock.publish(address, "token").expect("an address file");
    let id = people::id(1);
    let done = folder.run(["import", "--participant", &id, "--time-zone", "UTC", &good]);
    println!("nobody answers: exit {}, {}", done.code, done.stderr.trim().replace('\n', "; "));
    assert_eq!(done.code, 4, "{}", done.stderr);
    let study = folder.run(["import", "--study", "s", "--time-zone", "UTC", &good]);
    assert_eq!(study.code, 4, "{}", study.stderr);
    let erase = folder.run(["participant", "erase", &id, "--yes"]);
    assert_eq!(erase.code, 4, "{}", erase.stderr);
    drop(lock);
    folder.run(["import", "--participant", &id, "--time-zone", "UTC", &good]).ok();
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let (folder, mut served, id) = service_for_one();
    for start in 0..5 {
        let mut batch = heart_rates(&id, 5_000);
        batch["series"][0]["source"] = format!("watch////{start}").into();
        assert_eq!(served.post(&batch).status, 200);
    }
    served.drained();
    served.stop();
    let period = "--from 2026-03-01 --to 2026-03-31";
    for line in [
        format!("readings {id} {period}"),
        format!("readings {id} {period} --format json"),
        format!("minutes {id} {period}"),
        format!("measures {id} {period}"),
        "measures --dictionary".to_owned(),
        "participant list".to_owned(),
        "store stats --json".to_owned(),
        "--help".to_owned(),
    ] {
        let mut child = folder.command();
        let mut child = child
            .args(line.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("foulee runs");
        let mut first = String::new();
        let mut reader = BufReader::with_capacity(64, child.stdout.take().expect("a pipe"));
        reader.read_line(&mut first).expect("a line");
        drop(reader);
        let done = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        println!("{line} | head -1: {} {:?}", done.status, first.trim());
        assert!(done.status.success() && said.is_empty(), "{line}: {} {said}", done.status);
        assert!(!first.is_empty());
    }
}
