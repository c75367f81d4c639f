//! What is asked and what is answered, one request at a time.

use crate::client::Running;
use portunus::{Action, NewKey, Role};
use serde_json::json;

fn with_notes() -> Running {
    let running = Running::new();
    let definition = r#"{"name": "notes", "indexes": [{"fields": ["owner"]}]}"#;
    assert_eq!(running.ask("PUT", "/v1/collections/notes", definition).status, 200);
    running
}

#[test]
fn a_transaction_is_done_as_a_whole_and_answered_in_order() {
    let running = with_notes();
    let answers = running.transact(&json!([
        {"op": "create", "collection": "notes", "id": "n1", "value": {"owner": "ann"}},
        {"op": "get", "collection": "notes", "id": "n1"},
        {"op": "count", "collection": "notes"},
    ]));
    assert_eq!((&answers[1]["value"]["owner"], &answers[2]), (&json!("ann"), &json!(1)));
    let failed = running.ask(
        "POST",
        "/v1/transaction",
        &json!({"operations": [
            {"op": "create", "collection": "notes", "id": "n2", "value": {}},
            {"op": "create", "collection": "notes", "id": "n1", "value": {}},
        ]})
        .to_string(),
    );
    assert_eq!((failed.status, failed.code().as_str()), (409, "already_exists"));
    assert_eq!(failed.json()["operation"], 1);
    assert_eq!(running.ask("GET", "/v1/collections/notes/documents/n2", "").status, 404);
}

#[test]
fn a_document_is_put_read_and_deleted_under_its_version() {
    let running = with_notes();
    let path = "/v1/collections/notes/documents/a%20b";
    let put = running.ask("PUT", path, r#"{"text": "one"}"#);
    assert_eq!(put.status, 200, "{put:?}");
    let first = put.header("etag").unwrap().to_owned();
    let got = running.ask("GET", path, "");
    assert_eq!(got.header("etag"), Some(first.as_str()));
    assert_eq!((&got.json()["value"]["text"], &got.json()["id"]), (&json!("one"), &json!("a b")));
    let admin = format!("Authorization: Bearer {}\r\n", running.admin.expose());
    let conditioned = |method: &str, condition: &str, body: &str| {
        running.ask_with(method, path, &format!("{admin}{condition}\r\n"), body)
    };
    let second = conditioned("PUT", &format!("If-Match: {first}"), r#"{"text": "two"}"#);
    assert_eq!(second.status, 200, "{second:?}");
    for method in ["PUT", "PATCH", "DELETE"] {
        let body = if method == "DELETE" { "" } else { "{}" };
        let stale = conditioned(method, &format!("If-Match: {first}"), body);
        assert_eq!((stale.status, stale.code().as_str()), (412, "constraint"), "{method}");
        for wrong in ["1", "W/\"1\"", "\"1\", \"2\"", "\"-1\"", "\"\""] {
            assert_eq!(
                conditioned(method, &format!("If-Match: {wrong}"), body).status,
                400,
                "{method} {wrong}"
            );
        }
    }
    assert_eq!(conditioned("PUT", "If-None-Match: *", "{}").status, 409);
    let patched = running.ask("PATCH", path, r#"{"more": {"$bytes": "AQID"}}"#);
    let third = patched.header("etag").unwrap();
    assert_eq!(
        running.ask("GET", path, "").json()["value"],
        json!({"text": "two", "more": {"$bytes": "AQID"}})
    );
    assert_eq!(conditioned("DELETE", &format!("If-Match: {third}"), "").status, 200);
    assert_eq!(running.ask("GET", path, "").status, 404);
}

#[test]
fn a_query_is_answered_in_pages() {
    let running = with_notes();
    let created = |n: i32| json!({"op": "create", "collection": "notes", "value": {"owner": "ann", "n": n}});
    running.transact(&(0..5).map(created).collect());
    let mut query = json!({"index": "owner", "equal": ["ann"], "filter": "doc.n > 0", "limit": 3});
    let first = running.ask("POST", "/v1/collections/notes/query", &query.to_string()).json();
    query["cursor"] = first["next"].clone();
    let second = running.ask("POST", "/v1/collections/notes/query", &query.to_string()).json();
    assert_eq!(first["documents"].as_array().unwrap().len(), 3);
    assert_eq!(second["documents"].as_array().unwrap().len(), 1);
    assert!(second["next"].is_null());
}

#[test]
fn the_same_idempotency_key_is_done_once() {
    let running = with_notes();
    let headers =
        format!("Authorization: Bearer {}\r\nIdempotency-Key: order-17\r\n", running.admin.expose());
    let ask = || running.ask_with("POST", "/v1/collections/notes/documents", &headers, r#"{"n": 1}"#);
    assert_eq!((ask().status, ask().json()), (201, json!({"replayed": true})));
    assert_eq!(running.ask("POST", "/v1/collections/notes/count", "").json(), json!(1));
}

#[test]
fn somebody_signs_in_works_and_leaves() {
    let running = with_notes();
    running.ask(
        "PUT",
        "/v1/collections/users",
        r#"{"name": "users", "indexes": [{"fields": ["email"], "unique": true}]}"#,
    );
    running.ask("PUT", "/v1/collections/users/documents/ann", r#"{"email": "ann@example.org"}"#);
    let role = Role::new("writer").member("users").allow("notes", Action::Create);
    running.db.write(&running.admin, |tx| tx.define_role(&role)).unwrap();
    let set = running.ask("PUT", "/v1/credentials/users/ann", r#"{"password": "correct horse"}"#);
    assert_eq!(set.status, 200, "{set:?}");
    let login = |password: &str| {
        let form = json!({"collection": "users", "by": {"field": "email", "term": "ann@example.org"}, "password": password, "refresh": true});
        running.ask("POST", "/v1/login", &form.to_string())
    };
    let wrong = login("wrong battery");
    assert_eq!((wrong.status, wrong.code().as_str()), (403, "invalid_secret"));
    let session = login("correct horse").json();
    let token = session["secret"].as_str().unwrap().into();
    let refresh = session["refresh"]["secret"].as_str().unwrap().into();
    assert_eq!(running.ask_as(&token, "GET", "/v1/whoami", "").json()["identity"]["document"], "ann");
    assert_eq!(running.ask_as(&token, "POST", "/v1/collections/notes/documents", "{}").status, 201);
    assert_eq!(running.ask_as(&token, "POST", "/v1/keys", r#"{"role": "admin"}"#).status, 403);
    let renewed = running.ask_as(&refresh, "POST", "/v1/refresh", "").json();
    assert_eq!(running.ask_as(&token, "GET", "/v1/whoami", "").status, 401);
    let token = renewed["secret"].as_str().unwrap().into();
    assert_eq!(running.ask_as(&token, "POST", "/v1/logout", "").status, 200);
    assert_eq!(running.ask_as(&token, "GET", "/v1/whoami", "").status, 401);
}

#[test]
fn a_procedure_is_called_by_its_name() {
    let running = Running::new();
    assert_eq!(running.ask("PUT", "/v1/procedures/double", "").status, 200);
    assert_eq!(running.ask("POST", "/v1/call/double", "21").json(), json!(42));
    assert_eq!(running.ask("POST", "/v1/call/triple", "21").status, 404);
}

#[test]
fn what_is_denied_is_told_as_what_is_missing_is() {
    let running = with_notes();
    running.transact(&json!([{"op": "create", "collection": "notes", "id": "hers", "value": {}}]));
    let stranger = running.db.write(&running.admin, |tx| {
        tx.define_role(Role::new("stranger").allow_when("notes", Action::Read, "doc.shared == true"))?;
        tx.create_key(NewKey::new("stranger"))
    });
    let stranger = stranger.unwrap().secret;
    let ask =
        |id: &str| running.ask_as(&stranger, "GET", &format!("/v1/collections/notes/documents/{id}"), "");
    assert_eq!(ask("hers").status, 404);
    assert_eq!(ask("hers").lasting(), ask("nobodys").lasting());
    for collection in ["notes", "ghosts"] {
        let ask = |id: &str| {
            running.ask_as(&stranger, "DELETE", &format!("/v1/collections/{collection}/documents/{id}"), "")
        };
        assert_eq!(ask("hers").lasting(), ask("nobodys").lasting(), "{collection}");
    }
}

#[test]
fn a_request_that_is_none_is_answered_with_its_code() {
    let running = with_notes();
    let admin = format!("Authorization: Bearer {}\r\n", running.admin.expose());
    let check = |method: &str, path: &str, headers: &str, body: &str, expected: (u16, &str)| {
        let answered = running.ask_with(method, path, headers, body);
        assert_eq!((answered.status, answered.code().as_str()), expected, "{method} {path} {headers} {body}");
        assert_eq!(answered.header("content-type"), Some("application/problem+json"));
        assert_eq!(answered.header("cache-control"), Some("no-store"));
        assert_eq!(answered.json()["request_id"].as_str(), answered.header("x-request-id"));
        answered
    };
    let bare = check("GET", "/v1/whoami", "", "", (401, "unauthenticated"));
    assert_eq!(bare.header("www-authenticate"), Some("Bearer realm=\"portunus\""));
    let unknown =
        check("GET", "/v1/whoami", "Authorization: Bearer nonsense\r\n", "", (401, "unauthenticated"));
    assert_eq!(
        unknown.header("www-authenticate"),
        Some("Bearer realm=\"portunus\", error=\"invalid_token\"")
    );
    for wrong in [
        "Authorization: Basic YTpi\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer  \r\n",
        "Authorization: Bearer a b\r\n",
        &format!("{admin}{admin}"),
    ] {
        check("GET", "/v1/whoami", wrong, "", (400, "invalid_request"));
    }
    check("GET", "/v1/nowhere", &admin, "", (404, "not_found"));
    check("GET", "/metrics", "", "", (404, "not_found"));
    check("PUT", "/v1/whoami", &admin, "", (405, "method_not_allowed"));
    check("GET", "/v1/whoami?secret=1", &admin, "", (400, "invalid_request"));
    check("GET", "/v1/keys/nobody", &admin, "", (400, "invalid"));
    check("POST", "/v1/transaction", &admin, "", (400, "invalid"));
    check("POST", "/v1/transaction", &admin, "{", (400, "invalid"));
    check("POST", "/v1/transaction", &admin, r#"{"operations": [{"op": "fly"}]}"#, (400, "invalid"));
    check("POST", "/v1/collections/notes/query", &admin, r#"{"limit": 1000000}"#, (413, "limit"));
    check("POST", "/v1/collections/notes/query", &admin, r#"{"collection": "users"}"#, (400, "invalid"));
    check(
        "POST",
        "/v1/collections/notes/query",
        &admin,
        r#"{},"collection": "users", "x": {}"#,
        (400, "invalid"),
    );
    check("POST", "/v1/collections/ghosts/documents", &admin, "{}", (404, "not_found"));
    check("PUT", "/v1/collections/notes/documents/a", &admin, "[1]", (400, "invalid"));
    check("PUT", "/v1/collections/notes/documents/a", &admin, "", (400, "invalid"));
}

#[test]
fn another_http_library_is_understood() {
    let running = with_notes();
    let url = |path: &str| format!("http://{}{path}", running.address);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let bearer = format!("Bearer {}", running.admin.expose());
    let put = agent.put(url("/v1/collections/notes/documents/n1")).header("Authorization", &bearer);
    let put = put.content_type("application/json").send(r#"{"owner": "ann"}"#).unwrap();
    assert_eq!(put.status(), 200);
    for _ in 0..3 {
        let mut got = agent
            .get(url("/v1/collections/notes/documents/n1"))
            .header("Authorization", &bearer)
            .call()
            .unwrap();
        assert!(got.body_mut().read_to_string().unwrap().contains("ann"));
    }
}

#[test]
fn the_description_names_every_path_once() {
    let running = Running::new();
    let described = running.ask_with("GET", "/openapi.json", "", "").json();
    let paths = described["paths"].as_object().unwrap();
    let mut ids = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
            let asked = path.replace(['{', '}'], "");
            let answered = running.ask_with(&method.to_ascii_uppercase(), &asked, "", "");
            assert_eq!(answered.status, 401, "{method} {path}: every path wants a secret");
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(count > 60, "{count}");
}
