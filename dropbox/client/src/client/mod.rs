//! The client: what it is made with, and what its clones share.

mod attempt;
mod call;
mod settings;
mod tries;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

pub(crate) use attempt::{Reply, ReplyBody, text as header_text};
use call::Repeat;
pub(crate) use call::{Call, Route, Style};
pub use settings::{Access, Settings};

use crate::budget::CallBudget;
use crate::clock::Clock;
use crate::counts::{Counters, Counts};
use crate::credentials::Tokens;
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::governor::{Bounds, CommitLock, Governor};
use crate::http::{Http, Throttle};
use crate::types::PathRoot;

/// One account of Dropbox. Clones are cheap and share connections, governor, token and counts.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    path_root: PathRoot,
    namespace: Option<String>,
}

struct Shared {
    http: Http,
    endpoint: Endpoint,
    tokens: Tokens,
    governor: Arc<Governor>,
    budget: Option<CallBudget>,
    counters: Counters,
    clock: Arc<dyn Clock>,
    retries: u32,
    upwards: Arc<Throttle>,
    downwards: Throttle,
}

impl Client {
    /// Prepares connections; nothing is sent yet. Make one for each account and clone it: two made apart know nothing of each
    /// other's pace, and Dropbox counts their calls together.
    pub fn new(settings: Settings) -> Result<Self> {
        let clock = settings.clock;
        let bounds = Bounds { pace: settings.pace, threads: settings.threads };
        let keeper = match &settings.access {
            Access::Kept(keeper) => Some(keeper.clone()),
            Access::Token(_) => None,
        };
        let shared = Shared {
            http: Http::new(&settings.endpoint, settings.cancel, clock.clone())?,
            endpoint: settings.endpoint,
            tokens: Tokens::new(settings.access, clock.clone()),
            governor: Governor::new(bounds, clock.clone(), keeper),
            budget: settings.call_budget,
            counters: Counters::new(settings.hook),
            clock,
            retries: settings.retries,
            upwards: Arc::new(Throttle::new(settings.bandwidth_up)),
            downwards: Throttle::new(settings.bandwidth_down),
        };
        Ok(Self { shared: Arc::new(shared), path_root: settings.path_root, namespace: None })
    }

    /// The same account seen from another root.
    pub fn with_path_root(&self, path_root: PathRoot) -> Self {
        Self { path_root, ..self.clone() }
    }

    /// The same account, for commits into this namespace: they wait for each other and for no commits elsewhere. Without
    /// it, all commits below one path root wait for each other.
    pub fn for_namespace(&self, namespace: &str) -> Self {
        Self { namespace: Some(namespace.to_string()), ..self.clone() }
    }

    /// What paths are relative to.
    pub fn path_root(&self) -> &PathRoot {
        &self.path_root
    }

    /// What all clones have done so far.
    pub fn counts(&self) -> Counts {
        self.shared.counters.snapshot()
    }

    /// The time of day as the client's clock has it.
    pub fn time_of_day(&self) -> SystemTime {
        self.shared.clock.time_of_day()
    }

    /// Waits for so long, unless the caller wants to stop: before single entries of a batch are tried again.
    pub fn wait(&self, wait: Duration) -> Result<()> {
        self.sleep(wait)
    }

    pub(crate) fn http(&self) -> &Http {
        &self.shared.http
    }

    pub(crate) fn retries(&self) -> u32 {
        self.shared.retries
    }

    /// Waits until nobody else commits where this client does.
    pub(crate) fn lock_commits(&self) -> Result<CommitLock> {
        self.shared.governor.lock_commits(self.commit_namespace(), &self.shared.http)
    }

    pub(crate) fn sleep(&self, wait: Duration) -> Result<()> {
        self.shared.governor.sleep(wait, &self.shared.http)
    }

    /// Counts bytes that came, and waits if they came faster than allowed.
    pub(crate) fn note_received(&self, bytes: u64) -> Result<()> {
        self.shared.counters.bytes_down.fetch_add(bytes, Ordering::Relaxed);
        let wait = self.shared.downwards.take(bytes);
        if wait.is_zero() { Ok(()) } else { self.sleep(wait) }
    }

    fn commit_namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_else(|| self.path_root.namespace_id())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Client");
        debug.field("endpoint", &self.shared.endpoint).field("path_root", &self.path_root).finish_non_exhaustive()
    }
}
