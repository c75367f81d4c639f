//! Does what a step says in a transaction of the holder, and writes down all that it is told. It knows nothing of what is hidden.

use super::common::path;
use super::step::{FILTERS, SORTS, Step};
use super::transcript::{Transcript, all, one, told};
use portunus_auth::{
    Action, AuditQuery, AuditSettings, Collection, Deed, Expiry, Extent, Logout, NamedPredicate, NewKey,
    NewToken, On, Privilege, PublicId, Query, Result, Role, RoleSet, Sort, Timestamp, Who, WriteView,
};
use serde_json::{Value as Json, json};

/// Does one step.
pub fn ask(tx: &mut WriteView, step: &Step, transcript: &mut Transcript) -> String {
    match step {
        Step::Get { .. } | Step::Exists { .. } | Step::GetElsewhere { .. } | Step::Principal => get(tx, step),
        Step::Scan { .. } | Step::Index { .. } | Step::Count { .. } | Step::First { .. } => query(tx, step),
        Step::Filter { .. } | Step::Sort { .. } | Step::Pages { .. } => arranged(tx, step),
        Step::Plan { .. } | Step::Wrong { .. } => planned(tx, step),
        Step::Create { .. } | Step::CreateUnnamed { .. } | Step::Clash { .. } => create(tx, step, transcript),
        Step::Patch { .. } | Step::Replace { .. } | Step::Delete { .. } => change(tx, step),
        Step::IfVersion { .. } | Step::Once { .. } | Step::Elsewhere { .. } => special(tx, step),
        Step::Tokens { form } => tokens(tx, *form, transcript.others[1]),
        Step::Definitions { name } => definitions(tx, *name),
        Step::Databases { form } => databases(tx, *form),
        Step::Keys { form } => keys(tx, *form, transcript.others[0]),
        Step::Roles { name, form } => roles(tx, *name, *form),
        Step::Procedures { form } => procedures(tx, *form),
        Step::Audit { form } => audit(tx, *form),
        Step::Why { form } => why(tx, *form),
        Step::Credentials { form } => credentials(tx, *form),
    }
}

fn id_of(hidden: bool, id: u8) -> String {
    if hidden { format!("n{id}x") } else { format!("n{id}") }
}

fn get(tx: &WriteView, step: &Step) -> String {
    match step {
        Step::Get { hidden, id } => one(tx.get("notes", &id_of(*hidden, *id))),
        Step::Exists { hidden, id } => told(tx.exists("notes", &id_of(*hidden, *id))),
        Step::GetElsewhere { name } => {
            let name = ["vault", "c1", "users", "flags"][usize::from(*name)];
            one(tx.get(name, "n1")) + &one(tx.get(name, "bob")) + &told(tx.exists(name, "\0"))
        }
        _ => told(tx.principal().map(|it| (it.kind(), it.roles().to_vec(), it.identity().cloned()))),
    }
}

fn query(tx: &WriteView, step: &Step) -> String {
    let notes = || tx.query("notes");
    match step {
        Step::Scan { form } => match form {
            0 => all(notes()),
            1 => all(notes().descending()),
            2 => told(notes().list_ids()),
            3 => told(notes().ids("n1".."n4x").list_ids()),
            4 => all(notes().strict().limit(2)),
            5 => all(notes().project(["size", "salary"])),
            6 => told(tx.query("vault").list_ids()) + &told(tx.query("vault").strict().count()),
            _ => told(notes().collect::<Json>()),
        },
        Step::Index { form, value } => all(followed(tx, *form, *value)),
        Step::Count { form, value } => {
            told(notes().count())
                + &told(followed(tx, *form, *value).count())
                + &told(followed(tx, *form, *value).limit(2).count())
                + &told(notes().filter(FILTERS[usize::from(*form)]).args(*value).count())
        }
        Step::First { form, value } => {
            one(followed(tx, *form, *value).first())
                + &one(followed(tx, *form, *value).descending().first())
                + &one(notes().sort([sort(usize::from(*form) % SORTS.len(), true)]).first())
                + &told(followed(tx, *form, *value).exists())
        }
        _ => String::new(),
    }
}

/// A query that follows an index: also one of a hidden field.
fn followed(tx: &WriteView, form: u8, value: i64) -> Query<'_> {
    let by = |index: &str| tx.query("notes").index(index);
    match form {
        0 => by("size").range(value..),
        1 => by("tags").equal([value]),
        2 => by("salary").range(value..=value + 1),
        3 => by("size,salary").equal([value]).descending(),
        4 => by("owner,size").equal(["ann"]).range(..value),
        5 => by("email").prefix("x"),
        6 => by("owner").equal(["bob"]),
        _ => by("salary").descending(),
    }
}

fn sort(field: usize, down: bool) -> Sort {
    if down { Sort::descending(SORTS[field]) } else { Sort::ascending(SORTS[field]) }
}

fn arranged(tx: &WriteView, step: &Step) -> String {
    match step {
        Step::Filter { filter, value } => {
            let found = || tx.query("notes").filter(FILTERS[*filter]).args(*value);
            all(found()) + &told(found().list_ids()) + &told(found().index("size").range(0..).list_ids())
        }
        Step::Sort { field, form } => {
            let sorted =
                tx.query("notes").sort([sort(*field, form & 1 == 0), sort(usize::from(*form) % 5, true)]);
            all(if form & 2 == 0 { sorted } else { sorted.limit(3).descending() })
        }
        Step::Pages { form, size } => pages(*size, || match form {
            0 => tx.query("notes"),
            1 => tx.query("notes").index("size").descending(),
            2 => tx.query("notes").index("size,salary"),
            3 => tx.query("notes").sort([sort(0, true)]),
            4 => tx.query("notes").sort([sort(1, false)]).project(["size"]),
            5 => tx.query("notes").filter(FILTERS[2]).args(1),
            6 => tx.query("notes").index("tags").descending(),
            _ => tx.query("notes").ids(.."n5").descending(),
        }),
        _ => String::new(),
    }
}

/// All pages of a query, and how long the cursors between them are.
fn pages<'v>(size: usize, query: impl Fn() -> Query<'v>) -> String {
    let mut text = String::new();
    let mut next = None;
    loop {
        match query().page(size, next.as_ref()) {
            Ok(page) => {
                next = page.next;
                let length = next.as_ref().map(|cursor| cursor.as_str().len());
                page.documents.into_iter().for_each(|it| text.push_str(&one(Ok(Some(it)))));
                text.push_str(&format!("{length:?}; "));
            }
            Err(error) => return format!("{text} {error:?}"),
        }
        if next.is_none() {
            return text;
        }
    }
}

fn planned(tx: &WriteView, step: &Step) -> String {
    let plan = |query: Query<'_>| told(query.explain());
    match step {
        Step::Plan { filter, form } => {
            plan(tx.query("notes").filter(FILTERS[*filter]).args(1))
                + &plan(followed(tx, *form, 1))
                + &plan(tx.query("notes").sort([sort(usize::from(*form) % 5, false)]))
                + &plan(tx.query("c1").index("owner"))
        }
        Step::Wrong { form } => match form {
            0 => all(tx.query("notes").index("nothing")),
            1 => all(tx.query("notes").filter("doc.size >")),
            2 => all(tx.query("notes").index("size").ids(.."n3")),
            3 => told(tx.query("notes").page(0, None)),
            4 => told(tx.query("notes").page(3, Some(&"a guess".into()))),
            5 => all(tx.query("c1").index("owner").equal(["ann"])) + &all(tx.query("c1").strict()),
            6 => {
                all(tx.query("no name!").filter("doc.x"))
                    + &told(tx.query("vault").page(1, Some(&"x".into())))
            }
            _ => all(tx.query("notes").filter("exists('flags', doc.owner)")),
        },
        _ => String::new(),
    }
}

fn value(size: i64, form: u8, email: &str) -> Json {
    match form {
        0 => json!({"owner": "bob", "size": size}),
        1 => json!({"owner": "ann", "size": size, "salary": 1}),
        2 => json!([size]),
        3 => json!({"owner": "ann", "size": size, "secret": true}),
        _ => json!({"owner": "ann", "size": size, "tags": [size, 0], "email": email}),
    }
}

fn create(tx: &mut WriteView, step: &Step, transcript: &mut Transcript) -> String {
    match step {
        // Ids and terms that a hidden document has are a declared channel: these are others.
        Step::Create { id, size, form } => {
            let name = format!("n{id}");
            let value = value(*size, *form, &name);
            let late = if form & 1 == 0 { Expiry::Unchanged } else { Expiry::At(Timestamp(1)) };
            one(tx.create_with_id("notes", &name, value.clone()).map(Some))
                + &one(tx.add("notes").id("").expires(late).create(value).map(Some))
        }
        Step::CreateUnnamed { size, form } => {
            // Two of one instant come in whatever order.
            if transcript.has_named() {
                return String::new();
            }
            let made = tx.create("notes", value(*size, *form, &format!("u{}", transcript.named())));
            if let Ok(made) = &made {
                transcript.name(made.id());
            }
            one(made.map(Some))
        }
        Step::Clash { id, other } => {
            let value = json!({"owner": "ann", "size": 1, "email": format!("n{other}")});
            one(tx.create_with_id("notes", &format!("n{id}"), value).map(Some))
        }
        _ => String::new(),
    }
}

fn change(tx: &mut WriteView, step: &Step) -> String {
    match step {
        Step::Patch { hidden, id, form, value } => {
            let name = id_of(*hidden, *id);
            let patch = match form {
                0 => json!({"salary": value}),
                1 => json!({"salary": null}),
                2 => json!({"owner": "bob"}),
                3 => json!({"lines": [{"name": "a", "cost": 1}]}),
                4 => json!({"lines": [{"name": "a"}, {"name": "b"}]}),
                5 => json!({"email": format!("n{value}")}),
                6 => json!({"secret": true}),
                _ => json!({"size": value, "text": "y"}),
            };
            one(tx.patch("notes", &name, patch).map(Some))
        }
        Step::Replace { hidden, id, form, value: size } => {
            let name = id_of(*hidden, *id);
            one(tx.replace("notes", &name, value(*size, *form, &name)).map(Some))
        }
        Step::Delete { hidden, id } => told(tx.delete("notes", &id_of(*hidden, *id))),
        _ => String::new(),
    }
}

fn special(tx: &mut WriteView, step: &Step) -> String {
    match step {
        Step::IfVersion { id, form } => {
            let name = id_of(form & 4 != 0, *id);
            let version = match tx.get("notes", &name) {
                Ok(Some(found)) if form & 1 == 0 => found.version(),
                _ => 1,
            };
            let change = tx.change("notes", &name).if_version(version);
            if form & 2 == 0 {
                told(change.delete())
            } else {
                one(change.expires(Expiry::At(Timestamp::MAX)).patch(json!({"size": 1})).map(Some))
            }
        }
        Step::Once { token } => told(tx.once(["", "one", "two"][usize::from(*token)])),
        Step::Elsewhere { name } => {
            let name = ["vault", "c1", "c2", "no name!"][usize::from(*name)];
            one(tx.create(name, json!([])).map(Some))
                + &one(tx.create_with_id(name, "n1", json!({"owner": "ann"})).map(Some))
                + &one(tx.patch(name, "n1", json!({"owner": "ann"})).map(Some))
                + &told(tx.delete(name, "n1"))
        }
        _ => String::new(),
    }
}

fn tokens(tx: &mut WriteView, form: u8, other: PublicId) -> String {
    let count = |tokens: Result<Vec<portunus_auth::Token>>| told(tokens.map(|it| it.len()));
    match form {
        0 => count(tx.own_tokens()),
        1 => count(tx.tokens_of("users", "bob")) + &count(tx.tokens_of("users", "ann")),
        2 => told(tx.create_token(NewToken::new("users", "bob")).map(drop)),
        3 => told(tx.logout(Logout::Elsewhere)),
        4 => told(tx.token(other)) + &told(tx.delete_token(other)),
        _ => told(tx.create_token(NewToken::new("vault", "n1")).map(drop)),
    }
}

fn definitions(tx: &mut WriteView, name: u8) -> String {
    let text = format!("c{name}");
    told(tx.collections().map(|it| it.iter().map(|it| it.name().to_owned()).collect::<Vec<_>>()))
        + &told(tx.collection(&text))
        + &told(tx.unbuilt_indexes(&text))
        + &told(tx.build_indexes(&text))
        + &told(tx.define(Collection::new(&text)))
        + &told(tx.rename_collection(&text, "c9"))
        + &told(tx.define(Collection::new(format!("d{name}")).index(["owner"])))
        + &told(tx.rename_collection(&format!("d{name}"), &text))
        + &told(tx.drop_collection(&text))
        + &told(tx.define(Collection::new("no name!")))
}

fn databases(tx: &mut WriteView, form: u8) -> String {
    let names = |tx: &WriteView, place: &str| told(tx.databases(&path(place)).map(|it| it.len()));
    match form {
        0 => names(tx, "") + &names(tx, "eu") + &told(tx.disabled_databases(&path("")).map(|it| it.len())),
        1 => told(tx.database_at(&path("eu")).map(|it| it.is_some())) + &told(tx.database_at(&path("x1"))),
        2 => {
            told(tx.create_database(&path("x1")).map(drop)) + &told(tx.create_database(&path("eu")).map(drop))
        }
        3 => told(tx.rename_database(&path("eu"), &"d1".parse().unwrap())),
        4 => told(tx.delete_database(&path("eu/x1"))) + &told(tx.disable_database(&path("eu"))),
        _ => told(tx.move_database(&path("eu"), &path("x1"))) + &told(tx.check().map(drop)),
    }
}

fn keys(tx: &mut WriteView, form: u8, other: PublicId) -> String {
    match form {
        0 | 1 => {
            let mut names =
                tx.keys().map(|keys| keys.into_iter().map(|key| (key.name, key.role)).collect::<Vec<_>>());
            if let Ok(names) = &mut names {
                names.sort();
            }
            told(names)
        }
        2 => told(tx.create_key(NewKey::new("none").named("d1")).map(drop)),
        3 => told(tx.create_key(NewKey::new("server").named("d1")).map(drop)),
        4 => told(tx.create_key(NewKey::new("r1").named("d1")).map(drop)),
        _ => told(tx.key(other)) + &told(tx.delete_key(other)) + &told(tx.set_key_role(other, "r1")),
    }
}

fn roles(tx: &mut WriteView, name: u8, form: u8) -> String {
    let (theirs, own) = (format!("r{name}"), format!("d{name}"));
    match form {
        0 => told(tx.roles()) + &told(tx.role(&theirs)) + &told(tx.role(&own)),
        1 => told(tx.define_role(Role::new(&theirs).allow("notes", Action::Read))),
        2 => told(tx.define_role(Role::new(&own).allow_when("notes", Action::Read, "p1(doc)"))),
        3 => {
            let read = Privilege::new(On::Collection("notes".into()), Action::Read);
            let role = Role::new(&own)
                .privilege(read.when("has(doc.owner) && doc.owner == 'ann' && !has(doc.secret)"));
            told(tx.define_role(role)) + &told(tx.rename_role(&own, &theirs)) + &told(tx.delete_role(&own))
        }
        4 => told(tx.delete_role(&theirs)) + &told(tx.rename_role(&theirs, "d9")),
        _ => {
            told(tx.role_set())
                + &told(tx.role_versions().map(|it| it.len()))
                + &told(tx.apply_roles(&RoleSet::default(), Extent::Named))
                + &told(tx.check_roles(None).map(|it| it.len()))
        }
    }
}

fn procedures(tx: &mut WriteView, form: u8) -> String {
    match form {
        0 | 1 => told(tx.procedures()),
        2 => told(tx.define_procedure("unused", Some("none"))),
        3 => told(tx.delete_procedure("unused")),
        4 => told(tx.predicates()) + &told(tx.delete_predicate("p1")),
        _ => told(tx.define_predicate(NamedPredicate::new("p1", ["it"], "true"))),
    }
}

fn audit(tx: &mut WriteView, form: u8) -> String {
    match form {
        0..=2 => {
            told(tx.audit_settings())
                + &told(tx.audit(AuditQuery::default()).map(|it| it.len()))
                + &told(tx.verify_audit().map(drop))
        }
        3 => told(tx.set_audit(AuditSettings::default())),
        4 => told(tx.providers()) + &told(tx.provider("staff")) + &told(tx.delete_provider("staff")),
        _ => told(tx.providers().map(|it| it.len())) + &told(tx.rename_provider("staff", "crew")),
    }
}

fn why(tx: &WriteView, form: u8) -> String {
    let who = if form & 1 == 0 { Who::document("users", "bob") } else { Who::role("r1") };
    match form {
        0..=3 => told(tx.explain(&who, &Deed::read("notes", "n1x"))),
        4 => told(tx.what_can(&who)),
        _ => told(tx.who_can(&Deed::read("notes", "n1x"))),
    }
}

fn credentials(tx: &mut WriteView, form: u8) -> String {
    let whose = if form & 1 == 0 { "ann" } else { "bob" };
    match form {
        0..=2 => told(tx.credential("users", whose)),
        3 => told(tx.delete_credential("users", whose, portunus_auth::Sessions::Keep)),
        4 => told(tx.disable_credential("users", whose, portunus_auth::Sessions::End)),
        _ => told(tx.enable_credential("users", whose)),
    }
}
