//! The OpenAPI document, as the tests ask it.

use foulee_api::http::OPENAPI;
use serde_json::Value;

/// The words of an object that are methods and not something else of a path.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The document, parsed.
pub(crate) fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("openapi.json is JSON")
}

/// One method of one path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    /// As on the wire.
    pub(crate) method: String,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// The name that the document gives it.
    pub(crate) id: String,
}

impl Operation {
    /// The path with its parameters filled in.
    pub(crate) fn at(&self, id: &str, name: &str) -> String {
        self.path
            .replace("{id}", id)
            .replace("{name}", name)
            .replace("{provider}", name)
            .replace("{group}", "1")
    }
}

/// Every operation, in the document's order of paths.
pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths is an object");
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            if let Some(entry) = item.get(method) {
                let id = entry["operationId"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{method} {path} has an operationId"));
                found.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    id: id.to_owned(),
                });
            }
        }
    }
    found
}
