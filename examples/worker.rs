//! Workers in the background that share a queue: their key does one thing, two of them never take the same job, and the moment
//! the key is revoked they stop. It knows only what any application may: secrets, and the views that they open.

use portunus::{Action, Collection, ErrorKind, Fields, NewKey, On, Portunus, Privilege, Role, Secret};
use serde_json::json;
use std::error::Error;
use std::thread;

const MAILS: usize = 100;

/// Takes one waiting job. It is marked in the transaction that found it, so whoever comes second is begun anew, and finds another.
fn take(db: &Portunus, key: &Secret) -> portunus::Result<Option<String>> {
    db.write(key, |tx| {
        let Some(job) = tx.query("jobs").index("state").equal(["waiting"]).first()? else {
            return Ok(None);
        };
        tx.patch("jobs", job.id(), json!({"state": "sent"}))?;
        Ok(Some(job.id().to_owned()))
    })
}

/// Works until nothing is left. Returns the jobs that it took.
fn work(db: &Portunus, key: &Secret) -> portunus::Result<Vec<String>> {
    let mut taken = Vec::new();
    loop {
        match take(db, key) {
            Ok(Some(job)) => taken.push(job),
            Ok(None) => return Ok(taken),
            // Others were quicker each time that it was begun anew: they all want the first one.
            Err(error) if error.is_retryable() => {}
            Err(error) => return Err(error),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (db, admin) = Portunus::in_memory()?;
    let key = db.write(&admin, |tx| {
        tx.define(Collection::new("jobs").index(["state"]))?;
        for number in 0..MAILS {
            tx.create("jobs", json!({"kind": "mail", "state": "waiting", "number": number}))?;
        }
        tx.create("jobs", json!({"kind": "payout", "state": "waiting"}))?;
        let jobs = |action| Privilege::new(On::Collection("jobs".into()), action);
        tx.define_role(
            Role::new("mailer")
                .privilege(jobs(Action::Read).when(r#"doc.kind == "mail""#))
                // From waiting to sent, and nothing else of it: not its text, not its kind, not back.
                .privilege(
                    jobs(Action::Write)
                        .when(r#"old.kind == "mail" && old.state == "waiting" && new.state == "sent""#)
                        .fields(Fields::only(["state"])),
                ),
        )?;
        tx.create_key(NewKey::new("mailer").named("the mailers"))
    })?;

    let taken = thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(|| work(&db, &key.secret))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker does not panic"))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let mut jobs = taken.concat();
    jobs.sort();
    let all = jobs.len();
    jobs.dedup();
    println!("{all} mails were sent, {} of them once", jobs.len());
    let left = db.read(&admin, |tx| tx.query("jobs").index("state").equal(["waiting"]).count())?;
    println!("{left} payout waits: no mailer has seen it");

    let undone = db.write(&key.secret, |tx| tx.patch("jobs", &jobs[0], json!({"state": "waiting"})));
    println!("to send one again is {:?}", undone.map(drop).unwrap_err().kind());

    // A transaction that is open when the key is revoked reads no further, and commits nothing.
    let open = db.begin_read(&key.secret)?;
    db.write(&admin, |tx| tx.delete_key(key.id))?;
    assert_eq!(open.query("jobs").count().unwrap_err().kind(), ErrorKind::Unauthenticated);
    println!("the key is revoked: {:?}", take(&db, &key.secret).unwrap_err().kind());
    Ok(())
}
