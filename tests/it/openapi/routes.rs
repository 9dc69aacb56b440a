//! The routes of `/v1`, and those of the SDK of phones, as the source has them.

use std::collections::BTreeSet;
use std::path::Path;

/// The files that register such routes.
const FILES: [&str; 3] = ["api/src/http/mod.rs", "ingest/src/http.rs", "ingest/src/sdk/routes.rs"];
/// The functions of axum that make a route answer to a method.
const METHODS: [&str; 7] = ["get", "post", "put", "delete", "patch", "head", "options"];

/// Every (path, method), from the text of `.route(…)`.
pub(crate) fn of_source() -> BTreeSet<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    for file in FILES {
        let text = std::fs::read_to_string(root.join(file)).expect("a source file");
        for call in text.split(".route(").skip(1) {
            let call = balanced(call);
            let path =
                call.split('"').nth(1).unwrap_or_else(|| panic!("{file}: a route without a path: {call}"));
            let methods: Vec<&str> = METHODS.into_iter().filter(|method| calls(call, method)).collect();
            assert!(!methods.is_empty(), "{file}: a route without a known method: {call}");
            if path.starts_with("/v1/") || path.starts_with("/api/v1/") {
                found.extend(methods.iter().map(|method| (path.to_owned(), method.to_uppercase())));
            }
        }
    }
    found
}

/// A text up to the parenthesis that closes it.
fn balanced(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// Whether a text calls a function of this name.
fn calls(text: &str, name: &str) -> bool {
    text.match_indices(&format!("{name}(")).any(|(at, _)| {
        !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
    })
}
