//! Values at the ends of what a field can hold: refused by name, and never more than one request's trouble.

use serde_json::json;

use crate::batch::{START_MS, heart_rates, service_for_one};
use crate::served::JSON;

/// A gap may be long, and `end` is the sender's: an end that no clock will reach must cost nobody else anything.
#[test]
fn a_gap_that_never_ends_does_not_bring_the_service_down() {
    for (what, end) in [("the year 4000", 64_060_588_800_000), ("as far as a number goes", i64::MAX)] {
        let (_folder, mut served, id) = service_for_one();
        let gap = json!({"contract": 1, "series": [{
            "participant": id, "source": "watch////gap", "metric": "gap", "grain": "sample", "unit": "1",
            "points": {"start": [START_MS], "end": [end], "value": [1]},
        }]});
        let body = gap.to_string();
        let head = format!(
            "POST /v1/readings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            served.address,
            served.token,
            body.len()
        );
        let said = served.try_raw(&[head.as_bytes(), body.as_bytes()]);
        std::thread::sleep(std::time::Duration::from_millis(500));
        println!("a gap to {what}: {:?}", said.as_ref().map(|said| (said.status, said.body.as_str())));
        assert!(served.is_up(), "a gap to {what} ended the process:\n{}", served.log());
        let refused = said.expect("an answer").problem(422);
        assert_eq!(refused["rejected"][0]["field"], "end", "{refused}");
        assert_eq!(served.metric("worker_dirty_days"), 0);
        assert_eq!(served.post(&heart_rates(&id, 10)).json()["new"], 10);
        served.stop();
    }
}

#[test]
fn the_id_that_names_nobody_is_refused_and_breaks_nothing() {
    const NIL: &str = "00000000-0000-0000-0000-000000000000";
    let (folder, served, id) = service_for_one();
    let said = served.post(&heart_rates(NIL, 10));
    println!("readings of the nil id: {}", said.status);
    assert!(matches!(said.status, 400 | 422), "{said:?}");
    let body = json!({"id": NIL, "study": "refusals"}).to_string();
    let said = served.ask("POST", "/v1/participants", Some(&served.token), JSON, body.as_bytes());
    let after = served.post(&heart_rates(&id, 10));
    let list = folder.say("participant list");
    println!(
        "a participant of the nil id: {}; after it, somebody else's batch: {}, the list of participants: exit {} {}",
        said.status,
        after.status,
        list.code,
        list.stderr.trim()
    );
    assert_eq!(after.status, 200, "somebody else's readings are refused: {}", after.body);
    assert_eq!(list.code, 0, "{}", list.stderr);
    said.problem(400);
    served.stop();
}

#[test]
fn a_date_beyond_the_calendar_is_refused_by_name() {
    let (_folder, served, id) = service_for_one();
    let mut wrong = Vec::new();
    for date in ["0000-01-01", "-0001-01-01", "%2B262142-12-31", "-262143-01-01", "2026-02-30", "soon"] {
        let plain = date.replace("%2B", "+");
        let new = json!({"programme": "graded-walking", "start": plain, "start_steps": 4_000}).to_string();
        let of = |rest: &str| format!("/v1/participants/{id}{rest}");
        let mut asked = vec![("POST", of("/prescriptions"), new)];
        for what in ["minutes", "measures", "adherence"] {
            asked.push(("GET", of(&format!("/{what}?from={date}&to={date}")), String::new()));
        }
        for (method, path, body) in asked {
            let said = served.ask(method, &path, Some(&served.token), JSON, body.as_bytes());
            if !(400..500).contains(&said.status) {
                wrong.push(format!("{method} {path}: {} {}", said.status, said.body));
            }
        }
        let page = served.get(&format!("/p/{id}?from={date}&to={date}"));
        if page.status >= 500 {
            wrong.push(format!("the page from {date}: {}", page.status));
        }
    }
    println!("dates beyond the calendar: {} answers are no 4xx", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    served.stop();
}
