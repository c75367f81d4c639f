//! The description of the interface, as OpenAPI 3.1 has it, made from the table of routes. It knows nothing of how they are answered.

use crate::reply::Reply;
use crate::routes::{self, Input};
use axum::http::StatusCode;
use serde_json::{Map, Value as Json, json};

/// The description, as it is answered.
pub fn reply() -> Reply {
    Reply::json(StatusCode::OK, document().to_string())
}

fn document() -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for route in routes::all() {
        let body = match route.input {
            Input::Path => None,
            Input::Members => Some(json!({"type": "object"})),
            Input::Whole(_) => Some(json!({})),
        };
        add(&mut paths, route.method.as_str(), route.path, route.operation, body);
    }
    let operations = json!({
        "type": "object", "required": ["operations"], "additionalProperties": false,
        "properties": {"operations": {
            "type": "array", "maxItems": portunus_wire::OPERATIONS_MAX,
            "items": {"type": "object", "required": ["op"], "properties": {"op": {"enum": names()}}},
        }},
    });
    add(&mut paths, "POST", "/v1/transaction", "transaction", Some(operations));
    add(&mut paths, "POST", "/v1/login", "login", Some(json!({"type": "object"})));
    add(&mut paths, "POST", "/v1/refresh", "refresh", None);
    let password = json!({"type": "object", "required": ["password"]});
    add(&mut paths, "PUT", "/v1/credentials/{collection}/{id}", "set_password", Some(password));
    add(&mut paths, "POST", "/v1/call/{procedure}", "call", Some(json!({})));
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Portunus", "version": env!("CARGO_PKG_VERSION")},
        "security": [{"secret": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"secret": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail", "request_id"],
                "properties": {
                    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                    "code": {"type": "string"}, "detail": {"type": "string"},
                    "operation": {"type": "integer"}, "request_id": {"type": "string"},
                },
            }},
        },
    })
}

fn names() -> Vec<&'static str> {
    let (asked, done) = portunus_wire::Operation::NAMES;
    asked.iter().chain(done).copied().collect()
}

fn add(paths: &mut Map<String, Json>, method: &str, path: &str, name: &str, body: Option<Json>) {
    let problem = json!({
        "description": "What went wrong",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    let success = json!({"description": "Done", "content": {"application/json": {"schema": {}}}});
    let parameters: Vec<Json> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    let mut operation = json!({
        "operationId": format!("{}_{name}", method.to_ascii_lowercase()),
        "parameters": parameters,
        "responses": {"2XX": success, "4XX": problem, "5XX": problem},
    });
    if let (Some(schema), Some(object)) = (body, operation.as_object_mut()) {
        object.insert("requestBody".into(), json!({"content": {"application/json": {"schema": schema}}}));
    }
    let entry = paths.entry(path).or_insert_with(|| json!({}));
    if let Some(methods) = entry.as_object_mut() {
        methods.insert(method.to_ascii_lowercase(), operation);
    }
}
