//! Small files, gathered to batches: one call for many of them instead of three for each.

use bytes::Bytes;
use dropbox_client::{Append, Client, Error, SessionCursor, SessionKind};

use super::{limits::Limits, order::Order};

/// Files of up to so many bytes are sent whole.
pub const SMALL_BYTES_MAX: u64 = 8 << 20;

/// Sessions of one `start_batch` at most.
const SESSIONS_MAX: u64 = 1000;

/// Sessions to start where nobody knows how many files come.
const SESSIONS_GUESSED: u64 = 100;

/// A whole small file.
#[derive(Debug)]
pub struct Small {
    pub order: Order,
    pub bytes: Bytes,
    /// Empty where sessions are started one by one.
    pub session: String,
}

impl Small {
    /// Its place in a batch, which closes its session.
    pub fn append(&self) -> Append {
        let cursor = SessionCursor { session_id: self.session.clone(), offset: 0 };
        Append { cursor, length: self.bytes.len() as u64, close: true }
    }
}

/// The batch that is being gathered, and sessions for what comes.
#[derive(Default)]
pub struct Gather {
    batch: Vec<Small>,
    bytes: u64,
    header_bytes: usize,
    sessions: Vec<String>,
    /// Sessions that were started so far.
    started: u64,
    /// Files that are still to come, as far as that is known.
    pub expected: u64,
}

impl Gather {
    /// Adds a file, and gives the batch before it, or with it, if that is full.
    pub fn add(&mut self, limits: &Limits, small: Small) -> Option<Vec<Small>> {
        let around = Client::append_batch_header_bytes(&[]);
        // And a comma.
        let header_bytes = Client::append_batch_header_bytes(&[small.append()]) - around + 1;
        let bytes = small.bytes.len() as u64;
        let is_full = self.batch.len() >= limits.entries
            || self.bytes + bytes > limits.bytes
            || around + self.header_bytes + header_bytes > limits.header_bytes;
        let full = if is_full && !self.batch.is_empty() { Some(self.take()) } else { None };
        self.bytes += bytes;
        self.header_bytes += header_bytes;
        self.batch.push(small);
        full
    }

    pub fn take(&mut self) -> Vec<Small> {
        (self.bytes, self.header_bytes) = (0, 0);
        std::mem::take(&mut self.batch)
    }

    /// A fresh session; many are started at once, and more with each call where nobody knows how many files come.
    pub fn session(&mut self, start: impl Fn(SessionKind, u64) -> Result<Vec<String>, Error>) -> Result<String, Error> {
        if self.sessions.is_empty() {
            let guessed = self.started.clamp(SESSIONS_GUESSED, SESSIONS_MAX);
            let count = if self.expected == 0 { guessed } else { self.expected.min(SESSIONS_MAX) };
            self.sessions = start(SessionKind::Sequential, count)?;
            self.sessions.reverse();
            self.started += count;
        }
        self.expected = self.expected.saturating_sub(1);
        // A batch of none is none: the file gets a session of its own.
        Ok(self.sessions.pop().unwrap_or_default())
    }
}
