//! How many other documents a predicate may read, and by what.

use super::{check, refusal, vocabulary};

#[test]
fn reads_name_their_collection_and_have_limits() {
    let vocabulary = vocabulary();
    let one = "a predicate reads at most one document whose id depends on the one it decides on";
    let chained = "what is read cannot say what else to read";
    for (source, refused) in [
        ("get('groups', doc.group).open", None),
        ("exists('groups', identity.group)", None),
        (
            "get(doc.kind, 'a')",
            Some(("doc.kind", "the collection must be a literal, so that it is known what is read")),
        ),
        (
            "get('a' + 'b', 'a')",
            Some(("'a' + 'b'", "the collection must be a literal, so that it is known what is read")),
        ),
        ("get('a', 5)", Some(("5", "an id is a string, and this is int"))),
        ("get('a')", Some(("get('a')", "`get` takes two arguments"))),
        ("exists('a', 'b', 'c')", Some(("exists('a', 'b', 'c')", "`exists` takes two arguments"))),
        ("doc.get('a', 'b')", Some(("get", "`get` is no method; it is called as `get(…)`"))),
        ("exists('g', doc.g) && id(identity) in get('g', doc.g).members", None),
        ("exists('g', doc.g) && exists('h', doc.g)", Some(("exists('h', doc.g)", one))),
        ("exists('g', doc.g) && exists('g', doc.h)", Some(("exists('g', doc.h)", one))),
        ("doc.a.exists(x, exists('g', x)) && doc.b.exists(x, exists('g', x))", Some(("exists('g', x)", one))),
        ("exists('g', doc.g) && exists('g', identity.g) && exists('g', 'a')", None),
        ("get('a', get('b', doc.c).d)", Some(("get('b', doc.c).d", chained))),
        ("get('a', get('b', identity.c).d)", Some(("get('b', identity.c).d", chained))),
        ("[get('b', identity.c)].exists(x, exists('d', x.e))", Some(("x.e", chained))),
        ("exists('a', exists('b', 'c') ? 'd' : 'e')", Some(("exists('b', 'c') ? 'd' : 'e'", chained))),
    ] {
        check(&vocabulary, source, refused);
    }
    let many = |count: usize| {
        let reads: Vec<String> = (0..count).map(|at| format!("exists('g{at}', identity.g)")).collect();
        reads.join(" && ")
    };
    check(&vocabulary, &many(10), None);
    assert_eq!(refusal(&vocabulary, &many(11)).problem, "a predicate reads at most 10 documents");
}
