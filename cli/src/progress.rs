//! How far a flow has come: a bar on a terminal, a line now and then elsewhere, events with `--json`.
//!
//! Workers only add to counters; one thread looks at them and shows what it sees, so that watching costs the flow nothing.

mod counters;
mod items;
mod look;
mod skips;

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use larder_engine::{Amount, Fate, Monitor};
use larder_model::{Class, Skip, TreePath};
use serde_json::json;

use crate::output::{Output, Talk};
use counters::Counters;
pub use items::LeftOut;
use look::Look;
use skips::Skips;
pub use skips::{ShownSkips, event as skip_event};

/// Finds out what a flow will amount to, until that is known or nobody wants to know any more.
pub type Ahead = Box<dyn FnOnce(&dyn Fn() -> bool) -> Option<Amount> + Send>;

/// The phase of a backup that reads files.
const READING: &str = "backup";

/// Watches one flow. Dropping it clears the bar.
pub struct Progress {
    output: Arc<Output>,
    counters: Arc<Counters>,
    look: Arc<Look>,
    skips: Skips,
    end: Arc<(Mutex<bool>, Condvar)>,
    viewer: Option<JoinHandle<()>>,
    met_damage: AtomicBool,
    is_rehearsal: bool,
    ahead: Mutex<Option<Ahead>>,
    /// Nobody looks any more.
    is_over: Arc<AtomicBool>,
}

impl Progress {
    pub fn new(output: Arc<Output>, skips: ShownSkips) -> Self {
        let look = Arc::new(Look::new(output.clone()));
        let counters = Arc::new(Counters::default());
        let end = Arc::new((Mutex::new(false), Condvar::new()));
        let viewer = look.is_shown().then(|| {
            let (look, counters, end) = (look.clone(), counters.clone(), end.clone());
            thread::spawn(move || view(&look, &counters, &end))
        });
        Self {
            output,
            counters,
            look,
            skips: Skips::new(skips),
            end,
            viewer,
            met_damage: AtomicBool::new(false),
            is_rehearsal: false,
            ahead: Mutex::default(),
            is_over: Arc::default(),
        }
    }

    /// Where a bar is shown and no earlier backup tells how much there is, `ahead` is run beside the flow, so that the bar has an end.
    pub fn counting_ahead(mut self, ahead: Option<Ahead>) -> Self {
        self.ahead = Mutex::new(ahead);
        self
    }

    /// The thread is not waited for: it holds nothing that anybody needs, and ends with its next look.
    fn count_ahead(&self, phase: &str) {
        let Some(ahead) = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let (counters, is_over, phase) = (self.counters.clone(), self.is_over.clone(), phase.to_owned());
        thread::spawn(move || {
            if let Some(total) = ahead(&|| !is_over.load(Relaxed)) {
                counters.learn_total(&phase, total);
            }
        });
    }

    /// With `dry_run`, items are told of as what would become of them.
    pub fn rehearsal(mut self, dry_run: bool) -> Self {
        self.is_rehearsal = dry_run;
        self
    }

    pub fn left_out(&self) -> LeftOut {
        LeftOut::new(self.output.clone(), self.look.clone())
    }

    /// Whether something is missing because what is stored is damaged.
    pub fn has_met_damage(&self) -> bool {
        self.met_damage.load(Relaxed)
    }
}

/// Shows the counters until the flow has ended.
fn view(look: &Look, counters: &Counters, end: &(Mutex<bool>, Condvar)) {
    let mut ended = end.0.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let waited = end.1.wait_timeout_while(ended, look.pause(), |ended| !*ended);
        ended = waited.unwrap_or_else(PoisonError::into_inner).0;
        if *ended {
            return;
        }
        look.show(&counters.look());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
        *self.end.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.end.1.notify_all();
        if let Some(viewer) = self.viewer.take() {
            // It only shows; that it panicked is no reason to fail.
            drop(viewer.join());
        }
        self.look.clear();
        let hidden = self.skips.hidden();
        if hidden > 0 {
            self.output.remark(format_args!("larder: and {hidden} more"));
        }
    }
}

impl Monitor for Progress {
    fn phase(&self, name: &str, total: Option<Amount>) {
        self.counters.start_phase(name, total);
        if name == READING && total.is_none() && self.look.is_bar() {
            self.count_ahead(name);
        }
        if self.output.talk() == Talk::Verbose {
            self.look.say(&format!("larder: {name}"));
        }
    }

    fn advance(&self, amount: Amount) {
        self.counters.advance(amount);
    }

    fn item(&self, path: &dyn Fn() -> TreePath) {
        self.counters.item(path);
    }

    fn done(&self, fate: Fate, path: &dyn Fn() -> TreePath) {
        if self.output.talk() != Talk::Verbose {
            return;
        }
        if self.output.is_json() {
            // A reader who went away must not stop a backup.
            drop(self.output.json(&items::event(fate, &path())));
        } else {
            self.look.say(&items::line(fate, &path(), self.is_rehearsal));
        }
    }

    fn skip(&self, skip: &Skip) {
        self.met_damage.fetch_or(skip.class == Class::Missing && skip.reason == "damaged", Relaxed);
        if self.output.is_json() {
            // A reader who went away must not stop a backup.
            drop(self.output.json(&skip_event(skip)));
        }
        if self.skips.is_shown(skip, self.output.talk()) {
            self.look.say(&skips::line(skip));
        }
    }

    fn warn(&self, message: &str) {
        if self.output.is_json() {
            drop(self.output.json(&json!({"event": "warning", "message": message})));
        }
        self.look.suspended(|| self.output.warn(message));
    }
}
