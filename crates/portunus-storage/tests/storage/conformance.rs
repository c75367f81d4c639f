//! Both engines keep every rule of the suite.

use portunus_storage::conformance::{Store, run_all};
use portunus_storage::{create, memory, open};

#[test]
fn the_memory_engine_conforms() {
    run_all(&|| Store::forgetful(|options| memory(options).unwrap()));
}

#[test]
fn the_file_engine_conforms() {
    run_all(&|| {
        let directory = tempfile::tempdir().unwrap();
        Store::lasting(move |options| {
            let path = directory.path().join("store");
            if path.exists() { open(&path, options).unwrap() } else { create(&path, options).unwrap() }
        })
    });
}
