//! Bad readings among good ones: the good are kept, the bad are named with index, code, field and fix.

use serde_json::{Value, json};

use crate::batch::{START_MS, heart_rates, service_for_one, with};

/// 2091-01-01T00:00:00Z.
const YEAR_2091_MS: i64 = 3_818_448_000_000;
const COUNT: i64 = 1_000;
/// Where the bad ones are: a date in 2091, a heart rate of 900, an end before the start.
const BAD: [usize; 3] = [17, 402, 999];

fn with_three_bad(id: &str) -> Value {
    let points = "/series/0/points";
    let mut batch = heart_rates(id, COUNT);
    for (path, at, value) in [
        ("start", BAD[0], YEAR_2091_MS),
        ("end", BAD[0], YEAR_2091_MS + 60_000),
        ("value", BAD[1], 900),
        ("end", BAD[2], START_MS + 998 * 60_000),
    ] {
        batch = with(batch, &format!("{points}/{path}/{at}"), value.into());
    }
    batch
}

/// The rows of a batch at some of its indexes.
fn only(batch: &Value, indexes: &[usize]) -> Value {
    let mut less = batch.clone();
    for column in ["start", "end", "value"] {
        let pointer = format!("/series/0/points/{column}");
        let all = batch.pointer(&pointer).and_then(Value::as_array).expect("a column");
        *less.pointer_mut(&pointer).expect("a column") = indexes.iter().map(|at| all[*at].clone()).collect();
    }
    less
}

fn without_index(rejected: &Value) -> Vec<Value> {
    let list = rejected.as_array().expect("a list").iter().cloned();
    list.map(|one| with(one, "/index", Value::Null)).collect()
}

#[test]
fn of_a_thousand_readings_three_bad_ones_are_named_and_the_others_kept() {
    let (folder, served, id) = service_for_one();
    let batch = with_three_bad(&id);
    let said = served.post(&batch);
    assert_eq!(said.status, 200, "{}", said.body);
    let answer = said.json();
    let rejected = answer["rejected"].as_array().expect("a list");
    println!("1,000 sent: {} accepted, {} rejected", answer["accepted"], rejected.len());
    for one in rejected {
        println!("  {one}");
    }
    assert_eq!(
        (&answer["accepted"], &answer["new"], &answer["duplicate"]),
        (&997.into(), &997.into(), &0.into())
    );
    let named = [("start_in_future", "start"), ("value_out_of_range", "value"), ("end_before_start", "end")];
    assert_eq!(rejected.len(), 3);
    for ((one, index), (code, field)) in rejected.iter().zip(BAD).zip(named) {
        assert_eq!((&one["series"], &one["index"]), (&0.into(), &json!(index)), "{one}");
        assert_eq!((&one["code"], &one["field"]), (&code.into(), &field.into()), "{one}");
        assert!(one["fix"].as_str().is_some_and(|fix| fix.len() > 10), "{one}");
    }
    assert_eq!(served.metric("store_readings"), 997);
    assert_eq!(served.metric("ingest_readings_rejected_total"), 3);

    let again = served.post(&batch).json();
    assert_eq!(
        (&again["new"], &again["duplicate"], &again["rejected"]),
        (&0.into(), &997.into(), &answer["rejected"])
    );

    let none = served.post(&only(&batch, &BAD)).problem(422);
    println!("the three alone: 422 {}", none["type"]);
    assert_eq!(none["type"], "/problems/nothing-accepted");
    assert_eq!(without_index(&none["rejected"]), without_index(&answer["rejected"]), "the same list");
    let indexes: Vec<_> =
        none["rejected"].as_array().expect("a list").iter().map(|one| &one["index"]).collect();
    assert_eq!(indexes, [0, 1, 2]);
    assert_eq!(served.metric("store_readings"), 997);
    served.stop();

    // What is stored is what was good, and nothing else.
    let rows = folder.say(&format!("readings {id} --from 2026-03-01 --to 2026-03-31")).ok();
    assert_eq!(rows.lines().count() - 1, 997);
    let (other, beside, _) = service_for_one();
    let good: Vec<usize> = (0..COUNT as usize).filter(|at| !BAD.contains(at)).collect();
    assert_eq!(beside.post(&only(&batch, &good)).json()["new"], 997);
    beside.stop();
    assert_eq!(folder.say("store digest").ok(), other.say("store digest").ok());
}
