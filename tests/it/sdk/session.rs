//! A recorded session of the SDK's own JSON, made from its published schema: four days of a phone of Apple's, of Health
//! Connect and of Samsung Health, with sleep, workouts, kinds that are not kept, and records that cannot be true.

use serde_json::{Value, json};

/// What is to become of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Accepted,
    Rejected,
    NotKept,
}

/// A row of one of the three lists of a body.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) provider: &'static str,
    pub(crate) list: &'static str,
    pub(crate) value: Value,
    pub(crate) fate: Fate,
}

/// Days of the session, and the zone that clocks are in on each: they change on the third.
const DAYS: [(&str, &str); 4] =
    [("2026-03-27", "+01:00"), ("2026-03-28", "+01:00"), ("2026-03-29", "+02:00"), ("2026-03-30", "+02:00")];

fn time(day: &str, second: u32) -> String {
    format!("{day}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

struct Session {
    rows: Vec<Row>,
    ids: u32,
}

impl Session {
    fn id(&mut self) -> String {
        self.ids += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.ids)
    }

    fn push(&mut self, provider: &'static str, list: &'static str, value: Value, fate: Fate) {
        self.rows.push(Row { provider, list, value, fate });
    }

    fn record(
        &mut self,
        provider: &'static str,
        source: &Value,
        (kind, unit, value): (&str, &str, f64),
        (start, end, zone): (String, String, &str),
        fate: Fate,
    ) {
        let id = self.id();
        let record = json!({
            "id": id, "parentId": null, "type": kind, "startDate": start, "endDate": end, "zoneOffset": zone,
            "source": source, "value": value, "unit": unit, "metadata": null,
        });
        self.push(provider, "records", record, fate);
    }

    fn apple(&mut self, day: &str, zone: &str) {
        let device = |name: &str, model: &str, sort: &str| {
            json!({"appId": format!("com.apple.health.{model}"), "deviceId": null, "deviceName": name,
                "deviceManufacturer": "Apple Inc.", "deviceModel": model, "deviceType": sort, "recordingMethod": null,
                "operatingSystemVersion": {"majorVersion": 18, "minorVersion": 1, "patchVersion": 0}})
        };
        let phone = device("iPhone de Zoé", "iPhone14,5", "phone");
        let watch = device("Apple Watch", "Watch6,1", "watch");
        for step in 0..60 {
            let start = 28_800 + step * 600;
            let at = |length| (time(day, start), time(day, start + length), zone);
            let kind = ("HKQuantityTypeIdentifierStepCount", "count", f64::from(200 + step));
            self.record("apple", &phone, kind, at(240), Fate::Accepted);
            let kind = ("HKQuantityTypeIdentifierStepCount", "count", f64::from(210 + step));
            self.record("apple", &watch, kind, at(300), Fate::Accepted);
            let kind = ("HKQuantityTypeIdentifierHeartRate", "bpm", 70.0 + f64::from(step) / 7.0);
            self.record("apple", &watch, kind, at(0), Fate::Accepted);
        }
        let at = || (time(day, 30_000), time(day, 30_060), zone);
        let kinds = [
            ("HKQuantityTypeIdentifierDistanceWalkingRunning", "m"),
            ("HKQuantityTypeIdentifierRestingHeartRate", "bpm"),
        ];
        for (kind, unit) in kinds {
            self.record("apple", &watch, (kind, unit, 55.0), at(), Fate::NotKept);
        }
        let typed = json!({"type": "HKQuantityTypeIdentifierStepCount", "startDate": time(day, 20_000),
            "endDate": time(day, 20_600), "value": 500, "unit": "count", "source": phone,
            "metadata": {"HKWasUserEntered": 1, "HKTimeZone": "Europe/Paris"}});
        self.push("apple", "records", typed, Fate::Accepted);
        self.rest("apple", day, &watch);
    }

    fn health_connect(&mut self, day: &str, zone: &str) {
        let source = json!({"appId": "com.garmin.android.apps.connectmobile", "deviceId": null, "deviceName": null,
            "deviceManufacturer": "Garmin", "deviceModel": "Venu 3", "deviceType": "watch",
            "recordingMethod": "automatic"});
        for minute in 0..120 {
            let start = 36_000 + minute * 60;
            let at = |length| (time(day, start), time(day, start + length), zone);
            if minute % 3 > 0 {
                self.record(
                    "google",
                    &source,
                    ("STEP_COUNT", "count", f64::from(60 + minute)),
                    at(60),
                    Fate::Accepted,
                );
            }
            self.record(
                "google",
                &source,
                ("HEART_RATE", "bpm", f64::from(80 + minute % 40)),
                at(0),
                Fate::Accepted,
            );
        }
        let hrv = ("HEART_RATE_VARIABILITY", "ms", 41.5);
        self.record("google", &source, hrv, (time(day, 3_600), time(day, 3_600), zone), Fate::NotKept);
        self.rest("google", day, &source);
    }

    fn samsung(&mut self, day: &str, zone: &str) {
        let source = json!({"appId": null, "deviceId": null, "deviceName": "a52q", "deviceManufacturer": "samsung",
            "deviceModel": "SM-A525F", "deviceType": "phone", "recordingMethod": null});
        for hour in 7..20 {
            let at = (time(day, hour * 3_600), time(day, hour * 3_600 + 3_599), zone);
            self.record(
                "samsung",
                &source,
                ("STEP_COUNT", "count", f64::from(300 + hour)),
                at,
                Fate::Accepted,
            );
        }
        self.rest("samsung", day, &source);
    }

    /// A night and a walk, with the route of the walk: neither is kept.
    fn rest(&mut self, provider: &'static str, day: &str, source: &Value) {
        for stage in ["light", "deep", "rem"] {
            let row = json!({"id": self.id(), "parentId": null, "stage": stage, "startDate": time(day, 3_600),
                "endDate": time(day, 7_200), "zoneOffset": null, "source": source, "values": null, "metadata": null});
            self.push(provider, "sleep", row, Fate::NotKept);
        }
        let route: Vec<Value> = (0..50)
            .map(|at| json!({"timestamp": time(day, 40_000 + at), "latitude": 48.85, "longitude": 2.35, "altitudeM": 35.0}))
            .collect();
        let row = json!({"id": self.id(), "parentId": null, "type": "walking", "startDate": time(day, 40_000),
            "endDate": time(day, 41_000), "zoneOffset": null, "source": source, "title": null, "notes": null,
            "values": [{"type": "duration", "value": 1000, "unit": "s"}], "segments": null, "laps": null, "route": route,
            "samples": null, "metadata": null});
        self.push(provider, "workouts", row, Fate::NotKept);
    }

    /// Records that are wrong in one way each, and some that are odd and good.
    fn bad(&mut self, provider: &'static str) {
        let good = json!({"id": "x", "type": "STEP_COUNT", "startDate": "2026-03-27T21:00:00Z",
            "endDate": "2026-03-27T21:01:00Z", "zoneOffset": "+01:00", "value": 8, "unit": "count",
            "source": {"appId": "com.example.steps", "deviceType": "watch"}});
        let mut with = |field: &str, value: Value, fate| {
            let mut record = good.clone();
            record[field] = value;
            self.push(provider, "records", record, fate);
        };
        with("type", json!("A_KIND_OF_TOMORROW"), Fate::NotKept);
        with("type", Value::Null, Fate::Rejected);
        with("startDate", Value::Null, Fate::Rejected);
        with("endDate", json!("2026-03-27T20:59:00Z"), Fate::Rejected);
        with("startDate", json!("1998-03-27T21:00:00Z"), Fate::Rejected);
        with("endDate", json!("2026-05-27T21:01:00Z"), Fate::Rejected);
        with("value", json!(-3), Fate::Rejected);
        with("value", json!(5_000_000), Fate::Rejected);
        with("value", json!(1e200), Fate::Rejected);
        with("value", json!({"steps": 3}), Fate::Rejected);
        with("value", Value::Null, Fate::Rejected);
        with("unit", json!("furlong"), Fate::Rejected);
        with("zoneOffset", json!("Mars/Olympus"), Fate::Accepted);
        with("source", json!("a watch"), Fate::Accepted);
        with("startDate", json!("2026-03-27T21:01:00Z"), Fate::Accepted);
        for value in [json!(7), json!([]), Value::Null, json!("record")] {
            self.push(provider, "records", value, Fate::Rejected);
        }
    }
}

/// The whole session, in the order of its recording.
pub(crate) fn session() -> Vec<Row> {
    let mut session = Session { rows: Vec::new(), ids: 0 };
    for (day, zone) in DAYS {
        session.apple(day, zone);
        session.health_connect(day, zone);
        session.samsung(day, zone);
    }
    for provider in ["apple", "google", "samsung"] {
        session.bad(provider);
    }
    session.rows
}

/// How many rows have a fate.
pub(crate) fn count(rows: &[Row], fate: Fate) -> u64 {
    rows.iter().filter(|row| row.fate == fate).count() as u64
}

/// The bodies that these rows make, each of at most so many of them and of one provider, as the SDK sends them.
pub(crate) fn bodies(rows: &[Row], most: usize, draw: u32) -> Vec<(Value, Vec<Row>)> {
    let mut bodies = Vec::new();
    for provider in ["apple", "google", "samsung"] {
        let own: Vec<Row> = rows.iter().filter(|row| row.provider == provider).cloned().collect();
        for part in own.chunks(most) {
            let list = |name: &str| -> Vec<Value> {
                let rows = part.iter().filter(|row| row.list == name);
                rows.map(|row| redrawn(row, draw)).collect()
            };
            let body = json!({
                "provider": provider, "sdkVersion": "0.6.0", "syncTimestamp": "2026-03-31T06:00:00Z",
                "data": {"records": list("records"), "sleep": list("sleep"), "workouts": list("workouts")},
            });
            bodies.push((body, part.to_vec()));
        }
    }
    bodies
}

/// A row as it is read once more: Samsung Health's sums have another id each time.
fn redrawn(row: &Row, draw: u32) -> Value {
    let mut value = row.value.clone();
    if row.provider == "samsung" && value["id"].is_string() {
        value["id"] = json!(format!("{}-{draw}", value["id"].as_str().unwrap_or_default()));
    }
    value
}
