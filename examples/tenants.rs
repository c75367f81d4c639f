//! A service with many customers in one file: each has a database of its own, and roles that are written once work in all of
//! them. It knows only what any application may: secrets, and the views that they open.

use portunus::{Action, Collection, NewToken, Portunus, Role, Secret};
use serde_json::json;
use std::error::Error;

/// The operator's key, narrowed to one customer and to one role there.
fn within(operator: &Secret, customer: &str, role: &str) -> Result<Secret, Box<dyn Error>> {
    Ok(operator.scoped(&format!("@{customer}#{role}").parse()?))
}

/// Makes a customer's database, with one person in it and what it has been billed. Returns the person's token.
fn sign_up(db: &Portunus, operator: &Secret, customer: &str) -> Result<Secret, Box<dyn Error>> {
    db.write(operator, |tx| tx.create_database(&customer.parse()?).map(drop))?;
    let admin = within(operator, customer, "admin")?;
    let token = db.write(&admin, |tx| {
        tx.define(Collection::new("people"))?;
        tx.define(Collection::new("bills").index(["owner"]))?;
        tx.create_with_id("people", "ann", json!({"name": "Ann"}))?;
        tx.create("bills", json!({"owner": "ann", "cents": 1_200, "closed": true}))?;
        tx.create("bills", json!({"owner": "ann", "cents": 800, "closed": false}))?;
        tx.create("bills", json!({"owner": "bob", "cents": 9_900, "closed": false}))?;
        tx.create_token(NewToken::new("people", "ann"))
    })?;
    Ok(token.secret)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (db, operator) = Portunus::in_memory()?;
    // These two are written once, above all customers, and speak of collections by their names.
    db.write(&operator, |tx| {
        tx.define_role(
            Role::new("customer")
                .member("people")
                .allow_when("bills", Action::Read, "doc.owner == id(identity)")
                .inherit(),
        )?;
        tx.define_role(Role::new("auditor").allow_when("bills", Action::Read, "doc.closed").inherit())
    })?;
    let acme = sign_up(&db, &operator, "acme")?;
    let globex = sign_up(&db, &operator, "globex")?;

    // A token opens the database that it was made in. There is nothing to filter by customer, and nothing to forget.
    for (customer, token) in [("acme", &acme), ("globex", &globex)] {
        let bills = db.read(token, |tx| tx.query("bills").count())?;
        println!("ann of {customer} sees {bills} bills");
    }

    // The auditor goes through all customers with the same role, and sees what is closed.
    for customer in ["acme", "globex"] {
        let cents: i64 = db.read(&within(&operator, customer, "auditor")?, |tx| {
            let bills = tx.query("bills").documents()?;
            Ok(bills.iter().filter_map(|bill| bill.field("cents")?.as_int()).sum())
        })?;
        println!("the auditor sees {cents} cents of {customer}");
    }

    // A customer that does not pay is switched off as a whole, and one that leaves is gone as a whole.
    db.write(&operator, |tx| tx.disable_database(&"acme".parse()?))?;
    println!(
        "acme is disabled: its token opens {}",
        if db.begin_read(&acme).is_ok() { "it" } else { "nothing" }
    );
    db.write(&operator, |tx| tx.delete_database(&"globex".parse()?))?;
    println!(
        "globex is deleted: its token opens {}",
        if db.begin_read(&globex).is_ok() { "it" } else { "nothing" }
    );
    Ok(())
}
