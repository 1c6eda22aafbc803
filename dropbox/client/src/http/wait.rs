//! Waiting for the network on a thread that can be told to stop.

use std::error::Error as _;
use std::pin::pin;
use std::time::Duration;

use super::{Http, Progress};

/// How often a wait looks whether to go on.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// What is left of any patience once an answer has begun.
const REST_MIN: Duration = Duration::from_secs(5);

/// How long to wait without anything moving.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    limit: Duration,
    progress: Option<Progress>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Dropbox cannot have seen the request.
    NotSent(String),
    /// Dropbox may have seen it.
    NoAnswer(String),
    /// The same, and all the patience that there is was spent on it.
    Silence(String),
    /// The caller wants to stop.
    Interrupted,
}

impl Patience {
    pub fn new(limit: Duration) -> Self {
        Self { limit, progress: None }
    }

    /// Begins anew whenever more of a body has been sent.
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// What is left of it when so much has passed; never less than it takes to read a small answer that is there already.
    pub fn after(mut self, passed: Duration) -> Self {
        self.limit = self.limit.saturating_sub(passed).max(REST_MIN);
        self
    }

    fn sent(&self) -> u64 {
        self.progress.as_ref().map_or(0, Progress::get)
    }
}

impl Lost {
    /// The head of the answer was there, so the request was.
    pub fn while_reading(error: &reqwest::Error) -> Self {
        Self::NoAnswer(chain(error))
    }

    pub fn of_error(error: &reqwest::Error) -> Self {
        let text = chain(error);
        if error.is_connect() || error.is_builder() { Self::NotSent(text) } else { Self::NoAnswer(text) }
    }
}

impl Http {
    /// Waits until the future is ready, the caller wants to stop, or nothing has moved for too long.
    pub fn wait<T>(&self, future: impl Future<Output = T>, patience: Patience) -> Result<T, Lost> {
        let mut future = pin!(future);
        let mut moved = (patience.sent(), self.now());
        loop {
            if self.is_canceled() {
                return Err(Lost::Interrupted);
            }
            let tick = async { tokio::time::timeout(TICK, future.as_mut()).await };
            if let Ok(value) = self.runtime().block_on(tick) {
                return Ok(value);
            }
            let sent = patience.sent();
            if sent != moved.0 {
                moved = (sent, self.now());
            }
            if self.now().saturating_sub(moved.1) > patience.limit {
                return Err(Lost::Silence(format!("nothing came for {} s", patience.limit.as_secs())));
            }
        }
    }
}

/// An error with all its causes, without the address, which may carry what nobody else should see.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    if texts.is_empty() { "the connection failed".to_string() } else { texts.join(": ") }
}
