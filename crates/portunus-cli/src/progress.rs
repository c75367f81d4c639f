//! How far long work has come, on standard error. The only file that names `indicatif`. Off without a terminal.

use crate::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that moves while something long is done. It vanishes when dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar towards a number of bytes, or one without an end.
    pub fn bytes(output: &Output, total: Option<u64>) -> Self {
        let template = match total {
            Some(_) => "{msg} {wide_bar} {bytes}/{total_bytes} {eta}",
            None => "{msg} {spinner} {bytes} {elapsed}",
        };
        Self::with(output, total, template)
    }

    /// A bar towards a number of steps, or one without an end.
    pub fn steps(output: &Output, total: Option<u64>) -> Self {
        let template = match total {
            Some(_) => "{msg} {wide_bar} {pos}/{len} {eta}",
            None => "{msg} {spinner} {pos} {elapsed}",
        };
        Self::with(output, total, template)
    }

    /// Says what is being done.
    pub fn say(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
    }

    /// Moves the bar on.
    pub fn add(&self, done: u64) {
        self.0.inc(done);
    }

    fn with(output: &Output, total: Option<u64>, template: &str) -> Self {
        let target =
            if output.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        // A template that does not parse is replaced by the default one: the work goes on.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
