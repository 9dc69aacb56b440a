//! `api/openapi.json` against the service: the document is OpenAPI 3.1, it names exactly the routes of `/v1`, what it says
//! of methods holds on a running service, and the contract's golden files, its own examples and real answers of every
//! operation validate against its schemas.

#[path = "openapi/document.rs"]
mod document;
#[path = "openapi/exchange.rs"]
mod exchange;
#[path = "openapi/odd.rs"]
mod odd;
#[path = "openapi/routes.rs"]
mod routes;
#[path = "openapi/schema.rs"]
mod schema;
#[path = "openapi/served.rs"]
mod served;
#[path = "openapi/shape.rs"]
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use document::{document, operations};
use exchange::Exchanges;
use foulee_api::registry::Scope;
use schema::{faults, strict};
use serde_json::{Value, json};
use served::Served;

/// What a golden file holds, or why the document has no schema for it.
enum Golden {
    Is(&'static str),
    ListOf(&'static str),
    /// A list of documents of this schema.
    Each(&'static str),
    NotOfV1(&'static str),
}

fn golden_kind(name: &str) -> Option<Golden> {
    Some(match name {
        "answer.json" | "answer_unknown.json" => Golden::Is("Answer"),
        "batch_grid.json" | "batch_metrics.json" | "batch_points.json" => Golden::Is("Batch"),
        "problem_invalid_field.json" | "problem_nothing_accepted.json" => Golden::Is("Problem"),
        "programme.json" | "programme_every_field.json" => Golden::Is("Programme"),
        "gap_causes.json" => Golden::ListOf("GapCause"),
        "problem_kinds.json" => Golden::ListOf("ProblemType"),
        "reject_codes.json" => Golden::ListOf("RejectCode"),
        "reports.json" => Golden::Each("Report"),
        "questionnaire.json" => Golden::NotOfV1("no route takes questionnaires"),
        "safety_event.json" => Golden::NotOfV1("what is raised is told within `Safety`"),
        "rounding.json" => Golden::NotOfV1("pins a function, not a document"),
        "units.json" => Golden::NotOfV1("a table of units; units_are_those_of_the_contract looks at it"),
        _ => return None,
    })
}

fn golden_files() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/contract/tests/golden");
    let entries = std::fs::read_dir(folder).expect("the golden files");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let text = std::fs::read_to_string(entry.path()).expect("a text");
            (entry.file_name().to_string_lossy().into_owned(), serde_json::from_str(&text).expect("JSON"))
        })
        .collect()
}

#[test]
fn the_document_is_openapi_3_1() {
    let document = document();
    let faults = shape::faults(&document);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn it_names_exactly_the_routes_of_the_source() {
    let named: BTreeSet<_> = operations(&document()).into_iter().map(|one| (one.path, one.method)).collect();
    let routed = routes::of_source();
    assert!(routed.len() >= 13, "the routes of the source were found: {routed:?}");
    assert_eq!(named, routed, "left: openapi.json, right: .route( of the source");
}

#[test]
fn every_path_answers_its_methods_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let (_, admin) = served.token(Scope::Admin, None);
    let document = document();
    let mut paths: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for operation in operations(&document) {
        let at = operation.at("01900000-0000-7000-8000-000000000001", "graded-walking");
        paths
            .entry(operation.path.clone())
            .or_insert_with(|| (at, BTreeSet::new()))
            .1
            .insert(operation.method);
    }
    for (path, (at, methods)) in paths {
        let refused = served.ask("PATCH", &at, Some(&admin), None);
        assert_eq!(refused.status, 405, "PATCH {path}");
        let allowed = refused.header("allow").split(',').map(|method| method.trim().to_owned());
        let allowed: BTreeSet<String> = allowed.filter(|method| method != "HEAD").collect();
        assert_eq!(allowed, methods, "{path}: left: Allow of the service, right: openapi.json");
        assert!(
            refused.is_problem("method-not-allowed"),
            "PATCH {path} is answered by a problem: {refused:?}"
        );
    }
    let nothing = served.ask("GET", "/v1/nothing", Some(&admin), None);
    assert!(nothing.status == 404 && nothing.is_problem("not-found"), "{nothing:?}");
    let whole = served.ask("GET", "/openapi.json", None, None);
    assert_eq!((whole.status, whole.header("content-type")), (200, "application/json"));
    assert_eq!(whole.json(), document, "the service serves the document");
}

#[test]
fn golden_files_of_the_contract_validate() {
    let document = document();
    for (name, value) in golden_files() {
        let kind =
            golden_kind(&name).unwrap_or_else(|| panic!("{name} is new: say here which schema it is of"));
        let wrong = match kind {
            Golden::Is(schema) => faults(&strict(&document, schema), &value),
            Golden::ListOf(schema) => {
                let validator = strict(&document, schema);
                let known = document["components"]["schemas"][schema]["oneOf"].as_array().map_or_else(
                    || document["components"]["schemas"][schema]["enum"].clone(),
                    |words| words.iter().map(|word| word["const"].clone()).collect(),
                );
                assert_eq!(known, value, "{name}: the document names each word, in this order");
                value.as_array().into_iter().flatten().flat_map(|one| faults(&validator, one)).collect()
            }
            Golden::Each(schema) => {
                let validator = strict(&document, schema);
                value.as_array().into_iter().flatten().flat_map(|one| faults(&validator, one)).collect()
            }
            Golden::NotOfV1(why) => {
                println!("left out: {name}: {why}");
                Vec::new()
            }
        };
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn what_the_contract_refuses_the_document_refuses() {
    let batch = strict(&document(), "Batch");
    let good = golden_files().remove("batch_points.json").expect("the golden batch");
    let with = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
        changed
    };
    assert!(faults(&batch, &good).is_empty());
    for bad in [
        with("/contract", json!(2)),
        with("/series/0/metric", json!("stepz")),
        with("/series/0/grain", json!("hour")),
        with("/series/0/source", json!("tricorder/x")),
        with("/series/0/source", json!("watch/a/")),
        with("/series/0/source", json!("watch/A")),
        with("/series/0/participant", json!("nobody")),
        with("/series/0/participant", json!("00000000-0000-0000-0000-000000000000")),
        with("/series/0/points/value/0", json!(1.5)),
        with("/series/0/points", json!({"start": [1], "value": [1], "stop": [2]})),
        with("/series/0/exponent", json!(10)),
    ] {
        assert!(!faults(&batch, &bad).is_empty(), "{bad}");
    }
}

#[test]
fn units_are_those_of_the_contract() {
    let document = document();
    let metrics = document["components"]["schemas"]["Metric"]["oneOf"].as_array().expect("the metrics");
    let units = golden_files().remove("units.json").expect("the golden units");
    let units = units.as_array().expect("a list");
    assert_eq!(units.len(), metrics.len());
    for (row, metric) in units.iter().zip(metrics) {
        assert_eq!(row[0], metric["const"], "in the order of their codes");
        let text = metric["description"].as_str().expect("a description");
        let unit = row[1].as_str().expect("a unit");
        assert!(text.contains(&format!("Unit `{unit}`")), "{}: {text}", row[0]);
        assert_eq!(row[2] == -1, text.contains("kept to 0.1"), "{}: {text}", row[0]);
    }
}

#[test]
fn real_answers_validate() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let document = document();
    let mut exchanges = Exchanges::new(&document, &served);
    exchanges.live_through_everything();
    let silent = exchanges.operations_without_success();
    assert!(silent.is_empty(), "no successful answer was seen of {silent:?}");
    println!("{}", exchanges.summary());
}

#[test]
fn odd_requests_are_refused_and_break_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let document = document();
    let mut exchanges = Exchanges::new(&document, &served);
    let wrong = odd::wrong(&served, &mut exchanges);
    assert!(wrong.is_empty(), "{} of the odd requests:\n{}", wrong.len(), wrong.join("\n"));
}
