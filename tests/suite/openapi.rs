//! The OpenAPI document is generated from the routes. The responses that the test client
//! `common::server::Caller` receives are validated against the document.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::common::{assert_committed, server::Answer};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(credenza::server::openapi()).unwrap());

#[test]
fn the_committed_document_is_what_the_routes_say() {
    let yaml = credenza::server::openapi().to_yaml().unwrap();
    assert_committed("assets/openapi.yaml", &yaml);
}

#[test]
fn operations_are_described_and_errors_share_a_schema() {
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with(['4', '5']) {
                    let schema = &response["content"]["application/json"]["schema"]["$ref"];
                    let error = if path.starts_with("/oauth/") { "OAuthError" } else { "Problem" };
                    assert_eq!(
                        schema,
                        &json!(format!("#/components/schemas/{error}")),
                        "{name} {status}"
                    );
                }
            }
        }
    }
}

/// Panics unless the document allows a response: its status, and every member of its body. A path
/// that is not in the document must return 404, and a method that is not in it 405.
#[track_caller]
pub fn assert_documented(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fits = |template: &str| {
        let (a, b): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.starts_with('{') || a == b)
    };
    let Some((template, methods)) = paths.iter().find(|(template, _)| fits(template)) else {
        assert_eq!(answer.status, 404, "{path} is not in the document");
        return;
    };
    let operation = &methods[method.to_lowercase()];
    if operation.is_null() {
        assert_eq!(answer.status, 405, "{method} {template} is not in the document");
        return;
    }
    let response = &operation["responses"][answer.status.to_string()];
    assert!(!response.is_null(), "{method} {template}: undocumented {}: {answer:?}", answer.status);
    let schema = &response["content"]["application/json"]["schema"];
    if schema.is_null() {
        assert!(answer.body.is_null(), "{method} {template} {} has no body", answer.status);
        return;
    }
    let mut whole = schema.clone();
    whole["components"] = closed(&DOCUMENT["components"]);
    let validator = jsonschema::draft202012::new(&whole).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&answer.body)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{method} {template} {}: {errors:?}\n{}",
        answer.status,
        answer.body
    );
}

/// Returns the schemas with additional members forbidden, so that undocumented members are errors.
fn closed(components: &Value) -> Value {
    let mut components = components.clone();
    for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
        if schema["type"] == "object" && schema["properties"].is_object() {
            schema["additionalProperties"] = json!(false);
        }
    }
    components
}
