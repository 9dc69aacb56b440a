//! What a person says, by the command: sessions that count, what they will not do, and days that cannot be.

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

#[test]
fn sessions_count_as_they_are_told_and_preferences_bind() {
    for with_service in [false, true] {
        let folder = Folder::new();
        let id = people::id(1);
        people::add(&folder, &id, "1", "said", "Europe/Paris");
        let served = with_service.then(|| Served::start(&folder));
        let run = |words: &str| folder.say(words);
        let start = "--start 2026-03-02 --start-steps 6000 --contingency time_contingent";
        run(&format!("programme assign {id} home-exercises {start}")).ok();

        // A week: done, short, none, asked and done, asked without an answer, declined, and a day of which nothing is said.
        let session = |day: &str, minutes: u32| {
            let at = format!("--at 2026-03-{day}T18:00:00+01:00");
            run(&format!("report {id} session stretching --minutes {minutes} {at}")).ok()
        };
        let first = session("02", 10);
        session("03", 4);
        session("04", 0);
        let asked = |day: &str, how: &str| {
            run(&format!("report {id} session {how} --at 2026-03-{day}T17:00:00+01:00")).ok();
        };
        asked("05", "--asked");
        session("05", 12);
        asked("06", "--asked");
        asked("07", "--declined");
        let judged = || {
            run(&format!("adherence {id} --quota stretching --from 2026-03-02 --to 2026-03-08 --json")).json()
        };
        let outcomes = |doc: &serde_json::Value| {
            let days = doc["by_day"].as_array().expect("days").clone();
            days.iter().map(|day| day["outcome"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
        };
        let week = judged();
        assert_eq!(
            outcomes(&week),
            ["known_attained", "censored", "missed", "attained", "censored", "censored", "censored"],
            "{week}"
        );
        assert_eq!(week["days"]["valid"], 2, "the days that an answer closed");
        assert_eq!(week["completeness"], serde_json::json!(2.0 / 7.0));
        // Two of seven days are closed, and that is the least for an estimate.
        assert_eq!(
            (&week["status"], &week["bounds"]),
            (&"ok".into(), &serde_json::json!([2.0 / 7.0, 6.0 / 7.0]))
        );

        // A correction takes the place of the report that it names, and is refused without one.
        let wrong = run(&format!("report {id} session stretching --minutes 2 --corrects {}", people::id(9)));
        assert!(wrong.code != 0 && wrong.stderr.contains("corrects"), "{}", wrong.stderr);
        let at = "--at 2026-03-02T18:00:00+01:00";
        run(&format!("report {id} session stretching --minutes 3 {at} --corrects {}", first.trim())).ok();
        assert_eq!(outcomes(&judged())[0], "censored");
        for (words, field) in [
            (format!("report {id} pain 11"), "answer"),
            (format!("report {id} session stretching"), "--minutes"),
            (format!("report {id} red-flag headache"), "red-flag"),
            (format!("report {id} pain"), "answer"),
            (format!("profile {id} set weight_kg=heavy"), "weight_kg"),
            (format!("profile {id} set name=Ada"), "name"),
        ] {
            let refused = run(&words);
            assert!(
                refused.code == 2 && refused.stderr.contains(field),
                "{words}: {} {}",
                refused.code,
                refused.stderr
            );
        }

        // What is avoided is prescribed no more from the day after it was said.
        run(&format!("profile {id} set avoids=stretching impossible_days=sun weight_kg=declined")).ok();
        let known = run(&format!("profile {id} get weight_kg")).ok();
        assert!(known.contains("weight_kg,declined,,"), "{known}");
        assert_eq!(outcomes(&judged()).len(), 7, "what was prescribed before stays");
        let said = run(&format!("reports {id} --format csv")).ok();
        assert_eq!(said.lines().count(), 1 + 8, "{said}");

        // A red flag stops it all; only who may lifts it.
        let stopped = run(&format!("report {id} red-flag leg_weakness"));
        assert!(stopped.code == 0 && stopped.stderr.contains("urgent"), "{}", stopped.stderr);
        assert_eq!(judged()["safety"]["state"], "urgent");
        let own = run(&format!("safety clear {id} --by own-statement"));
        assert!(own.code != 0 && own.stderr.contains("professional"), "{}", own.stderr);
        assert_eq!(run(&format!("safety clear {id} --by professional")).ok(), "clear\n");
        assert!(judged()["safety"].is_null());
        println!("service {with_service}: a week told, corrected, stopped and lifted");
        if let Some(served) = served {
            served.stop();
        }
    }
}
