//! What the engine is told by the program around it: clock, names, bounds, and when to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use larder_model::{Problem, ProblemKind, Result, Skip, Time, TreePath};

use crate::OwnRuns;

/// Set once for an open store.
#[derive(Clone)]
pub struct Settings {
    /// Worker threads of a flow.
    pub threads: usize,
    /// Bytes that a flow keeps in flight; caches take about half as much again.
    pub memory: u64,
    pub clock: Clock,
    /// This machine's name, as it stands in records.
    pub host: String,
    /// The process id, as it stands in start records.
    pub process: u32,
    /// Program and version, as they stand in snapshots.
    pub program: String,
    pub interrupt: Interrupt,
    /// What this machine knows of its own runs; without it killed ones count as running for 30 days.
    pub own_runs: Option<Arc<dyn OwnRuns>>,
}

impl Settings {
    /// Bytes in flight unless told otherwise.
    pub const MEMORY_DEFAULT: u64 = 96 << 20;

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    #[cfg(test)]
    pub(crate) fn of(threads: usize, memory: u64) -> Self {
        Self {
            threads,
            memory,
            clock: Clock::system(),
            host: String::new(),
            process: 1,
            program: String::new(),
            interrupt: Interrupt::default(),
            own_runs: None,
        }
    }
}

/// Where the engine gets the time from, and waits: the system's clock, or one that a test turns.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Time + Send + Sync>,
    sleep: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl Clock {
    pub fn new(
        now: impl Fn() -> Time + Send + Sync + 'static,
        sleep: impl Fn(Duration) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), sleep: Arc::new(sleep) }
    }

    pub fn system() -> Self {
        Self::new(Time::now, std::thread::sleep)
    }

    pub fn now(&self) -> Time {
        (self.now)()
    }

    /// Waits this long, as the clock counts it.
    pub fn sleep(&self, time: Duration) {
        (self.sleep)(time);
    }
}

/// Asks a flow to end: at the next blob, not in the middle of one.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<Asked>);

#[derive(Debug, Default)]
struct Asked {
    to_end: AtomicBool,
    is_clearing: AtomicBool,
}

impl Interrupt {
    pub fn set(&self) {
        self.0.to_end.store(true, Relaxed);
    }

    pub fn is_set(&self) -> bool {
        self.0.to_end.load(Relaxed)
    }

    /// The flow has ended and clears away what it would leave behind: whoever ends calls for the interrupt's sake lets these go on. Who
    /// is asked to end does not have to wait for them.
    pub(crate) fn begin_clearing(&self) {
        self.0.is_clearing.store(true, Relaxed);
    }

    /// True when calls over a network should end.
    pub fn ends_calls(&self) -> bool {
        self.is_set() && !self.0.is_clearing.load(Relaxed)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_set() {
            Err(Problem::new(ProblemKind::Interrupted, "interrupted")
                .hint("run the same command again; it goes on from here"))
        } else {
            Ok(())
        }
    }
}

/// Watches a flow. All calls may come from any thread.
pub trait Monitor: Send + Sync {
    /// A part of the flow begins. `total` is what it will amount to where that is known.
    fn phase(&self, name: &str, total: Option<Amount>) {
        let _ = (name, total);
    }

    /// This much more is done.
    fn advance(&self, amount: Amount) {
        let _ = amount;
    }

    /// This is being worked on. The path is made only if somebody looks.
    fn item(&self, path: &dyn Fn() -> TreePath) {
        let _ = path;
    }

    /// An item is done with. The path is made only if somebody wants to know.
    fn done(&self, fate: Fate, path: &dyn Fn() -> TreePath) {
        let _ = (fate, path);
    }

    /// A row of the ledger, as it happens.
    fn skip(&self, skip: &Skip) {
        let _ = skip;
    }

    /// Something that people should know and that stops nothing.
    fn warn(&self, message: &str) {
        let _ = message;
    }
}

/// What became of an item. What is missing, or left out by the source itself, is told by [`Monitor::skip`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Backup: the parent does not have it.
    New,
    /// Backup: it was read again, or its metadata is another.
    Changed,
    /// Backup: it is as in the parent. Restore: it stands there already.
    Unchanged,
    /// Restore: it was written.
    Restored,
    /// Restore: something else is in its way and stays.
    LeftAlone,
    /// Restore: the snapshot does not have it.
    Removed,
}

/// Files and bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amount {
    pub files: u64,
    pub bytes: u64,
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Monitor for Unwatched {}
