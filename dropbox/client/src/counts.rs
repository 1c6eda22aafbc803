//! What was called and moved, and a hook that is told of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What all clones of a client have done so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests by route, those that were sent again counted again.
    pub calls: BTreeMap<&'static str, u64>,
    /// Answers that said to slow down.
    pub rate_limits: u64,
    /// Requests that were sent again for any other reason.
    pub retries: u64,
    /// Bytes of content sent.
    pub bytes_up: u64,
    /// Bytes of content received.
    pub bytes_down: u64,
}

impl Counts {
    /// Requests of all routes.
    pub fn calls_in_all(&self) -> u64 {
        self.calls.values().sum()
    }
}

/// Something that happened, without secrets, paths or content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The route.
    pub route: &'static str,
    /// What happened.
    pub kind: EventKind,
}

/// What happened to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// An answer came.
    Answered {
        /// HTTP.
        status: u16,
        /// From sending to the first byte of the answer.
        after: Duration,
        /// Dropbox's.
        request_id: Option<String>,
    },
    /// No answer came.
    Lost,
    /// All calls of the token wait.
    Paused {
        /// For so long, jitter included.
        wait: Duration,
    },
    /// The call will be sent again.
    Retried {
        /// After so long.
        wait: Duration,
    },
    /// The access token was renewed.
    Renewed,
}

/// Is told of events, by whichever thread they happen to.
pub type Hook = Arc<dyn Fn(&Event) + Send + Sync>;

/// The living counters behind [`Counts`].
#[derive(Default)]
pub(crate) struct Counters {
    calls: Mutex<BTreeMap<&'static str, u64>>,
    rate_limits: AtomicU64,
    retries: AtomicU64,
    pub bytes_up: Arc<AtomicU64>,
    pub bytes_down: AtomicU64,
    hook: Option<Hook>,
}

impl Counters {
    pub fn new(hook: Option<Hook>) -> Self {
        Self { hook, ..Self::default() }
    }

    pub fn called(&self, route: &'static str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(route).or_default() += 1;
    }

    pub fn happened(&self, route: &'static str, kind: EventKind) {
        match kind {
            EventKind::Paused { .. } => _ = self.rate_limits.fetch_add(1, Ordering::Relaxed),
            EventKind::Retried { .. } => _ = self.retries.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
        if let Some(hook) = &self.hook {
            hook(&Event { route, kind });
        }
    }

    pub fn snapshot(&self) -> Counts {
        Counts {
            calls: self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            rate_limits: self.rate_limits.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            bytes_up: self.bytes_up.load(Ordering::Relaxed),
            bytes_down: self.bytes_down.load(Ordering::Relaxed),
        }
    }
}
