//! Sending batches of small files.

use std::time::Duration;

use dropbox_client::{Class, Client, Content, Error, SessionKind};
use larder_model::{Problem, ProblemKind};

use super::{gather::Small, inner::Inner, order::Ready};
use crate::problem::{ends_the_run, problem};

/// How often a batch, or a file of it, is sent again after its calls have failed for good.
const ROUNDS: u32 = 4;

impl Inner {
    /// Sends a batch. Each file of it is ready after that, or has come to its end.
    pub fn send_batch(&self, batch: Vec<Small>) {
        self.send_round(batch, 0);
    }

    fn send_round(&self, batch: Vec<Small>, round: u32) {
        if batch.is_empty() || self.work.check().is_err() {
            return;
        }
        if self.limits().is_single || batch.iter().any(|small| small.session.is_empty()) {
            batch.into_iter().for_each(|small| self.send_single(small, 0));
            return;
        }
        let pieces: Vec<_> = batch.iter().map(Small::append).collect();
        let mut content = Content::empty();
        batch.iter().for_each(|small| content.push(small.bytes.clone()));
        match self.client().append_session_batch(&pieces, &content) {
            Ok(results) => self.sent(batch, results, round),
            Err(error) => self.batch_refused(batch, &pieces, &content, &error, round),
        }
    }

    fn sent(&self, batch: Vec<Small>, results: Vec<dropbox_client::Result<()>>, round: u32) {
        let mut again = Vec::new();
        for (mut small, result) in batch.into_iter().zip(results) {
            match result {
                Ok(()) => self.work.ready(Ready { session: small.session, order: small.order, kept: None }),
                Err(error) if ends_the_run(&error) => return self.work.stop(problem(&error)),
                Err(error) if round >= ROUNDS => {
                    self.work.end(small.order.ticket, Err(self.about(&small.order.path, &error)))
                }
                // Whatever became of the session, a fresh one will do.
                Err(_) => match self.gather().session(&self.client()) {
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
    ) {
        if is_too_large(error) && batch.len() > 1 {
            let header_bytes = Client::append_batch_header_bytes(pieces);
            self.halve(batch.len(), header_bytes, content.length());
            return self.send_halves(batch, round);
        }
        if is_too_large(error) || is_withdrawn(error) {
            if is_withdrawn(error) {
                self.forget_batches();
            }
            return batch.into_iter().for_each(|small| self.send_single(small, 0));
        }
        if ends_the_run(error) || round >= ROUNDS {
            return self.work.stop(problem(error));
        }
        self.work.pause(wait(round));
        // A batch that Dropbox does not get done may be too much for it.
        self.send_halves(batch, round + 1);
    }

    fn send_halves(&self, mut batch: Vec<Small>, round: u32) {
        let rest = batch.split_off(batch.len() / 2);
        self.send_round(batch, round);
        self.send_round(rest, round);
    }

    /// One session for one file, with its data.
    fn send_single(&self, small: Small, round: u32) {
        if self.work.check().is_err() {
            return;
        }
        let content = Content::from(small.bytes.clone());
        match self.client().start_session(SessionKind::Sequential, &content, true) {
            Ok(session) => self.work.ready(Ready { session, order: small.order, kept: None }),
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

/// Longer with each round.
pub fn wait(round: u32) -> Duration {
    Duration::from_millis(500 << round.min(5))
}

/// Too many entries, too long a header, too large a body: proxies say it in several ways.
fn is_too_large(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 413 | 414 | 431)) || error.has_tag("payload_too_large")
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
