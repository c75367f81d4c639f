//! A small store of the whole product, and writers whose transactions are numbered: what it must hold, and whom it must show what, is
//! told by how many there were of each writer. It knows nothing of disks.

use portunus_auth::{
    Action, AuditSettings, BuiltInRole, Collection, Durability, Error, Gate, GateOptions, ManualClock,
    NewKey, NewToken, ReadView, Role, Secret, SecretScope, Timestamp, TreeOptions, ValueRef, WriteView,
};
use portunus_storage::Disk;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// One changes notes of the root, one those of a database below, one makes and deletes keys.
pub const WRITERS: usize = 3;

/// How many transactions there were of each writer.
pub type Counts = [u64; WRITERS];

/// The number of the writer that makes keys.
const KEYS: usize = 2;
/// The database below.
const BELOW: &str = "below";

/// Everybody who has a secret, or had one.
pub struct Cast {
    pub admin: Secret,
    writers: [Secret; WRITERS],
    /// The administrator of the database below.
    below: Secret,
    /// An identity that sees the even notes of the root, and nothing else.
    reader: Secret,
    /// A key whose role grants nothing.
    stranger: Secret,
    /// A key that was deleted.
    deleted: Secret,
}

/// What a store is opened with.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub cache_bytes: usize,
    pub principals_max: usize,
}

fn options(settings: Settings) -> GateOptions {
    let clock = Arc::new(ManualClock::new(Timestamp(1_000_000_000_000_000)));
    let tree = TreeOptions { clock, cache_bytes: settings.cache_bytes, ..TreeOptions::default() };
    GateOptions { tree, principals_max: settings.principals_max, ..GateOptions::default() }
}

/// Makes the store on an empty disk.
pub fn create(disk: Arc<dyn Disk>) -> (Gate, Cast) {
    let options = options(Settings { cache_bytes: 1 << 20, principals_max: 64 });
    let (gate, admin) =
        Gate::create_on(|engine| portunus_storage::create_on(disk, engine), &options).unwrap();
    let path = BELOW.parse().unwrap();
    let below = admin.scoped(&SecretScope::role(BuiltInRole::Admin).at(BELOW.parse().unwrap()));
    let mut view = gate.begin_write(&admin).unwrap();
    view.set_audit(AuditSettings::default()).unwrap();
    define(&mut view);
    view.define(Collection::new("users")).unwrap();
    view.create_with_id("users", "ann", json!({})).unwrap();
    let even = Role::new("even").member("users").allow_when("notes", Action::Read, r#"doc.by == "even""#);
    view.define_role(even).unwrap();
    view.create_database(&path).unwrap();
    let mut key = |key: NewKey| view.create_key(key).unwrap();
    let [first, third] = ["server", "admin"].map(|role| key(NewKey::new(role)).secret);
    let second = key(NewKey::new("server").at(path)).secret;
    let stranger = key(NewKey::new("none")).secret;
    let deleted = key(NewKey::new("admin"));
    let reader = view.create_token(NewToken::new("users", "ann")).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.delete_key(deleted.id).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let mut view = gate.begin_write(&below).unwrap();
    view.set_audit(AuditSettings::default()).unwrap();
    define(&mut view);
    view.commit(Durability::Immediate).unwrap();
    let writers = [first, second, third];
    (gate, Cast { admin, writers, below, reader, stranger, deleted: deleted.secret })
}

fn define(view: &mut WriteView) {
    view.define(Collection::new("notes").index(["by"])).unwrap();
    view.define(Collection::new("counters")).unwrap();
    for by in 0..WRITERS {
        view.create_with_id("counters", &by.to_string(), json!({"n": 0})).unwrap();
    }
}

/// Opens the store on a disk.
pub fn open(disk: Arc<dyn Disk>, settings: Settings) -> Result<Gate, Error> {
    Gate::open_on(|engine| portunus_storage::open_on(disk, engine), &options(settings))
}

/// Makes a transaction of a writer, which is done once however often it is asked for. It is an error of the application if the store
/// has it twice, or not although it says so, or if one before it is not there.
pub fn step(gate: &Gate, cast: &Cast, by: usize, number: u64) -> Result<(), Error> {
    let mut view = gate.begin_write(&cast.writers[by])?;
    let is_first = view.once(&number.to_string())?;
    let counted = counter(&view, by)?;
    if counted + u64::from(is_first) != number {
        let told = if is_first { "not done" } else { "done" };
        return Err(Error::application(format!(
            "transaction {number} of writer {by} is said to be {told} when there are {counted}"
        )));
    }
    if is_first {
        change(&mut view, by, number)?;
    }
    view.commit(Durability::Immediate)
}

fn change(view: &mut WriteView, by: usize, number: u64) -> Result<(), Error> {
    view.patch("counters", &by.to_string(), json!({"n": number}))?;
    let leaving = number.checked_sub(2).filter(|leaving| !is_there(*leaving, number));
    if by == KEYS {
        view.create_key(NewKey::new("none").named(name(number)))?;
        let keys = view.keys()?;
        let old = keys.iter().find(|key| leaving.is_some() && key.name == leaving.map(name));
        return old.map_or(Ok(()), |key| view.delete_key(key.id));
    }
    view.create_with_id("notes", &name(number), note(number))?;
    leaving.filter(|leaving| *leaving > 0).map_or(Ok(()), |leaving| view.delete("notes", &name(leaving)))
}

fn counter(view: &ReadView, by: usize) -> Result<u64, Error> {
    let counter = view.get("counters", &by.to_string())?;
    let counted = counter.as_ref().and_then(|counter| counter.field("n")?.as_int());
    counted.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| Error::application("a counter is not there"))
}

/// The name of the note or key of a transaction.
fn name(number: u64) -> String {
    format!("n{number:03}")
}

/// Whether what a transaction made is still there after so many: every third takes away what was made two before.
fn is_there(number: u64, count: u64) -> bool {
    (1..=count).contains(&number) && (number % 3 != 1 || number + 2 > count)
}

fn parity(number: u64) -> &'static str {
    if number.is_multiple_of(2) { "even" } else { "odd" }
}

/// What stands in the note of a transaction. Some of it is larger than a page.
fn note(number: u64) -> Json {
    let repeated = if number.is_multiple_of(7) { 300 } else { number * 7 % 20 };
    json!({"by": parity(number), "text": format!("text of {number}, ").repeat(usize::try_from(repeated).unwrap())})
}

/// Somebody who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Admin,
    Below,
    Reader,
    Stranger,
    Deleted,
}

/// Something that can be asked of a store.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    Counter(Who, usize),
    Note(Who, u64),
    /// The ids of all notes.
    Notes(Who),
    /// The ids of the even ones, from the index.
    Even(Who),
    /// The names of the keys that were made by transactions.
    Keys(Who),
    /// Whether the audit log is whole.
    Chain(Who),
    /// Whether every record, index and reference is sound.
    Soundness(Who),
}

impl Question {
    /// All that can be asked of a store in which no writer has made more than `count` transactions.
    pub fn all(count: u64) -> Vec<Self> {
        use Question::{Chain, Counter, Even, Keys, Note, Notes, Soundness};
        use Who::{Admin, Below, Deleted, Reader, Stranger};
        let mut all = vec![Counter(Admin, 0), Counter(Below, 1), Counter(Admin, KEYS)];
        for who in [Admin, Below, Reader, Stranger] {
            all.extend([Notes(who), Even(who)]);
            all.extend((1..=count + 1).map(|number| Note(who, number)));
        }
        all.extend([
            Counter(Stranger, 0),
            Counter(Reader, 0),
            Notes(Deleted),
            Keys(Admin),
            Chain(Admin),
            Chain(Below),
        ]);
        all.push(Soundness(Admin));
        all
    }

    pub fn who(self) -> Who {
        match self {
            Self::Counter(who, _) | Self::Note(who, _) => who,
            Self::Notes(who)
            | Self::Even(who)
            | Self::Keys(who)
            | Self::Chain(who)
            | Self::Soundness(who) => who,
        }
    }

    /// What a store must say to it.
    pub fn expected(self, counts: Counts) -> String {
        let who = self.who();
        let sees = |number: u64| match who {
            Who::Admin => is_there(number, counts[0]),
            Who::Below => is_there(number, counts[1]),
            Who::Reader => number.is_multiple_of(2) && is_there(number, counts[0]),
            Who::Stranger | Who::Deleted => false,
        };
        let list = |is_listed: &dyn Fn(u64) -> bool| {
            let most = counts.into_iter().max().unwrap_or(0);
            (1..=most).filter(|number| is_listed(*number)).map(name).collect::<Vec<_>>().join(" ")
        };
        if who == Who::Deleted {
            return Error::Unauthenticated.to_string();
        }
        match self {
            Self::Counter(Who::Reader | Who::Stranger, _) => "no counter".to_owned(),
            Self::Counter(_, by) => counts[by].to_string(),
            Self::Note(_, number) if sees(number) => told(&note(number)),
            Self::Note(..) => "no note".to_owned(),
            Self::Notes(_) => list(&sees),
            Self::Even(_) => list(&|number| sees(number) && number.is_multiple_of(2)),
            Self::Keys(_) => list(&|number| is_there(number, counts[KEYS])),
            Self::Chain(_) | Self::Soundness(_) => String::new(),
        }
    }

    /// Asks it of a store.
    pub fn ask(self, view: &ReadView) -> Result<String, Error> {
        match self {
            Self::Counter(_, by) => Ok(match view.get("counters", &by.to_string())? {
                Some(counter) => counter.field("n").and_then(ValueRef::as_int).unwrap_or(-1).to_string(),
                None => "no counter".to_owned(),
            }),
            Self::Note(_, number) => Ok(match view.get("notes", &name(number))? {
                Some(note) => told(&note.to::<Json>()?),
                None => "no note".to_owned(),
            }),
            Self::Notes(_) => Ok(view.query("notes").list_ids()?.join(" ")),
            Self::Even(_) => Ok(view.query("notes").index("by").equal(["even"]).list_ids()?.join(" ")),
            Self::Keys(_) => {
                let mut names: Vec<String> = view.keys()?.into_iter().filter_map(|key| key.name).collect();
                names.retain(|name| name.starts_with('n'));
                names.sort();
                Ok(names.join(" "))
            }
            Self::Chain(_) => match view.verify_audit()?.first_break {
                None => Ok(String::new()),
                Some(_) => Err(Error::Corrupt("the audit log is not whole".to_owned())),
            },
            Self::Soundness(_) => match view.check()?.problems {
                problems if problems.is_empty() => Ok(String::new()),
                problems => Err(Error::Corrupt(problems.join("; "))),
            },
        }
    }
}

/// A note as text.
fn told(note: &Json) -> String {
    note.to_string()
}

/// Asks questions of a store, those of one person that follow each other in one transaction.
pub fn answers(gate: &Gate, cast: &Cast, questions: &[Question]) -> Vec<Result<String, Error>> {
    let mut begun: Option<(Who, ReadView)> = None;
    let mut answer = |question: &Question| {
        let who = question.who();
        let view = match begun.take() {
            Some((same, view)) if same == who => view,
            _ => gate.begin_read(cast.secret(who))?,
        };
        let answer = question.ask(&view);
        begun = Some((who, view));
        answer
    };
    questions.iter().map(&mut answer).collect()
}

/// What those are told who may write nothing and try: to change a document, and to make one.
pub fn trespasses(gate: &Gate, cast: &Cast) -> Vec<(Who, Result<(), Error>)> {
    type Act = fn(&mut WriteView) -> Result<(), Error>;
    let attempts: [Act; 2] = [
        |view| view.patch("counters", "0", json!({"n": -1})).map(drop),
        |view| view.create_with_id("notes", &name(99), note(99)).map(drop),
    ];
    let attempt = |who, act: Act| {
        let mut view = gate.begin_write(cast.secret(who))?;
        act(&mut view)?;
        view.commit(Durability::Immediate)
    };
    let whos = [Who::Reader, Who::Stranger, Who::Deleted];
    whos.into_iter().flat_map(|who| attempts.map(|act| (who, attempt(who, act)))).collect()
}

impl Cast {
    fn secret(&self, who: Who) -> &Secret {
        match who {
            Who::Admin => &self.admin,
            Who::Below => &self.below,
            Who::Reader => &self.reader,
            Who::Stranger => &self.stranger,
            Who::Deleted => &self.deleted,
        }
    }
}

/// That a store holds at least and at most so many transactions of each writer, each of them whole.
pub fn check(gate: &Gate, cast: &Cast, least: Counts, most: Counts) -> Result<Counts, String> {
    let mut counts = least;
    for (by, who) in [(0, Who::Admin), (1, Who::Below), (KEYS, Who::Admin)] {
        let view =
            gate.begin_read(cast.secret(who)).map_err(|error| format!("{who:?} is refused: {error}"))?;
        counts[by] = counter(&view, by).map_err(|error| format!("the counter of {by}: {error}"))?;
        if !(least[by]..=most[by]).contains(&counts[by]) {
            return Err(format!(
                "{} to {} transactions of writer {by} are due, and {} are there",
                least[by], most[by], counts[by]
            ));
        }
    }
    let questions = Question::all(counts.into_iter().max().unwrap_or(0));
    for (question, answer) in questions.iter().zip(answers(gate, cast, &questions)) {
        let answer = answer.unwrap_or_else(|error| error.to_string());
        let expected = question.expected(counts);
        if answer != expected {
            return Err(format!(
                "with {counts:?} transactions {question:?} is answered {answer:?} in place of {expected:?}"
            ));
        }
    }
    Ok(counts)
}
