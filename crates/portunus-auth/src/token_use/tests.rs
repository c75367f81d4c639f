//! Uses that are brought to the store while tokens come and go.

use super::*;
use crate::{Collection, CreatedToken, Gate, GateOptions, NewToken, Secret};
use portunus_scope::{Clock, ManualClock, TreeOptions};
use std::sync::Arc;

/// A clock at which something happens once, when it is looked at.
#[derive(Default)]
struct Acting {
    clock: ManualClock,
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Clock for Acting {
    fn now(&self) -> Timestamp {
        let act = self.act.lock().take();
        if let Some(act) = act {
            act();
        }
        self.clock.now()
    }
}

fn commit<T>(gate: &Gate, admin: &Secret, run: impl FnOnce(&mut crate::WriteView) -> Result<T>) -> T {
    let mut view = gate.begin_write(admin).unwrap();
    let done = run(&mut view).unwrap();
    view.commit(Durability::Immediate).unwrap();
    done
}

#[test]
fn a_token_that_ends_meanwhile_keeps_no_use_of_another_from_the_store() {
    let acting = Arc::new(Acting::default());
    let tree = TreeOptions { clock: acting.clone(), ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let tokens: Vec<CreatedToken> = commit(&gate, &admin, |view| {
        view.define(Collection::new("users"))?;
        view.create_with_id("users", "ann", serde_json::json!({}))?;
        (0..8).map(|_| view.create_token(NewToken::new("users", "ann"))).collect()
    });
    for token in &tokens {
        gate.begin_read(&token.secret).unwrap();
    }
    // It is logged out just when the transaction has begun that brings the uses of all.
    let (other, ended) = (gate.clone(), tokens[0].clone());
    *acting.act.lock() = Some(Box::new(move || {
        commit(&other, &ended.secret, |view| view.delete_token(ended.id));
    }));
    gate.sweep(10).unwrap();
    assert!(acting.act.lock().is_none(), "it has happened");
    let reader = gate.shared.tree.begin_read().unwrap();
    let brought = reader.unfiltered_system_count(DatabaseId::STORE, SystemCollection::TokenUse);
    assert_eq!(brought.unwrap(), tokens.len() - 1);
}

#[test]
fn uses_beyond_the_limit_are_noted_when_there_is_room_again() {
    let clock = Arc::new(ManualClock::default());
    let tree = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
    let (gate, _) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let (tree, uses) = (&gate.shared.tree, TokenUses::default());
    let ids = || (0..).map(PublicId::new);
    let note = |id| uses.note(id, &LastNoted::never(), clock.now());
    ids().take(NOTED_MAX).for_each(note);
    let last = |id| uses.last(&tree.begin_read().unwrap(), id).unwrap();
    let (first, beyond) = (PublicId::new(0), PublicId::new(u64::MAX));
    note(beyond);
    assert_eq!((last(first), last(beyond)), (Some(clock.now()), None));
    // Brought to the store they still keep those from being noted again that are used all the time.
    uses.flush(tree).unwrap();
    note(beyond);
    assert_eq!(last(beyond), None);
    clock.advance(NOTED_EVERY);
    note(first);
    assert_eq!(last(first), Some(clock.now()), "one that is known is noted in any case");
    uses.flush(tree).unwrap();
    note(beyond);
    assert_eq!(last(beyond), Some(clock.now()));
    assert!(uses.noted.lock().len() < 3);
}
