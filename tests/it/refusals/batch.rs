//! A good batch, from which the tests make bad ones.

use serde_json::{Value, json};

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

/// 2026-03-02T00:00:00Z.
pub(crate) const START_MS: i64 = 1_772_409_600_000;

/// A service that knows one person.
pub(crate) fn service_for_one() -> (Folder, Served, String) {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "refusals", "UTC");
    let served = Served::start(&folder);
    (folder, served, id)
}

/// So many minutes of heart rate, as points.
pub(crate) fn heart_rates(id: &str, count: i64) -> Value {
    let column = |of: fn(i64) -> i64| (0..count).map(of).collect::<Vec<i64>>();
    json!({"contract": 1, "series": [{
        "participant": id, "source": "watch////refusals", "metric": "heart_rate", "grain": "epoch", "unit": "/min",
        "offset": 60,
        "points": {
            "start": column(|at| START_MS + at * 60_000),
            "end": column(|at| START_MS + (at + 1) * 60_000),
            "value": column(|at| 60 + at % 100),
        },
    }]})
}

/// The same with one field another.
pub(crate) fn with(mut batch: Value, pointer: &str, value: Value) -> Value {
    *batch.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = value;
    batch
}
