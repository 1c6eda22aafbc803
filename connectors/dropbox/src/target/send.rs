//! Sending batches of small files.

use std::{collections::VecDeque, time::Duration};

use dropbox_client::{Class, Client, Content, Error, SessionKind};
use larder_model::{Problem, ProblemKind};

use super::{gather::Small, inner::Inner, limits::Limits, order::Ready};
use crate::problem::{ends_the_run, is_too_large, problem};

/// How often a file is sent again after its calls have failed for good.
const ROUNDS: u32 = 4;

/// The same for a batch. A call that hangs takes minutes before it fails, and after so many of them files are sent one by one.
const BATCH_ROUNDS: u32 = 1;

impl Inner {
    /// Sends a batch. Each file of it is ready after that, or has come to its end.
    pub fn send_batch(&self, batch: Vec<Small>) {
        self.send_round(batch, 0);
    }

    /// Sends files in batches as large as they may be by now: meanwhile others may have been refused.
    fn send_round(&self, files: Vec<Small>, round: u32) {
        let mut left = VecDeque::from(files);
        while !left.is_empty() && self.work.check().is_ok() {
            let limits = self.limits();
            if limits.is_single || left.iter().any(|small| small.session.is_empty()) {
                left.drain(..).for_each(|small| self.send_single(small, 0));
                return;
            }
            let batch: Vec<Small> = left.drain(..first_batch(&left, &limits)).collect();
            for small in self.try_batch(batch, round).into_iter().rev() {
                left.push_front(small);
            }
        }
    }

    /// Sends one batch; gives back what has to be sent in smaller ones.
    fn try_batch(&self, batch: Vec<Small>, round: u32) -> Vec<Small> {
        let pieces: Vec<_> = batch.iter().map(Small::append).collect();
        let mut content = Content::empty();
        batch.iter().for_each(|small| content.push(small.bytes.clone()));
        match self.call(|client| client.append_session_batch(&pieces, &content)) {
            Ok(results) => {
                self.sent(batch, results, round);
                Vec::new()
            }
            Err(error) => self.batch_refused(batch, &pieces, &content, &error, round),
        }
    }

    fn sent(&self, batch: Vec<Small>, results: Vec<dropbox_client::Result<()>>, round: u32) {
        let mut again = Vec::new();
        for (mut small, result) in batch.into_iter().zip(results) {
            match result {
                Ok(()) => self.become_ready(small),
                Err(error) if ends_the_run(&error) => return self.work.stop(problem(&error)),
                Err(error) if round >= ROUNDS => {
                    self.work.end(small.order.ticket, Err(self.about(&small.order.path, &error)))
                }
                // Whatever became of the session, a fresh one will do.
                Err(_) => match self.fresh_session() {
                    Ok(session) => {
                        small.session = session;
                        again.push(small);
                    }
                    Err(problem) => return self.work.stop(problem),
                },
            }
        }
        if !again.is_empty() {
            self.work.pause(wait(round));
            self.send_round(again, round + 1);
        }
    }

    fn batch_refused(
        &self,
        batch: Vec<Small>,
        pieces: &[dropbox_client::Append],
        content: &Content,
        error: &Error,
        round: u32,
    ) -> Vec<Small> {
        if is_too_large(error) && batch.len() > 1 {
            self.halve(batch.len(), Client::append_batch_header_bytes(pieces), content.length());
            return batch;
        }
        if is_too_large(error) || is_withdrawn(error) {
            self.forget_batches();
            return batch;
        }
        let may_pass = matches!(error.class(), Class::Retry | Class::Unreachable | Class::Unclear);
        if ends_the_run(error) || !may_pass && round >= ROUNDS {
            self.work.stop(problem(error));
            return Vec::new();
        }
        if may_pass && round >= BATCH_ROUNDS {
            // If Dropbox is gone altogether, the first file that is sent alone tells.
            self.leave_batches();
            return batch;
        }
        self.work.pause(wait(round));
        // A batch that Dropbox does not get done may be too much for it.
        self.halve_for_now(batch.len(), Client::append_batch_header_bytes(pieces), content.length());
        self.send_round(batch, round + 1);
        Vec::new()
    }

    /// A session for a small file; empty where files are sent one by one by now.
    pub fn fresh_session(&self) -> larder_model::Result<String> {
        if self.limits().is_single {
            return Ok(String::new());
        }
        let started = self.gather().session(|kind, count| self.call(|client| client.start_session_batch(kind, count)));
        self.session_or_single(started)
    }

    /// Where sessions are not started many at a time, files are sent one by one.
    pub fn session_or_single(&self, started: Result<String, Error>) -> larder_model::Result<String> {
        match started {
            Err(error) if is_too_large(&error) || is_withdrawn(&error) => {
                self.forget_batches();
                Ok(String::new())
            }
            Err(error) if matches!(error.class(), Class::Retry | Class::Unreachable) => {
                self.leave_batches();
                Ok(String::new())
            }
            started => started.map_err(|error| problem(&error)),
        }
    }

    fn become_ready(&self, small: Small) {
        let spare = self.spares.keep(small.bytes);
        self.work.ready(Ready { session: small.session, order: small.order, kept: None, spare });
    }

    /// Sends files whose sessions are gone once more.
    pub fn send_anew(&self, files: Vec<Small>) {
        let mut fresh = Vec::with_capacity(files.len());
        for small in files {
            match self.fresh_session() {
                Ok(session) => fresh.push(Small { session, ..small }),
                Err(problem) => return self.work.stop(problem),
            }
        }
        self.send_round(fresh, 0);
    }

    /// One session for one file, with its data.
    fn send_single(&self, small: Small, round: u32) {
        if self.work.check().is_err() {
            return;
        }
        let content = Content::from(small.bytes.clone());
        match self.call(|client| client.start_session(SessionKind::Sequential, &content, true)) {
            Ok(session) => self.become_ready(Small { session, ..small }),
            Err(error) if ends_the_run(&error) => self.work.stop(problem(&error)),
            Err(error) if matches!(error.class(), Class::Retry | Class::Unreachable | Class::Unclear) => {
                if round >= ROUNDS {
                    return self.work.stop(problem(&error));
                }
                self.work.pause(wait(round));
                self.send_single(small, round + 1);
            }
            Err(error) => self.work.end(small.order.ticket, Err(self.about(&small.order.path, &error))),
        }
    }
}

/// How many of these files go into one batch.
fn first_batch(files: &VecDeque<Small>, limits: &Limits) -> usize {
    let mut bytes = 0;
    let fits = |small: &&Small| {
        bytes += small.bytes.len() as u64;
        bytes <= limits.bytes
    };
    files.iter().take(limits.entries).take_while(fits).count().max(1)
}

/// Longer with each round.
pub fn wait(round: u32) -> Duration {
    Duration::from_millis(500 << round.min(5))
}

/// There is no such call, or not for this app.
fn is_withdrawn(error: &Error) -> bool {
    matches!(error.status(), Some(404 | 405 | 410 | 501)) || error.has_tag("route_access_denied")
}

impl Inner {
    /// An error that is about one item, with its path.
    pub fn about(&self, path: &str, error: &Error) -> Problem {
        let problem = problem(error);
        let is_named = error.item().is_some_and(|item| item == path);
        let problem = if is_named { problem } else { problem.context(larder_model::escape(path.as_bytes())) };
        match error.class() {
            Class::Session => Problem::new(ProblemKind::Failed, problem.message()).hint("run the restore again"),
            _ => problem,
        }
    }
}
