//! Objects whose bytes are at Dropbox and whose names are not: many get theirs in one call.
//!
//! One committer works at a time, since a namespace takes one commit at a time, and what comes meanwhile waits for the next one. What is
//! queued is committed by a barrier, and before that when it is much or old, so that a writer that is killed loses little.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use dropbox_client::{Class, CommitInfo, Error, FileMetadata, Finish};
use larder_connect::{ObjectName, PackBody, Sent};
use larder_model::{Problem, ProblemKind, Result};

use super::{
    DropboxStorage,
    send::{Uploaded, take_back},
};

/// The most that one call commits, and what it falls to when calls hang.
const BATCHES: [usize; 3] = [1000, 200, 50];
/// What waits for longer is committed.
const AGE_MAX: Duration = Duration::from_secs(300);
/// So many bytes are committed: what a writer loses that is killed. A gibibyte takes six calls.
const BYTES_MAX: u64 = 180 << 20;
/// How often entries are sent again that Dropbox was too busy for.
const ROUNDS_MAX: u32 = 14;

/// An object that waits for its name.
#[derive(Clone, Debug)]
pub struct Waiting {
    name: ObjectName,
    uploaded: Uploaded,
}

impl Waiting {
    pub fn new(name: ObjectName, uploaded: Uploaded) -> Self {
        Self { name, uploaded }
    }
}

#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    /// Held by the one who commits.
    committing: Mutex<()>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    /// When the oldest one came.
    since: Option<Instant>,
    /// How far the size of batches has fallen.
    fallen: usize,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn holds(&self, name: &ObjectName) -> bool {
        self.state().waiting.iter().any(|waiting| waiting.name == *name)
    }

    pub fn add(&self, more: Vec<Waiting>) {
        let mut state = self.state();
        state.since.get_or_insert_with(Instant::now);
        state.waiting.extend(more);
    }

    fn is_due(&self) -> bool {
        let state = self.state();
        let bytes: u64 = state.waiting.iter().map(|waiting| waiting.uploaded.cursor.offset).sum();
        let is_old = state.since.is_some_and(|since| since.elapsed() > AGE_MAX);
        bytes >= BYTES_MAX || state.waiting.len() >= BATCHES[0] || is_old
    }

    /// What to commit next. It stays in the queue until it is done: a barrier after one that failed has to fail as well.
    fn next(&self) -> Vec<Waiting> {
        let state = self.state();
        state.waiting.iter().take(BATCHES[state.fallen]).cloned().collect()
    }

    fn done(&self, name: &ObjectName) {
        let mut state = self.state();
        state.waiting.retain(|waiting| waiting.name != *name);
        if state.waiting.is_empty() {
            state.since = None;
        }
    }

    /// A call was sent and no answer came: smaller ones from now on.
    fn fall(&self) {
        let mut state = self.state();
        state.fallen = (state.fallen + 1).min(BATCHES.len() - 1);
    }
}

/// What became of an object's commit.
enum Fate {
    Named,
    /// Dropbox was busy, or nobody knows: once more.
    Again,
}

impl DropboxStorage {
    /// Sends a pack, and lets its name wait.
    pub(super) fn enqueue(&self, name: &ObjectName, body: PackBody) -> Result<Sent> {
        self.take_room(body.len() as u64)?;
        let (memory, start) = body.into_parts();
        let mut body = Bytes::from(memory);
        body.advance(start);
        let uploaded =
            self.send(&body).map_err(|error| self.problem(&error).context(format_args!("cannot write {name}")))?;
        let hash = super::listing::bytes_of_hex(&uploaded.hash);
        self.queue.add(vec![Waiting::new(name.clone(), uploaded)]);
        if self.queue.is_due() {
            self.commit_all()?;
        }
        Ok(Sent { memory: take_back(body), hash })
    }

    /// Gives all that waits its name.
    pub(super) fn commit_all(&self) -> Result<()> {
        let _one_at_a_time = self.queue.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rounds = 0;
        loop {
            let batch = self.queue.next();
            if batch.is_empty() {
                return Ok(());
            }
            let left = self.commit(&batch)?;
            if left == 0 {
                rounds = 0;
                continue;
            }
            rounds += 1;
            if rounds > ROUNDS_MAX {
                let message = format!("Dropbox did not take {left} objects in {ROUNDS_MAX} tries");
                return Err(Problem::new(ProblemKind::Unreachable, message).hint("run the command again"));
            }
            self.pause_after(rounds)?;
        }
    }

    /// Commits a batch; how many have to be tried again. The first error of an object for good is the result.
    fn commit(&self, batch: &[Waiting]) -> Result<usize> {
        let finishes: Vec<_> = batch.iter().map(|waiting| self.finish_of(waiting)).collect();
        let results = match self.call(|client| client.finish_session_batch(&finishes)) {
            Ok(results) => results,
            Err(error) if error.class() == Class::Unclear => {
                self.queue.fall();
                return self.look_for(batch);
            }
            Err(error) => return Err(self.problem(&error).context("cannot name what was sent")),
        };
        let (mut left, mut problem, seen_by) = (0, None, self.seen_by());
        for (waiting, result) in batch.iter().zip(results) {
            match self.settle(waiting, result, seen_by) {
                Ok(Fate::Named) => self.queue.done(&waiting.name),
                Ok(Fate::Again) => left += 1,
                Err(found) => _ = problem.get_or_insert(found),
            }
        }
        problem.map_or(Ok(left), Err)
    }

    fn finish_of(&self, waiting: &Waiting) -> Finish {
        let commit = CommitInfo { strict_conflict: true, ..CommitInfo::add(self.path(&waiting.name)) };
        Finish { cursor: waiting.uploaded.cursor.clone(), commit }
    }

    /// After a lost answer: one listing tells what was named; the rest is tried again.
    fn look_for(&self, batch: &[Waiting]) -> Result<usize> {
        self.look()?;
        let mut left = 0;
        for waiting in batch {
            let is_there = |found: super::Found| found.hash.as_deref() == Some(&*waiting.uploaded.hash);
            if self.listing.get(&waiting.name).is_some_and(is_there) {
                self.queue.done(&waiting.name);
            } else {
                left += 1;
            }
        }
        Ok(left)
    }

    /// `seen_by` is when all that there was before the commit can be seen.
    fn settle(&self, waiting: &Waiting, result: Result<FileMetadata, Error>, seen_by: Instant) -> Result<Fate> {
        let Waiting { name, uploaded } = waiting;
        let error = match result {
            Ok(made) => return self.note_made(name, &made, &uploaded.hash).map(|()| Fate::Named),
            Err(error) => error,
        };
        match error.class() {
            Class::Retry | Class::Unclear => Ok(Fate::Again),
            // An earlier commit whose answer was lost had come through; or the name is another's.
            Class::Conflict | Class::Session => match self.look_until(name, seen_by)? {
                Some(found) => {
                    let compared = self.compare(name, &found, uploaded.cursor.offset, &uploaded.hash);
                    // It will never get this name: nothing waits any more.
                    compared.map(|_| Fate::Named).inspect_err(|_| self.queue.done(name))
                }
                None if error.class() == Class::Conflict => Ok(Fate::Again),
                None => {
                    self.queue.done(name);
                    let message = format!("{name}: Dropbox has lost what was sent of it");
                    Err(Problem::failed(message).hint("run the command again; what has its name stays"))
                }
            },
            _ => Err(self.problem(&error).context(format_args!("cannot write {name}"))),
        }
    }
}
