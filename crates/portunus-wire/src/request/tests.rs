//! What a transaction reads, refuses and answers. It knows nothing of HTTP.

use super::*;
use portunus::{ErrorKind, Portunus, Secret};
use serde_json::{Value as Json, json};

fn store() -> (Portunus, Secret) {
    let (db, admin) = Portunus::in_memory().unwrap();
    run(&db, &admin, &json!([{"op": "define_collection", "definition": {"name": "notes", "indexes": [{"fields": ["n"]}]}}])).unwrap();
    (db, admin)
}

fn run(db: &Portunus, secret: &Secret, operations: &Json) -> Result<Json> {
    let request = Request::read(&json!({ "operations": operations }).to_string())?;
    let mut progress = Progress::default();
    let answers = if request.writes() {
        db.write(secret, |tx| request.write(tx, &mut progress))?
    } else {
        db.read(secret, |tx| request.ask(tx, &mut progress))?
    };
    Ok(answers.iter().map(|answer| serde_json::from_str::<Json>(answer.json()).unwrap()).collect())
}

#[test]
fn what_is_written_is_read_again() {
    let (db, admin) = store();
    let value = json!({"n": 1, "at": {"$timestamp": "1970-01-01T00:00:00Z"}, "raw": {"$bytes": "AQID"}});
    let written =
        run(&db, &admin, &json!([{"op": "create", "collection": "notes", "id": "a", "value": value}]))
            .unwrap();
    let read = run(&db, &admin, &json!([{"op": "get", "collection": "notes", "id": "a"}, {"op": "get", "collection": "notes", "id": "b"}])).unwrap();
    assert_eq!(read[0]["value"], value);
    assert_eq!(read[0]["version"], written[0]["version"]);
    assert_eq!(read[1], Json::Null);
}

#[test]
fn all_operations_stand_or_none() {
    let (db, admin) = store();
    let failed = run(
        &db,
        &admin,
        &json!([
            {"op": "create", "collection": "notes", "id": "a", "value": {}},
            {"op": "create", "collection": "notes", "id": "a", "value": {}},
        ]),
    );
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(run(&db, &admin, &json!([{"op": "count", "collection": "notes"}])).unwrap(), json!([0]));
}

#[test]
fn pages_follow_each_other() {
    let (db, admin) = store();
    for n in 0..5 {
        run(
            &db,
            &admin,
            &json!([{"op": "put", "collection": "notes", "id": format!("n{n}"), "value": {"n": n}}]),
        )
        .unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor = Json::Null;
    loop {
        let page = run(
            &db,
            &admin,
            &json!([{
                "op": "query", "collection": "notes", "index": "n", "range": {"after": 0}, "limit": 2,
                "filter": "doc.n != args.not", "args": {"not": 2}, "cursor": cursor,
            }]),
        )
        .unwrap();
        seen.extend(page[0]["documents"].as_array().unwrap().iter().map(|found| found["value"]["n"].clone()));
        cursor = page[0]["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, [json!(1), json!(3), json!(4)]);
}

#[test]
fn what_is_no_transaction_is_refused() {
    let check = |text: &str, words: &str| {
        let error = Request::read(text).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    };
    check("", "EOF");
    check("[]", "");
    check("{}", "operations");
    check(r#"{"operations": {}}"#, "list");
    check(r#"{"operations": [], "more": 1}"#, "more");
    check(r#"{"operations": [{}]}"#, "op");
    check(r#"{"operations": [{"op": "get", "op": "get", "collection": "a", "id": "b"}]}"#, "op");
    check(r#"{"operations": [{"op": "get", "collection": "a"}]}"#, "id");
    check(r#"{"operations": [{"op": "get", "collection": "a", "id": "b", "id": "c"}]}"#, "id");
    check(r#"{"operations": [{"op": "get", "collection": "a", "id": "b", "as": "admin"}]}"#, "as");
    check(r#"{"operations": [{"op": "become"}]}"#, "no such operation");
    let many = vec![r#"{"op":"whoami"}"#; OPERATIONS_MAX + 1].join(",");
    check(&format!(r#"{{"operations": [{many}]}}"#), "1000");
}

#[test]
fn attack_101_a_number_that_would_be_changed_is_refused() {
    for number in ["10000000000000000000000000", "1e400", "9223372036854775808"] {
        let text = format!(
            r#"{{"operations": [{{"op": "create", "collection": "notes", "value": {{"n": {number}}}}}]}}"#
        );
        assert!(Request::read(&text).is_err(), "{number}");
    }
}

#[test]
fn attack_104_a_member_that_occurs_twice_is_refused() {
    let text = r#"{"operations": [{"op": "create", "collection": "notes", "value": {"a": {"owner": 1, "owner": 2}}}]}"#;
    assert!(Request::read(text).is_err());
}

#[test]
fn attack_158_a_limit_that_is_none_is_refused() {
    for limit in ["-1", "9223372036854775808", "18446744073709551616", "\"1e9\"", "1e9", "NaN", "1.5"] {
        let text =
            format!(r#"{{"operations": [{{"op": "query", "collection": "notes", "limit": {limit}}}]}}"#);
        let is_refused = Request::read(&text).is_err() || {
            let (db, admin) = store();
            let request = Request::read(&text).unwrap();
            db.read(&admin, |tx| request.ask(tx, &mut Progress::default())).is_err()
        };
        assert!(is_refused, "{limit}");
    }
}
