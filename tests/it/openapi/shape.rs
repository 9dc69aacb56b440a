//! Whether the document is an OpenAPI 3.1 document that can be worked with: everything named, described, used and
//! compiled.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::operations;
use crate::schema::{faults as schema_faults, strict};

/// What a JSON reference within the document points to, or the value itself.
pub(crate) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let pointer =
                reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is within the document"));
            document.pointer(pointer).unwrap_or_else(|| panic!("{reference} is there"))
        }
        None => value,
    }
}

/// The entry of an operation.
pub(crate) fn entry<'a>(document: &'a Value, path: &str, method: &str) -> &'a Value {
    &document["paths"][path][method.to_lowercase()]
}

/// Everything that is wrong with the document.
pub(crate) fn faults(document: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    must(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")),
        "openapi is 3.1.x".into(),
    );
    for field in ["title", "version", "description"] {
        must(document["info"][field].is_string(), format!("info.{field}"));
    }
    let tags: BTreeSet<&str> =
        list(&document["tags"]).iter().filter_map(|tag| tag["name"].as_str()).collect();
    let schemes = &document["components"]["securitySchemes"];
    must(schemes["bearer"]["scheme"] == "bearer", "a bearer scheme".into());
    for scope in ["write-participant", "write-study", "read-participant", "read-study", "admin"] {
        let text = schemes["bearer"]["description"].as_str().unwrap_or_default();
        must(text.contains(&format!("`{scope}`")), format!("the scope {scope} is explained"));
    }
    let mut ids = BTreeSet::new();
    for operation in operations(document) {
        let name = format!("{} {}", operation.method, operation.path);
        let entry = entry(document, &operation.path, &operation.method);
        must(ids.insert(operation.id.clone()), format!("{name}: its operationId is its own"));
        for field in ["summary", "description"] {
            must(entry[field].as_str().is_some_and(|text| !text.is_empty()), format!("{name}: a {field}"));
        }
        must(!list(&entry["tags"]).is_empty(), format!("{name}: a tag"));
        for tag in list(&entry["tags"]) {
            must(
                tag.as_str().is_some_and(|tag| tags.contains(tag)),
                format!("{name}: the tag {tag} is described"),
            );
        }
        let shared = list(&document["paths"][&operation.path]["parameters"]);
        let given: Vec<&Value> =
            list(&entry["parameters"]).iter().chain(shared).map(|one| resolved(document, one)).collect();
        for part in operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let there =
                given.iter().any(|one| one["name"] == part && one["in"] == "path" && one["required"] == true);
            must(there, format!("{name}: the parameter {part}"));
        }
        for parameter in given {
            must(
                parameter["description"].is_string() && parameter["schema"].is_object(),
                format!("{name}: {parameter}"),
            );
        }
        let responses = entry["responses"].as_object();
        must(
            responses.is_some_and(|all| all.keys().any(|code| code.starts_with('2'))),
            format!("{name}: a success"),
        );
        let open = entry["security"].as_array().is_some_and(Vec::is_empty);
        let least: &[&str] = if open { &["503"] } else { &["401", "500", "503"] };
        for status in least {
            must(entry["responses"][status].is_object(), format!("{name}: what it answers as {status}"));
        }
        for (status, response) in responses.into_iter().flatten() {
            let response = resolved(document, response);
            must(response["description"].is_string(), format!("{name} {status}: a description"));
            if status == "204" {
                must(response["content"].is_null(), format!("{name} {status}: no content"));
                continue;
            }
            let streams = response["content"]["text/event-stream"].is_object();
            let kind = match (status.starts_with('2'), streams) {
                (true, true) => "text/event-stream",
                (true, false) => "application/json",
                (false, _) => "application/problem+json",
            };
            must(
                response["content"][kind]["schema"]["$ref"].is_string(),
                format!("{name} {status}: a schema of {kind}"),
            );
            if matches!(status.as_str(), "429" | "503") {
                must(response["headers"]["Retry-After"].is_object(), format!("{name} {status}: Retry-After"));
            }
        }
        if matches!(operation.method.as_str(), "POST" | "PUT") {
            let media = &entry["requestBody"]["content"]["application/json"];
            let schema = media["schema"]["$ref"].as_str().and_then(|text| text.rsplit('/').next());
            must(
                schema.is_some() && media["example"].is_object(),
                format!("{name}: a body with a schema and an example"),
            );
            if let Some(schema) = schema {
                let bad = schema_faults(&strict(document, schema), &media["example"]);
                must(bad.is_empty(), format!("{name}: its example validates: {bad:?}"));
            }
        }
    }
    let mut used = BTreeSet::new();
    references(document, &mut used);
    for reference in &used {
        let there = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        must(there.is_some(), format!("{reference} is there"));
    }
    for part in ["schemas", "parameters", "responses"] {
        for (name, value) in document["components"][part].as_object().into_iter().flatten() {
            // A gap's cause stands in a batch as its number, so nothing refers to the words.
            let free = name == "GapCause";
            must(
                free || used.contains(&format!("#/components/{part}/{name}")),
                format!("{part}/{name} is used"),
            );
            if part == "schemas" {
                let meta = jsonschema::draft202012::meta::is_valid(value);
                must(meta, format!("schemas/{name} is a JSON schema"));
                strict(document, name);
                undescribed(value, &format!("schemas/{name}"), &mut must);
            }
        }
    }
    wrong
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            into.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| references(value, into));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, into)),
        _ => {}
    }
}

/// Every schema and every property says what it is, itself or by what it refers to.
fn undescribed(schema: &Value, at: &str, must: &mut impl FnMut(bool, String)) {
    let described = schema["description"].is_string() || schema["$ref"].is_string();
    must(described, format!("{at}: a description"));
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        undescribed(property, &format!("{at}/{name}"), must);
    }
}
