//! A tool for the terminal with its store in one file beside it: `todo init`, `add`, `list`, `done`, and `share` for a key that
//! only reads. It knows only what any application may: secrets, and the views that they open.

use portunus::{Collection, NewKey, Portunus, Secret};
use serde_json::json;
use std::env;
use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "\
usage: todo init            make a store, and print its key
       todo add TEXT        remember something
       todo list            show what is to be done
       todo done ID         it is done
       todo share           print a key that only reads
The store is todo.portunus, here. The key is read from TODO_KEY.";

/// The store and the key that opens it. A key on the command line would be seen by everybody who looks at processes.
fn store() -> Result<(Portunus, Secret), Box<dyn Error>> {
    let key = env::var("TODO_KEY").map_err(|_| "set TODO_KEY to the key that `todo init` printed")?;
    Ok((Portunus::open("todo.portunus")?, Secret::new(key)))
}

fn init() -> Result<(), Box<dyn Error>> {
    let (db, admin) = Portunus::create("todo.portunus")?;
    db.write(&admin, |tx| tx.define(Collection::new("todo").index(["done"])))?;
    println!("{}", admin.expose());
    Ok(())
}

fn add(text: &str) -> Result<(), Box<dyn Error>> {
    let (db, key) = store()?;
    db.write(&key, |tx| tx.create("todo", json!({"text": text, "done": false})))?;
    Ok(())
}

fn list() -> Result<(), Box<dyn Error>> {
    let (db, key) = store()?;
    for item in db.read(&key, |tx| tx.query("todo").index("done").equal([false]).documents())? {
        let text = item.field("text").and_then(|text| text.as_str()).unwrap_or_default();
        println!("{}  {text}", item.id());
    }
    Ok(())
}

fn done(id: &str) -> Result<(), Box<dyn Error>> {
    let (db, key) = store()?;
    db.write(&key, |tx| tx.patch("todo", id, json!({"done": true})))?;
    Ok(())
}

fn share() -> Result<(), Box<dyn Error>> {
    let (db, key) = store()?;
    let reader = db.write(&key, |tx| tx.create_key(NewKey::new("server-readonly").named("shared")))?;
    println!("{}", reader.secret.expose());
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = match args[..] {
        ["init"] => init(),
        ["add", text] => add(text),
        ["list"] => list(),
        ["done", id] => done(id),
        ["share"] => share(),
        _ => Err(USAGE.into()),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
