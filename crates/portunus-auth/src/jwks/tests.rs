//! Tests of when the cache fetches, what it serves meanwhile, and that nobody can make it do more. No network.

use super::slot::Work;
use super::{CachedKeys, JwksCache, JwksError, JwksOptions, JwksSource, REFRESHES_MAX, start_thread};
use portunus_scope::{Clock, ManualClock, Timestamp};
use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

const URL: &str = "https://issuer.example/keys?tenant=7";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A key set with keys of these names.
fn set(kids: &[&str]) -> Vec<u8> {
    // The key of the example in RFC 8037.
    let key = |kid: &&str| serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": kid});
    serde_json::json!({"keys": kids.iter().map(key).collect::<Vec<_>>()}).to_string().into_bytes()
}

/// A source that answers what it was told to, and says so to a test that listens.
#[derive(Default)]
struct Issuer {
    answers: Mutex<HashMap<String, Result<Vec<u8>, JwksError>>>,
    /// The URLs that were asked for, in order.
    asked: Mutex<Vec<String>>,
    /// Told of each fetch; and each then waits for a word to go on.
    pace: Option<(Sender<()>, Mutex<Receiver<()>>)>,
}

impl Issuer {
    fn answer(&self, url: &str, answer: Result<Vec<u8>, JwksError>) {
        self.answers.lock().unwrap().insert(url.to_owned(), answer);
    }

    fn fetches(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl JwksSource for Issuer {
    fn fetch(&self, url: &str) -> Result<Vec<u8>, JwksError> {
        self.asked.lock().unwrap().push(url.to_owned());
        if let Some((began, go_on)) = &self.pace {
            began.send(()).unwrap();
            go_on.lock().unwrap().recv().unwrap();
        }
        let answer = self.answers.lock().unwrap().get(url).cloned();
        answer.expect("a source that knows nothing of a URL panics")
    }
}

/// A cache, its source and its clock.
struct World {
    cache: JwksCache,
    issuer: Arc<Issuer>,
    clock: Arc<ManualClock>,
}

/// Does the work of the background at once, so that a test knows that it is done.
fn at_once(work: Work) -> io::Result<()> {
    work();
    Ok(())
}

impl World {
    fn new() -> Self {
        Self::with(Issuer::default(), JwksOptions::default(), at_once)
    }

    fn with(issuer: Issuer, options: JwksOptions, start: fn(Work) -> io::Result<()>) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000_000)));
        let issuer = Arc::new(issuer);
        issuer.answer(URL, Ok(set(&["a"])));
        let source: Arc<dyn JwksSource> = Arc::<Issuer>::clone(&issuer);
        let told: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        Self { cache: JwksCache::with_start(Some(source), told, options, start), issuer, clock }
    }

    /// A world whose source waits in each fetch for a word.
    fn paced(start: fn(Work) -> io::Result<()>) -> (Self, Receiver<()>, Sender<()>) {
        let (began, begun) = channel();
        let (go, go_on) = channel();
        let issuer = Issuer { pace: Some((began, Mutex::new(go_on))), ..Issuer::default() };
        (Self::with(issuer, JwksOptions::default(), start), begun, go)
    }

    fn keys(&self, kid: &str) -> Option<Arc<CachedKeys>> {
        self.cache.keys(URL, Some(kid))
    }

    /// Whether the cache has a key of this name now, which may make it fetch.
    fn has(&self, kid: &str) -> bool {
        self.keys(kid).is_some_and(|held| held.keys().ids().any(|id| id == Some(kid)))
    }

    fn is_current(&self, held: &CachedKeys) -> bool {
        held.is_current(self.clock.now())
    }

    fn set_back(&self, by: Duration) {
        self.clock.set(self.clock.now().saturating_sub(by));
    }

    fn fails(&self) {
        self.issuer.answer(URL, Err(JwksError::Status(503)));
    }
}

#[test]
fn a_set_is_fetched_once_and_serves_on() {
    let world = World::new();
    assert!(world.has("a"));
    for _ in 0..1_000 {
        assert!(world.has("a"));
        assert!(world.cache.keys(URL, None).is_some());
    }
    let stats = world.cache.stats();
    assert_eq!((stats.sets, stats.fetches, stats.failures, stats.refused), (1, 1, 0, 0));
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn an_unknown_kid_finds_the_key_that_was_rotated_in() {
    let world = World::new();
    let old = world.keys("a").unwrap();
    world.clock.advance(MINUTE);
    world.issuer.answer(URL, Ok(set(&["a", "b"])));
    assert!(world.has("b"));
    assert!(!world.is_current(&old), "what was proven with the old set is proven anew");
    let new = world.keys("b").unwrap();
    assert!(world.is_current(&new) && new.version() > old.version());
    assert_eq!(world.issuer.fetches(), 2);
}

/// Attack 45: tokens that name keys which nobody has.
#[test]
fn a_storm_of_unknown_kids_causes_a_fetch_every_half_minute() {
    let world = World::new();
    assert!(world.has("a"));
    for number in 0..100_000 {
        assert!(!world.has(&format!("unknown {number}")));
        world.clock.advance(Duration::from_millis(1));
    }
    // A hundred seconds: at 0, 30, 60 and 90.
    assert_eq!(world.issuer.fetches(), 4);
    assert_eq!(world.cache.stats().refused, 100_000 - 3);
    assert!(world.has("a"));
}

#[test]
fn a_storm_on_an_issuer_that_fails_causes_no_more_fetches() {
    let world = World::new();
    world.fails();
    for _ in 0..100_000 {
        assert!(world.cache.keys(URL, None).is_none());
        world.clock.advance(Duration::from_millis(1));
    }
    let stats = world.cache.stats();
    assert_eq!((world.issuer.fetches(), stats.fetches, stats.failures), (4, 4, 4));
}

#[test]
fn a_set_grown_old_is_refreshed_and_serves_meanwhile() {
    let (world, begun, go) = World::paced(start_thread);
    go.send(()).unwrap();
    let old = world.keys("a").unwrap();
    begun.recv().unwrap();
    world.issuer.answer(URL, Ok(set(&["b"])));
    world.clock.advance(15 * MINUTE);
    // The first question starts the refresh, and neither it nor those after it wait.
    assert!(world.has("a"));
    begun.recv().unwrap();
    assert!(world.has("a") && world.is_current(&old));
    assert_eq!(world.issuer.fetches(), 2);
    go.send(()).unwrap();
    // A key that the old set lacks is waited for.
    assert!(world.has("b"));
    assert!(!world.is_current(&old) && !world.has("a"));
    assert_eq!(world.issuer.fetches(), 2);
}

#[test]
fn a_refresh_that_brings_the_same_set_leaves_its_holders_current() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    for _ in 0..200 {
        world.clock.advance(15 * MINUTE);
        assert!(world.is_current(&held), "asking this alone keeps a set fresh");
    }
    assert_eq!(world.issuer.fetches(), 201);
    assert_eq!(world.keys("a").unwrap().version(), held.version());
}

#[test]
fn a_holder_that_only_asks_whether_it_is_current_learns_of_a_rotation() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    world.issuer.answer(URL, Ok(set(&["b"])));
    world.clock.advance(15 * MINUTE);
    world.is_current(&held);
    assert!(!world.is_current(&held));
}

#[test]
fn the_last_good_set_serves_through_an_outage_until_its_greatest_age() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    world.fails();
    for _ in 0..(24 * 60 - 1) {
        world.clock.advance(MINUTE);
        assert!(world.has("a") && world.is_current(&held));
    }
    world.clock.advance(MINUTE);
    assert!(!world.is_current(&held), "a day after the last good fetch it is over");
    assert!(!world.has("a"));
    // The issuer is back: the next fetch that is allowed has it again.
    world.issuer.answer(URL, Ok(set(&["a"])));
    world.clock.advance(MINUTE);
    assert!(world.has("a"));
}

#[test]
fn an_outage_is_asked_about_no_more_than_every_half_minute() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    world.fails();
    world.clock.advance(HOUR);
    for _ in 0..100_000 {
        world.clock.advance(Duration::from_millis(3));
        assert!(world.has("a") && world.is_current(&held));
    }
    // Five minutes.
    assert_eq!(world.issuer.fetches(), 1 + 10);
}

#[test]
fn what_is_no_usable_set_is_a_failure_and_replaces_nothing() {
    let huge = format!(r#"{{"keys":[],"padding":"{}"}}"#, "x".repeat(256 * 1_024)).into_bytes();
    let private_only =
        br#"{"keys":[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0","kid":"b"}]}"#;
    for answer in [
        Ok(Vec::new()),
        Ok(b"<html>404</html>".to_vec()),
        Ok(br#"{"keys":[]}"#.to_vec()),
        Ok(private_only.to_vec()),
        Ok(set(&["b"])[..40].to_vec()),
        Ok(huge),
        Err(JwksError::Timeout),
        Err(JwksError::Redirect),
    ] {
        let world = World::new();
        let held = world.keys("a").unwrap();
        world.clock.advance(MINUTE);
        world.issuer.answer(URL, answer);
        assert!(!world.has("b"));
        assert!(world.has("a") && world.is_current(&held));
        assert_eq!((world.cache.stats().fetches, world.cache.stats().failures), (2, 1));
    }
}

#[test]
fn a_set_as_large_as_allowed_is_taken() {
    let world = World::new();
    let mut largest = set(&["a"]);
    largest.resize(256 * 1_024, b' ');
    world.issuer.answer(URL, Ok(largest));
    assert!(world.has("a"));
}

#[test]
fn many_who_ask_at_once_wait_for_one_fetch() {
    let (world, begun, go) = World::paced(start_thread);
    let barrier = Barrier::new(16);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                barrier.wait();
                assert!(world.has("a"));
            });
        }
        begun.recv().unwrap();
        go.send(()).unwrap();
    });
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn one_url_is_not_held_up_by_another() {
    let (world, begun, go) = World::paced(start_thread);
    go.send(()).unwrap();
    assert!(world.has("a"));
    begun.recv().unwrap();
    let other = "https://slow.example/keys";
    world.issuer.answer(other, Ok(set(&["c"])));
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| world.cache.keys(other, None).is_some());
        begun.recv().unwrap();
        assert!(world.has("a"));
        assert_eq!(world.cache.stats().sets, 2);
        go.send(()).unwrap();
        assert!(slow.join().unwrap());
    });
}

#[test]
fn a_source_that_panics_holds_nobody_up() {
    let world = World::new();
    let lost = "https://lost.example/keys";
    let ask = || world.cache.keys(lost, None);
    assert!(catch_unwind(AssertUnwindSafe(ask)).is_err());
    assert!(ask().is_none(), "nobody waits for a fetch that has ended so");
    world.issuer.answer(lost, Ok(set(&["c"])));
    world.clock.advance(MINUTE);
    assert!(ask().is_some());
    assert_eq!(world.cache.stats().failures, 1);
}

#[test]
fn a_fetch_ahead_of_need_is_one_that_nobody_waits_for() {
    let (world, begun, go) = World::paced(start_thread);
    world.cache.prefetch(URL);
    world.cache.prefetch(URL);
    begun.recv().unwrap();
    go.send(()).unwrap();
    assert!(world.has("a"));
    world.cache.prefetch(URL);
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn where_no_thread_starts_the_caller_fetches_if_it_may_wait() {
    let world =
        World::with(Issuer::default(), JwksOptions::default(), |_| Err(io::ErrorKind::WouldBlock.into()));
    world.cache.prefetch(URL);
    assert_eq!((world.issuer.fetches(), world.cache.stats().failures), (0, 1));
    world.clock.advance(MINUTE);
    let held = world.keys("a").unwrap();
    world.clock.advance(HOUR);
    assert!(world.is_current(&held));
    assert_eq!(world.issuer.fetches(), 1, "who only asks whether a set is current does not wait");
    world.clock.advance(MINUTE);
    assert!(world.has("a"));
    assert_eq!(world.issuer.fetches(), 2);
}

#[test]
fn refreshes_in_the_background_are_bounded() {
    let (world, begun, go) = World::paced(start_thread);
    let urls: Vec<String> =
        (0..REFRESHES_MAX + 4).map(|number| format!("https://{number}.example/keys")).collect();
    for url in &urls {
        world.issuer.answer(url, Ok(set(&["a"])));
        world.cache.prefetch(url);
    }
    assert_eq!(usize::try_from(world.cache.stats().fetches), Ok(REFRESHES_MAX));
    for _ in 0..REFRESHES_MAX {
        begun.recv().unwrap();
        go.send(()).unwrap();
    }
    // Those that found no place are fetched when somebody needs them.
    for url in &urls {
        go.send(()).unwrap();
        assert!(world.cache.keys(url, None).is_some());
    }
    assert_eq!(world.issuer.fetches(), urls.len());
}

#[test]
fn a_cache_that_is_dropped_waits_for_nobody_and_is_kept_by_nobody() {
    let (world, begun, go) = World::paced(start_thread);
    world.cache.prefetch(URL);
    begun.recv().unwrap();
    drop(world);
    assert_eq!(begun.try_recv(), Err(TryRecvError::Empty), "the fetch goes on");
    go.send(()).unwrap();
    // The source ends with the fetch, and its channel with the source.
    begun.recv().unwrap_err();
}

/// A world with room for so many sets, and so many URLs with one more.
fn crowded(sets_max: usize) -> (World, Vec<String>) {
    let options = JwksOptions { sets_max, ..JwksOptions::default() };
    let world = World::with(Issuer::default(), options, at_once);
    let urls: Vec<String> = (0..=sets_max).map(|number| format!("https://{number}.example/keys")).collect();
    for url in &urls {
        world.issuer.answer(url, Ok(set(&["a"])));
    }
    (world, urls)
}

#[test]
fn the_set_that_was_not_asked_for_longest_makes_room() {
    let (world, urls) = crowded(16);
    let ask = |number: usize| world.cache.keys(&urls[number], None);
    let mut held: Vec<Arc<CachedKeys>> = (0..16).map(|number| ask(number).unwrap()).collect();
    assert!(ask(16).is_none(), "a set that was just fetched stays, or the limit on fetches would be none");
    assert_eq!((world.cache.stats().sets, world.cache.stats().refused), (16, 1));
    world.clock.advance(MINUTE);
    assert!(ask(0).is_some_and(|again| again.version() == held[0].version()));
    held.push(ask(16).unwrap());
    assert_eq!(world.cache.stats().sets, 16);
    for (number, held) in held.iter().enumerate() {
        // Nobody would tell the holders of what is gone of a rotation any more.
        assert_eq!(world.is_current(held), number != 1, "{number}");
    }
    world.clock.advance(MINUTE);
    let again = ask(1).unwrap();
    assert!(again.version() > held[16].version() && !world.is_current(&held[1]), "no version is given twice");
}

#[test]
fn nothing_is_fetched_for_a_set_that_has_made_room() {
    let (world, urls) = crowded(1);
    // Found right before it is taken away.
    let slot = world.cache.slot(&urls[0]).unwrap();
    assert!(world.cache.keys(&urls[1], None).is_some());
    slot.refresh(true);
    assert!(slot.keys(None).is_none());
    assert_eq!(world.issuer.fetches(), 1);
}

#[test]
fn a_url_is_fetched_by_one_at_a_time_however_long_it_takes() {
    let (world, begun, go) = World::paced(start_thread);
    world.cache.prefetch(URL);
    begun.recv().unwrap();
    world.clock.advance(HOUR);
    world.cache.prefetch(URL);
    assert_eq!(world.cache.stats().fetches, 1);
    go.send(()).unwrap();
    assert!(world.has("a"));
}

#[test]
fn a_clock_that_is_set_back_neither_ends_refreshes_nor_allows_more() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    world.set_back(24 * 365 * HOUR);
    for _ in 0..100 {
        assert!(world.has("a") && world.is_current(&held));
        assert!(!world.has("b"));
    }
    assert_eq!(world.issuer.fetches(), 1, "to be set back allows no fetch");
    world.clock.advance(30 * SECOND);
    world.issuer.answer(URL, Ok(set(&["b"])));
    assert!(world.has("b"), "nor does anything wait for the old time to come again");
    world.clock.advance(15 * MINUTE);
    world.issuer.answer(URL, Ok(set(&["c"])));
    assert!(world.has("b"));
    assert!(world.has("c"));
    assert_eq!(world.issuer.fetches(), 3);
}

#[test]
fn a_clock_that_was_set_back_makes_no_set_serve_longer() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    world.fails();
    world.set_back(24 * 365 * HOUR);
    assert!(world.has("a"));
    world.clock.advance(24 * HOUR);
    assert!(!world.has("a") && !world.is_current(&held));
}

#[test]
fn a_holder_learns_of_a_rotation_after_the_clock_was_set_back() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    world.fails();
    world.clock.advance(10 * HOUR);
    assert!(world.is_current(&held));
    // Now the last attempt lies ahead, though the last good fetch does not.
    world.set_back(9 * HOUR);
    world.issuer.answer(URL, Ok(set(&["b"])));
    assert!(world.is_current(&held));
    world.clock.advance(30 * SECOND);
    world.is_current(&held);
    assert!(!world.is_current(&held));
}

#[test]
fn a_clock_that_swings_allows_no_more_than_its_way_forward() {
    let world = World::new();
    assert!(world.has("a"));
    for _ in 0..100 {
        world.clock.advance(10 * SECOND);
        assert!(!world.has("b"));
        world.set_back(10 * SECOND);
        assert!(!world.has("b"));
    }
    // A thousand seconds forward, in steps too short to allow one fetch each.
    assert_eq!(world.issuer.fetches(), 1);
    world.clock.advance(24 * 365 * HOUR);
    assert!(world.has("a"), "a set that a leap made too old is fetched anew");
    assert_eq!(world.issuer.fetches(), 2);
}

#[test]
fn a_leap_there_and_back_ends_no_set() {
    let world = World::new();
    let held = world.keys("a").unwrap();
    world.fails();
    world.clock.advance(48 * HOUR);
    assert!(!world.has("a") && !world.is_current(&held));
    world.set_back(48 * HOUR);
    assert!(world.has("a") && world.is_current(&held));
    world.clock.set(Timestamp::MAX);
    assert!(!world.has("a"));
    world.clock.set(Timestamp::MIN);
    assert!(world.has("a"));
}

#[test]
fn a_cache_without_a_source_has_no_keys() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp(0)));
    let cache = JwksCache::new(None, clock, JwksOptions::default());
    cache.prefetch(URL);
    assert!(cache.keys(URL, None).is_none());
    assert!(cache.stats().failures >= 1);
    assert_eq!(cache.check_url(URL), Ok(()));
    assert!(cache.check_url("http://localhost/").is_err());
}

#[test]
fn a_source_under_test_takes_urls_of_this_machine() {
    struct Local;
    impl JwksSource for Local {
        fn fetch(&self, _: &str) -> Result<Vec<u8>, JwksError> {
            Ok(set(&["a"]))
        }

        fn allows_http_on_loopback(&self) -> bool {
            true
        }
    }
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp(0)));
    let cache = JwksCache::new(Some(Arc::new(Local)), clock, JwksOptions::default());
    assert_eq!(cache.check_url("http://localhost:1/"), Ok(()));
    assert!(cache.check_url("http://issuer.example/").is_err());
    assert!(cache.keys("http://localhost:1/", Some("a")).is_some());
}
