//! Two worlds and one script: what their holders are told must be the same, and what single documents take as well. A pair that differs
//! is made shorter for as long as it still does. It knows nothing of rights.

use super::ask::ask;
use super::common::{Common, HOME, World};
use super::counting::Work;
use super::hidden::{Hidden, HiddenFields, Region};
use super::random::Random;
use super::step::Step;
use super::transcript::{Transcript, told};
use portunus_auth::{Durability, NewKey, WriteView};
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// What differs between two worlds, and what is done in both.
#[derive(Clone, Debug)]
pub struct Pair {
    pub shown: Vec<Shown>,
    pub hidden: [Vec<Hidden>; 2],
    pub acts: Vec<Act>,
}

/// A document that the holder sees, with what it does not see of it in either world.
#[derive(Clone, Debug)]
pub struct Shown {
    id: u8,
    size: i64,
    tags: Vec<u8>,
    hidden: [HiddenFields; 2],
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Act {
    /// The holder begins a transaction, and drops the one that it had.
    Begin,
    Ask(Step),
    Commit,
    /// The holder calls a procedure.
    Call(u8),
    /// Somebody else does something, in one of the worlds.
    Meanwhile(usize, Hidden),
    /// Time passes.
    Pass(u64),
    /// What has expired is given back.
    Sweep,
    /// A change that both worlds have makes them look at everything again.
    Wake,
}

/// What the holder of one world is told of one act, and the work that it took if that is to be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub text: String,
    pub work: Option<Work>,
}

/// Where two worlds differ.
pub struct Difference {
    pub act: String,
    pub said: [Said; 2],
}

/// What goes between a world and what is compared, for tests that plant faults.
pub type Leak = dyn Fn(&World, &Act, &mut Said) + Sync;

impl Pair {
    /// Some pair for this holder.
    pub fn any(random: &mut Random, common: &Common) -> Self {
        let holder = common.holder;
        let shown = random.some(0..6, |random| Shown {
            id: random.small(6),
            size: random.int(4),
            tags: random.some(0..3, |random| random.small(3)),
            hidden: {
                let [one, other] = [HiddenFields::any(random), HiddenFields::any(random)];
                if holder.has_mask() { [one, other] } else { [one.clone(), one] }
            },
        });
        let hidden = [0, 1].map(|_| random.some(0..8, |random| Hidden::any(random, holder)));
        let acts = random.some(1..4, |random| transaction(random, common)).concat();
        Self { shown, hidden, acts }
    }

    /// Where the worlds differ, if they do.
    pub fn difference(&self, common: &Common, leak: Option<&Leak>) -> Option<Difference> {
        let [one, other] = [0, 1].map(|nth| self.said(common, nth, leak));
        one.into_iter().zip(other).zip(&self.acts).find_map(|((one, other), act)| {
            let is_same =
                one.text == other.text && one.work.zip(other.work).is_none_or(|(one, other)| one == other);
            (!is_same).then(|| Difference { act: format!("{act:?}"), said: [one, other] })
        })
    }

    /// The shortest pair that can be had of this one by leaving things out, if it differs.
    pub fn shrunk(mut self, common: &Common, leak: Option<&Leak>) -> Self {
        loop {
            let shorter = self.shorter().find(|shorter| shorter.difference(common, leak).is_some());
            match shorter {
                Some(shorter) => self = shorter,
                None => return self,
            }
        }
    }

    /// The pair without each of its parts.
    fn shorter(&self) -> impl Iterator<Item = Self> {
        let acts = (0..self.acts.len()).map(|at| {
            let mut pair = self.clone();
            pair.acts.remove(at);
            pair
        });
        let shown = (0..self.shown.len()).map(|at| {
            let mut pair = self.clone();
            pair.shown.remove(at);
            pair
        });
        let hidden = [0, 1].into_iter().flat_map(move |nth| {
            (0..self.hidden[nth].len()).map(move |at| {
                let mut pair = self.clone();
                pair.hidden[nth].remove(at);
                pair
            })
        });
        acts.chain(shown).chain(hidden)
    }

    /// All that the holder of one world is told.
    fn said(&self, common: &Common, nth: usize, leak: Option<&Leak>) -> Vec<Said> {
        let world = common.world();
        self.furnish(&world, nth);
        let costs_opening = self.hidden.iter().flatten().any(Hidden::costs_opening);
        let mut course = Course {
            world: &world,
            tx: None,
            transcript: Transcript::knowing(common.others),
            is_disturbed: false,
            costs_opening,
            has_mask: common.holder.has_mask(),
            rule_reads: common.holder.rule_reads(),
        };
        self.acts
            .iter()
            .map(|act| {
                let mut said = course.act(act, nth);
                if let Some(leak) = leak {
                    leak(&world, act, &mut said);
                }
                said
            })
            .collect()
    }

    /// Puts into a world what the holder sees, and what it does not.
    fn furnish(&self, world: &World, nth: usize) {
        world.write(&world.inside(HOME), |tx| {
            for Shown { id, size, tags, hidden } in &self.shown {
                let name = format!("n{id}");
                if tx.exists("notes", &name)? {
                    continue;
                }
                let mut note = json!({"owner": "ann", "size": size, "tags": tags, "email": name});
                hidden[nth].put_into(&mut note);
                tx.create_with_id("notes", &name, note)?;
            }
            Ok(())
        });
        self.hidden[nth].iter().for_each(|hidden| hidden.apply(world));
        wake(world);
    }
}

fn wake(world: &World) {
    world.write(&world.inside("beta"), |tx| tx.create_key(NewKey::new("none")).map(drop));
}

fn transaction(random: &mut Random, common: &Common) -> Vec<Act> {
    let is_point = random.below(3) == 0;
    let steps = random.some(1..8, |random| if is_point { Step::of_point(random) } else { Step::any(random) });
    let meets = |region: Region| match region {
        Region::Nothing => false,
        Region::Holder => true,
        met => steps.iter().any(|step| step.reads(met)),
    };
    let meanwhile = random.some(0..3, |random| Hidden::any(random, common.holder));
    let meanwhile: Vec<Hidden> = meanwhile.into_iter().filter(|it| !meets(it.region())).collect();
    let is_watched = meanwhile.iter().any(Hidden::is_watched) || steps.iter().any(Step::may_be_watched);
    let mut acts: Vec<Act> = steps.into_iter().map(Act::Ask).collect();
    for hidden in meanwhile {
        acts.insert(random.below(acts.len() + 1), Act::Meanwhile(random.below(2), hidden));
    }
    acts.insert(0, Act::Begin);
    match random.below(6) {
        0 => {}
        1 => acts.extend([Act::Commit, Act::Call(random.small(4))]),
        2 => acts.extend([Act::Commit, Act::Pass(2), Act::Sweep]),
        _ => acts.push(Act::Commit),
    }
    if is_watched {
        acts.push(Act::Wake);
    }
    acts
}

/// One world while acts are done in it.
struct Course<'w> {
    world: &'w World,
    tx: Option<WriteView>,
    transcript: Transcript,
    /// Whether the worlds have had other changes that make them look at things again.
    is_disturbed: bool,
    costs_opening: bool,
    has_mask: bool,
    rule_reads: bool,
}

impl Course<'_> {
    fn act(&mut self, act: &Act, nth: usize) -> Said {
        let _: Work = self.world.counters.take();
        let text = match act {
            Act::Begin => self.begin(),
            Act::Ask(step) => {
                self.is_disturbed |= step.may_be_watched();
                self.tx.as_mut().map_or_else(String::new, |tx| ask(tx, step, &mut self.transcript))
            }
            Act::Commit => told(self.tx.take().map_or(Ok(()), |tx| tx.commit(Durability::Relaxed))),
            Act::Call(form) => self.call(*form),
            Act::Meanwhile(where_, hidden) => {
                self.is_disturbed |= hidden.is_watched();
                if *where_ == nth {
                    hidden.apply(self.world);
                }
                String::new()
            }
            Act::Pass(seconds) => {
                self.world.clock.advance(Duration::from_secs(*seconds));
                String::new()
            }
            Act::Sweep => {
                self.is_disturbed = true;
                drop(self.world.gate.sweep(100));
                String::new()
            }
            Act::Wake => {
                self.is_disturbed = false;
                wake(self.world);
                String::new()
            }
        };
        let work = self.world.counters.take();
        Said { text: self.transcript.plain(text), work: self.compared(act, work) }
    }

    fn begin(&mut self) -> String {
        self.tx = None;
        self.transcript.begin();
        self.world.clock.advance(Duration::from_millis(2));
        match self.world.gate.begin_write(&self.world.secret) {
            Ok(tx) => {
                self.tx = Some(tx);
                "begun".to_owned()
            }
            Err(error) => format!("{error:?}"),
        }
    }

    fn call(&self, form: u8) -> String {
        let (gate, secret) = (&self.world.gate, &self.world.secret);
        match form {
            0 => told(gate.call::<_, serde_json::Value>(secret, "mine", ())),
            1 => told(gate.call::<_, serde_json::Value>(secret, "nobody", "n1x")),
            2 => told(gate.call::<_, serde_json::Value>(secret, "unused", ())),
            _ => told(gate.call::<_, serde_json::Value>(secret, "mine", "wrong")),
        }
    }

    /// The work of an act, as far as it is to be the same in both worlds.
    fn compared(&self, act: &Act, work: Work) -> Option<Work> {
        match act {
            _ if self.is_disturbed => None,
            Act::Begin => (!self.costs_opening).then_some(work),
            // A rule that reads other documents reads them about those alone that are there, and once.
            Act::Ask(_) if self.rule_reads => None,
            Act::Ask(step) if step.is_point() => {
                Some(if self.has_mask && step.removes() { work.of_reading() } else { work })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.said;
        writeln!(to, "{}", self.act)?;
        writeln!(to, "  in one world:   {} {:?}", one.text, one.work)?;
        write!(to, "  in the other:   {} {:?}", other.text, other.work)
    }
}
