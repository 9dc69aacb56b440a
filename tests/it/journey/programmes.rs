//! A programme's name and version stand for one content, with a service and without.

use serde_json::Value;

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

fn file(folder: &Folder, name: &str, doc: &Value) -> String {
    folder.write(name, doc.to_string()).to_str().expect("a path").to_owned()
}

#[test]
fn a_name_and_version_stand_for_one_content() {
    for with_service in [false, true] {
        let folder = Folder::new();
        let id = people::id(1);
        people::add(&folder, &id, "1", "programmes", "Europe/Paris");
        let served = with_service.then(|| Served::start(&folder));
        let assign = |path: &str| folder.run(["programme", "assign", &id, path, "--start", "2026-03-02"]);
        let template = folder.say("programme show graded-walking").json();

        let mut other = template.clone();
        other["stages"][0]["quotas"][0]["target"] = 1_234.into();
        let mut started = other.clone();
        started["name"] = "graded-walking-6000".into();
        for doc in [&other, &started] {
            let refused = assign(&file(&folder, "other.json", doc));
            println!("service {with_service}: exit {}, {}", refused.code, refused.stderr.trim());
            assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
            assert!(refused.stderr.contains("a name or a version of its own"), "{}", refused.stderr);
        }
        assert_eq!(folder.say("programme show graded-walking").json(), template);
        assert_eq!(folder.say("programme list").ok().lines().count(), 5, "the header and the templates");

        other["name"] = "mine".into();
        let mine = file(&folder, "mine.json", &other);
        assert_eq!(assign(&mine).ok(), "assigned mine from 2026-03-02\n");
        assert_eq!(assign(&mine).ok(), "mine from 2026-03-02 is assigned already: nothing changed\n");
        assert_eq!(folder.say("programme show mine").json(), other);
        other["title"]["en"] = "Changed".into();
        assert_eq!(assign(&file(&folder, "changed.json", &other)).code, 2);
        other["version"] = 2.into();
        assert_eq!(assign(&file(&folder, "changed.json", &other)).ok(), "assigned mine from 2026-03-02\n");
        assert_eq!(folder.say("programme show mine").json(), other);

        // The template as it is has the content that is known.
        assign(&file(&folder, "template.json", &template)).ok();
        let list = folder.say("programme list").ok();
        assert_eq!(list.matches("graded-walking,1,").count(), 1, "{list}");
        assert_eq!(list.matches("mine,").count(), 2, "{list}");
        assert_eq!(assign("./broken.json").code, 2);
        let broken = folder.write("broken.json", "[");
        let broken = assign(broken.to_str().expect("a path"));
        assert!(broken.code == 2 && !broken.stderr.contains("TOML"), "{}", broken.stderr);
        start_from_a_baseline(&folder, &id);
        if let Some(served) = served {
            served.stop();
        }
    }
}

/// A study's choice and a person's own trials make a document of their own, and there is no default for either.
fn start_from_a_baseline(folder: &Folder, id: &str) {
    let assign = |programme: &str, more: &[&str]| {
        let line = ["programme", "assign", id, programme, "--start", "2026-03-02"];
        folder.run(line.iter().chain(more).copied())
    };
    let refused = |programme: &str, more: &[&str], says: &str| {
        let refused = assign(programme, more);
        println!("{}", refused.stderr.trim());
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{programme} {more:?}");
        assert!(refused.stderr.contains(says), "{programme} {more:?}: {}", refused.stderr);
    };
    let steps = ["--start-steps", "3000"];
    refused("home-exercises", &steps, "give --contingency");
    refused("home-exercises", &["--contingency", "time_contingent"], "give --start-steps");
    refused("gentle-start", &steps, "give --trials");
    refused("gentle-start", &["--start-steps", "3000", "--trials", "12,15"], "3 trials; 2 were given");
    refused("back-school", &["--trials", "12,15,14"], "trials: this programme has amounts already");
    refused(
        "graded-walking",
        &["--start-steps", "3000", "--contingency", "pain_modulated"],
        "waits for nothing",
    );

    let given = assign("home-exercises", &["--start-steps", "3000", "--contingency", "pain_modulated"]);
    assert_eq!(given.ok(), "assigned home-exercises-3000-pain from 2026-03-02\n");
    let given = assign("gentle-start", &["--start-steps", "3000", "--trials", "12,15,14"]);
    assert_eq!(given.ok(), "assigned gentle-start-3000-trials-41 from 2026-03-02\n");
    let own = folder.say("programme show gentle-start-3000-trials-41").json();
    assert_eq!(own["stages"][0]["quotas"][0]["target"], 9, "70 % of the mean, 13.67, rounded down");
    assert_eq!(own["contingency"], "time_contingent");
    assert_eq!(assign("back-school", &[]).ok(), "assigned back-school from 2026-03-02\n");

    // A file is checked without a data folder, and told by week; a wrong one by line and field.
    let show = folder.say("programme show home-exercises").ok();
    let path = folder.write("home.json", show.clone()).to_str().expect("a path").to_owned();
    let told = folder.run(["programme", "check", &path]).ok();
    assert_eq!(told.lines().count(), 1 + 12 * 4, "{told}");
    assert!(told.contains("\n9,3,steps,5,mon tue wed thu fri sat sun,,{steps}/d,run_in,105,,,\n"), "{told}");
    let spoilt = show.replacen("\"per_week\": 3", "\"per_week\": 9", 1);
    let line = spoilt.lines().position(|line| line.contains(": 9")).expect("it was changed") + 1;
    let path = folder.write("home.json", spoilt).to_str().expect("a path").to_owned();
    let wrong = folder.run(["programme", "check", &path]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(
        wrong.stderr.contains(&format!("line {line}, stages[0].quotas[0].per_week: ")),
        "{}",
        wrong.stderr
    );
}
