//! What InfluxDB refuses is named reading by reading and kept; everything beside it goes on.

use serde_json::json;

use crate::foulee::Folder;
use crate::people;
use crate::place::{Place, now_ms};
use crate::served::Served;

#[test]
fn a_reading_that_is_refused_is_set_aside_and_the_others_go_on() {
    for place in Place::all() {
        if place.influxd.is_none() {
            continue;
        }
        let url = place.url("asides");
        let folder = Folder::with(place.environment(url));
        assert!(folder.say("migrate --keep-days 30").ok().contains("for 30 days"));
        people::add(&folder, &people::id(1), "1", "asides", "UTC");
        let mut served = Served::start(&folder);
        let hour_ms = 3_600_000;
        let now_ms = now_ms() / hour_ms * hour_ms;
        // Two of a year ago, which InfluxDB is not to keep, among many of today.
        let old = [now_ms - 365 * 24 * hour_ms, now_ms - 364 * 24 * hour_ms];
        let mut start: Vec<i64> = (0..3_000).map(|n| now_ms - 5 * 24 * hour_ms + n * 60_000).collect();
        start.splice(1_500..1_500, old);
        let end: Vec<i64> = start.iter().map(|start| start + 60_000).collect();
        let value: Vec<i64> = (0..start.len() as i64).map(|n| n % 90).collect();
        let answer = served.post(&json!({"contract": 1, "series": [{
            "participant": people::id(1), "source": "watch", "metric": "steps", "grain": "epoch", "unit": "{steps}",
            "points": {"start": start, "end": end, "value": value},
        }]}));
        assert_eq!(answer.json()["accepted"], 3_002, "{answer:?}");
        served.until("two are set aside", |served| {
            (served.metric("influxdb_readings_set_aside") == 2
                && served.metric("journal_waiting_records") == 0)
                .then_some(())
        });
        served.until("and nothing is wrong", |served| (served.metric("influxdb_ok") == 1).then_some(()));
        assert_eq!(served.metric("store_readings"), 3_000);
        served.stop();
        let said = folder.say("store verify --repair").ok();
        println!("{}: {}", place.name, said.lines().last().unwrap_or_default());
        assert_eq!(said.matches("set aside: steps watch of").count(), 2, "{said}");
        assert!(said.contains("retention"), "the reason is InfluxDB's own: {said}");
        assert!(said.contains("0 put back, 0 lost for good"), "{said}");
    }
}
