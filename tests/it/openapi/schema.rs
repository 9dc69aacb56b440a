//! Validation against the document's schemas, stricter than they are published: an answer with a field that the document
//! does not describe fails, though clients are to bear with new fields.

use jsonschema::Validator;
use serde_json::{Value, json};

/// A validator for `components/schemas/NAME`.
pub(crate) fn strict(document: &Value, name: &str) -> Validator {
    let mut schemas = document["components"]["schemas"].clone();
    close(&mut schemas);
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": { "schemas": schemas },
    });
    let built = jsonschema::options().should_validate_formats(true).build(&schema);
    built.unwrap_or_else(|error| panic!("the schema {name} does not compile: {error}"))
}

/// Every object is closed.
fn close(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object)
                && object.get("type") == Some(&json!("object"))
            {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        _ => {}
    }
}

/// Everything that is wrong with a value, in words; nothing where it is right.
pub(crate) fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).take(10).collect()
}
