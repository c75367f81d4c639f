//! What a test makes the code tell its trace. One subscriber serves the whole process and is never taken down: those that come
//! and go leave tests that run beside each other without some of their events.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Once;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

thread_local! {
    /// The events of a thread that listens, each on a line.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs something, and gives the text of every event that it told in this thread.
pub fn heard<T>(run: impl FnOnce() -> T) -> (T, String) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| tracing::subscriber::set_global_default(Listener).unwrap());
    HEARD.with(|heard| *heard.borrow_mut() = Some(String::new()));
    let done = run();
    let text = HEARD.with(|heard| heard.borrow_mut().take());
    (done, text.unwrap())
}

struct Listener;

struct Line<'t>(&'t mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        HEARD.with(|heard| {
            if let Some(text) = heard.borrow_mut().as_mut() {
                event.record(&mut Line(text));
                text.push('\n');
            }
        });
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
