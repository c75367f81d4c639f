//! What fuzzing has found worth keeping, replayed on a stable toolchain, with fresh scripts beside it.
//! It knows nothing of what must hold: the bodies of the fuzz targets say that.

use proptest::collection::vec;
use proptest::prelude::*;
use std::path::Path;

#[expect(dead_code, reason = "others use more of what is shared with them")]
#[path = "../fuzz/bodies/lib.rs"]
mod bodies;

use bodies::{
    backup_bytes, cursor, document_bytes, file_bytes, json_text, jwks, jwt_text, key_codec, op_script,
    phc_string, policy_text, predicate_eval, predicate_text, role_script, role_text, scope_text, secret_text,
    together,
};

/// Runs every file of a target's corpus, and tells how many there are.
fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let data = std::fs::read(&path).unwrap();
        if let Err(fault) = std::panic::catch_unwind(|| body(&data)) {
            eprintln!("{} breaks a rule", path.display());
            std::panic::resume_unwind(fault);
        }
        files += 1;
    }
    assert!(files >= 10, "the corpus of {target} has {files} files");
}

#[test]
fn the_corpus_of_backup_bytes_holds() {
    replay("backup_bytes", backup_bytes::run);
}

#[test]
fn the_corpus_of_document_bytes_holds() {
    replay("document_bytes", document_bytes::run);
}

#[test]
fn the_corpus_of_jwks_holds() {
    replay("jwks", jwks::run);
}

#[test]
fn the_corpus_of_jwt_text_holds() {
    replay("jwt_text", jwt_text::run);
}

#[test]
fn the_corpus_of_key_codec_holds() {
    replay("key_codec", key_codec::run);
}

#[test]
fn the_corpus_of_op_script_holds() {
    replay("op_script", op_script::run);
}

#[test]
fn the_corpus_of_phc_string_holds() {
    replay("phc_string", phc_string::run);
}

#[test]
fn the_corpus_of_predicate_text_holds() {
    replay("predicate_text", predicate_text::run);
}

#[test]
fn the_corpus_of_scope_text_holds() {
    replay("scope_text", scope_text::run);
}

#[test]
fn the_corpus_of_secret_text_holds() {
    replay("secret_text", secret_text::run);
}

#[test]
fn the_corpus_of_cursor_holds() {
    replay("cursor", cursor::run);
}

#[test]
fn the_corpus_of_file_bytes_holds() {
    replay("file_bytes", file_bytes::run);
}

#[test]
fn the_corpus_of_json_text_holds() {
    replay("json_text", json_text::run);
}

#[test]
fn the_corpus_of_policy_text_holds() {
    replay("policy_text", policy_text::run);
}

#[test]
fn the_corpus_of_predicate_eval_holds() {
    replay("predicate_eval", predicate_eval::run);
}

#[test]
fn the_corpus_of_role_script_holds() {
    replay("role_script", role_script::run);
}

#[test]
fn the_corpus_of_role_text_holds() {
    replay("role_text", role_text::run);
}

#[test]
fn the_corpus_of_together_holds() {
    replay("together", together::run);
}

proptest! {
    #[test]
    fn what_looks_like_a_scope_is_judged_by_its_grammar(text in "(@[a-zA._/]{0,9})?#?(@doc/)?[a-zA#@/é]{0,9}") {
        scope_text::run(text.as_bytes());
    }

    #[test]
    fn any_text_is_refused_as_a_predicate_or_says_the_same_again(
        left in "(doc|old|claims|identity|[a-z])(\\.(a|tags|level|owner|`b-c`)|\\[(0|'a'|doc\\.b)\\]|\\.(size|all|map)\\(x, [x1]\\)){0,3}",
        sign in "( in |[-+*/%<>=!&|?:]{1,2})?",
        right in "-?[0-9]{1,20}(\\.[0-9]{1,5})?u?|b?['\"].{0,9}['\"]|(\\(|\\[|!|\\{|f\\()*[a-z]{1,5}(\\)|\\]|\\})*",
    ) {
        predicate_text::run(format!("{left}{sign}{right}").as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused_as_a_document(data in vec(any::<u8>(), 0..300)) {
        document_bytes::run(&data);
    }

    #[test]
    fn any_two_tuples_of_terms_are_in_order(data in vec(any::<u8>(), 0..80)) {
        key_codec::run(&data);
    }

    #[test]
    fn any_members_that_the_issuer_signed_are_read_or_refused(
        header in "\\{\"alg\":\"EdDSA\"(,\"(kid|typ|crit|zip|x)\":(\"(a|b|JWT|at\\+jwt)\"|null|5|\\[\\])){0,2}\\}",
        iss in "(https://id\\.example/?|a)?",
        aud in "(\"(notes|drafts|other)\"|\\[(\"(notes|drafts|other|x)\",){0,2}\"(notes|x)\"\\])",
        rest in "(,\"(nbf|iat|jti|exp|role)\":(\"[a-z]{0,3}\"|-?[0-9]{1,13}(\\.[0-9]{1,3}|e[0-9]{1,3})?|null)){0,3}",
        exp in 1_990_i64..2_010,
    ) {
        let payload = format!("{{\"iss\":\"{iss}\",\"aud\":{aud},\"sub\":\"ann\",\"exp\":{exp}{rest}}}");
        jwt_text::run(format!("{header}\n{payload}").as_bytes());
    }

    #[test]
    fn any_script_shows_what_its_model_shows(data in vec(any::<u8>(), 0..600)) {
        op_script::run(&data);
    }

    #[test]
    fn any_text_is_read_or_refused_as_a_secret(text in "(p[kt]_[0-9A-Za-z]{54,62}[@#a-z./]{0,12}|.{0,80})") {
        secret_text::run(text.as_bytes());
    }

    #[test]
    fn any_text_is_taken_over_or_refused_as_a_password_hash(
        text in r"(m=[0-9]{4,6},t=[0-9]{1,2},p=[0-9]|ln=[0-9]{1,2},r=[0-9]{1,2},p=[0-9]|1[0-9]\$[./A-Za-z0-9]{53}|[$=,.a-z0-9]{0,80}|.{0,60})",
    ) {
        phc_string::run(text.as_bytes());
    }
}
