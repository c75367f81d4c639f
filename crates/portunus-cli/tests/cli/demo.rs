//! The main job, at its quickest: what it says to machines is whole and right.

use crate::harness::World;
use serde_json::Value as Json;

fn secret<'d>(demo: &'d Json, name: &str) -> &'d Json {
    let found = demo["secrets"].as_array().unwrap().iter().find(|secret| secret["name"] == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

#[test]
fn the_demo_tells_machines_what_each_secret_saw() {
    let world = World::empty();
    let demo = world.run(&["demo", "--quick", "--json"]).ok().json();
    let figures = &demo["figures"];
    for name in
        ["get_ratio", "commit64_ratio", "documents", "get_ns", "raw_get_ns", "list_ratio", "scan_ratio"]
    {
        assert!(figures[name].as_f64().unwrap() > 0.0, "{name}");
    }
    assert_eq!(figures["documents"], 9_398);
    let check = |name: &str, flights: u64, b6: u64, create: &str, define: &str| {
        let secret = secret(&demo, name);
        assert_eq!(secret["sees"]["flights"], flights, "{name}");
        assert_eq!(secret["sees"]["flights_of_b6"], b6, "{name}");
        assert_eq!(
            (&secret["may"]["create"], &secret["may"]["define"]),
            (&create.into(), &define.into()),
            "{name}"
        );
    };
    check("head office", 4_334, 802, "yes", "yes");
    check("operations", 4_334, 802, "yes", "denied");
    check("jfk desk", 1_556, 617, "yes", "denied");
    check("lga board", 1_210, 85, "denied", "denied");
    check("jetblue at jfk", 617, 617, "yes", "denied");
    check("visitor", 0, 0, "denied", "denied");
    check("head office, at jfk", 1_556, 617, "denied", "denied");
    for name in ["ann", "ann, by single sign-on", "head office, as ann"] {
        check(name, 899, 608, "denied", "denied");
    }
    check("cho", 470, 121, "denied", "denied");
    check("dan", 79, 79, "denied", "denied");
    check("board", 1_361, 529, "denied", "denied");
    check("statistics", 436, 224, "denied", "denied");
    // What is masked is not found along an index either.
    assert_eq!(secret(&demo, "dan")["sees"]["flights_jfk_to_lax"], 0);
    for name in [
        "contractor",
        "ewr desk",
        "operations, at jfk",
        "stranger",
        "typist",
        "ann, as admin",
        "ann, hours ago",
        "bob",
        "forger",
    ] {
        assert_eq!(secret(&demo, name)["error"], "unauthenticated", "{name}");
    }
    let outcomes: Vec<&Json> =
        demo["logins"].as_array().unwrap().iter().map(|login| &login["outcome"]).collect();
    assert_eq!(outcomes, ["a token", "invalid_secret", "invalid_secret"]);
    for turn in demo["turns"].as_array().unwrap() {
        let expected = match turn["what"].as_str().unwrap() {
            "the flight itself" => "as imported",
            "cho reads" => "conflict",
            "cho begins anew" => "425 flights",
            _ => "unauthenticated",
        };
        assert_eq!(turn["after"], expected, "{turn}");
    }
}

#[test]
fn the_demo_shows_one_flight_through_the_eyes_of_each_caller() {
    let demo = World::empty().run(&["demo", "--quick", "--json"]).ok().json();
    let callers = demo["eyes"]["callers"].as_array().unwrap();
    let caller = |name: &str| callers.iter().find(|caller| caller["name"] == name).unwrap();
    let check = |name: &str, counts: [u64; 3], fuel: Option<&[&str]>, outcomes: [&str; 5]| {
        let caller = caller(name);
        assert_eq!([&caller["open"], &caller["internal"], &caller["confidential"]], counts, "{name}");
        let shown = caller["sample"]["fuel"].as_object();
        let fields: Option<Vec<&str>> = shown.map(|fuel| fuel.keys().map(String::as_str).collect());
        assert_eq!(fields.as_deref(), fuel, "{name}");
        let attempts =
            ["change its gate", "give it to bob", "change its fuel", "delete it", "make another, as ann's"];
        assert_eq!(attempts.map(|attempt| caller["attempts"][attempt].as_str().unwrap()), outcomes, "{name}");
    };
    let (all, none) = (Some(&["cost", "gallons"][..]), "not_found");
    check("head office", [1_361, 162, 33], all, ["yes"; 5]);
    for name in ["ann", "ann, by sign-on"] {
        check(name, [801, 98, 0], Some(&["gallons"]), ["yes", "denied", "denied", "denied", "yes"]);
    }
    check("bob", [468, 0, 0], None, [none, none, none, none, "denied"]);
    check("cho", [425, 38, 7], all, ["yes", "yes", "yes", "denied", "denied"]);
    check("dan", [0, 79, 0], all, ["denied"; 5]);
    check("board", [1_361, 0, 0], None, [none, none, none, none, "denied"]);
    check("statistics", [246, 162, 28], all, ["denied"; 5]);
    let names = |value: &Json| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&caller("dan")["sample"]), ["carrier", "flight", "fuel", "level"]);
    let verdicts: Vec<&Json> =
        demo["explanations"].as_array().unwrap().iter().map(|it| &it["verdict"]).collect();
    assert_eq!(verdicts, ["denied", "unseen"]);
    let ranges = demo["plan"]["whole"]["candidates"].as_array().unwrap();
    let chosen = ranges.iter().find(|range| range["is_chosen"] == true).unwrap();
    assert_eq!(chosen["range"], r#"index region: "mountain" or index region: "pacific""#);
}

#[test]
fn the_demo_leaves_a_sound_store_and_its_key_and_nothing_else() {
    let world = World::empty();
    let said = world.run(&["demo", "--quick"]).ok();
    assert_eq!(world.names(), ["demo.portunus", "demo.portunus.key"]);
    let key = world.read("demo.portunus.key");
    assert!(!said.out.contains(key.trim()) && !said.err.contains(key.trim()), "no secret is printed");
    let at = ["--store", "demo.portunus", "--secret-file", "demo.portunus.key"];
    world.run(&[&["check"], &at[..]].concat()).ok();
    let scoped = world.run(
        &[&["scan", "flights", "--count", "--in", "jfk/b6", "--as", "server-readonly"], &at[..]].concat(),
    );
    assert_eq!(scoped.ok().out, "617\n");
    // Newark is open again.
    let list = world.run(&[&["db", "list", "--json"], &at[..]].concat()).ok().json();
    assert!(list.as_array().unwrap().iter().all(|database| database["disabled"] == false));

    world.run(&["demo", "demo.portunus", "--quick"]).failed(5, "--force");
    // Whoever follows the README runs it twice, and it is the main job both times.
    let again = world.run(&["demo", "--quick", "--json"]).ok().json();
    assert_eq!(
        (&again["store"], &again["key_file"]),
        (&"demo-2.portunus".into(), &"demo-2.portunus.key".into())
    );
    assert_eq!(world.read("demo.portunus.key"), key);
    let open = portunus::Portunus::open(world.path("demo.portunus")).unwrap();
    world.run(&["demo", "--quick", "--force"]).failed(7, "open elsewhere");
    drop(open);
    world.run(&["demo", "--quick", "--force"]).ok();
    assert_ne!(world.read("demo.portunus.key"), key, "another store has another key");
    world.write("letter", "dear all");
    world.run(&["demo", "letter", "--quick", "--force"]).failed(5, "letter");
    assert_eq!(world.read("letter"), "dear all");
}
