//! What is underway: content that waits to be sent, and files that wait to be committed.
//!
//! Whoever writes hands in jobs and goes on; some threads send them, and one thread commits, since Dropbox takes one commit at a time. The
//! bytes in memory are bounded: who hands in more has to wait.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use larder_connect::Ticket;
use larder_model::{Problem, Result};

use super::{gather::Small, large::PieceJob, order::Ready};

/// What a file takes beside its content.
const FILE_BYTES: u64 = 2 << 10;

/// Files that wait to be committed: whoever is faster waits.
const READY_MAX: usize = 4_000;

/// So long a file waits for others to be committed with: what is not committed is lost when the program is killed.
const COMMIT_AFTER: Duration = Duration::from_secs(10);

/// How long a thread waits before it looks again.
const TICK: Duration = Duration::from_millis(100);

/// Content to send.
pub enum Job {
    Batch(Vec<Small>),
    Piece(PieceJob),
}

impl Job {
    fn bytes(&self) -> u64 {
        match self {
            Self::Batch(files) => files.iter().map(|file| file.bytes.len() as u64 + FILE_BYTES).sum(),
            Self::Piece(piece) => piece.bytes.len() as u64,
        }
    }
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Of jobs that wait or run.
    bytes: u64,
    running: usize,
    ready: Vec<Ready>,
    /// When the first of them came.
    ready_since: Option<Instant>,
    is_committing: bool,
    /// Nothing more comes: commit what is there.
    is_urgent: bool,
    done: Vec<(Ticket, Result<()>)>,
    stop: Option<Problem>,
    ends: bool,
}

pub struct Work {
    /// Bytes of jobs at most, unless one is larger.
    bytes_max: u64,
    state: Mutex<State>,
    changed: Condvar,
}

impl Work {
    pub fn new(bytes_max: u64) -> Self {
        Self { bytes_max, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner).0
    }

    /// An error when everything has ended.
    pub fn check(&self) -> Result<()> {
        self.state().stop.clone().map_or(Ok(()), Err)
    }

    /// Hands in a job, as soon as there is room for it.
    pub fn submit(&self, job: Job) -> Result<()> {
        let bytes = job.bytes();
        let mut state = self.state();
        while (state.bytes > 0 && state.bytes + bytes > self.bytes_max || state.ready.len() > READY_MAX)
            && state.stop.is_none()
        {
            state = self.wait(state);
        }
        if let Some(problem) = &state.stop {
            return Err(problem.clone());
        }
        state.bytes += bytes;
        state.jobs.push_back(job);
        self.changed.notify_all();
        Ok(())
    }

    /// The next job for a thread that sends; `None` at the end.
    pub fn next_job(&self) -> Option<(Job, u64)> {
        let mut state = self.state();
        loop {
            if state.ends || state.stop.is_some() {
                return None;
            }
            if let Some(job) = state.jobs.pop_front() {
                state.running += 1;
                let bytes = job.bytes();
                return Some((job, bytes));
            }
            state = self.wait(state);
        }
    }

    /// The job is done, and its bytes are not in memory any more.
    pub fn job_done(&self, bytes: u64) {
        let mut state = self.state();
        state.running -= 1;
        state.bytes -= bytes;
        self.changed.notify_all();
    }

    /// The content of a file is at Dropbox.
    pub fn ready(&self, ready: Ready) {
        let mut state = self.state();
        state.ready_since.get_or_insert_with(Instant::now);
        state.ready.push(ready);
        self.changed.notify_all();
    }

    /// The next files to commit, at most so many; `None` at the end.
    pub fn next_commit(&self, most: usize) -> Option<Vec<Ready>> {
        let mut state = self.state();
        loop {
            if state.ends || state.stop.is_some() {
                return None;
            }
            let is_idle = state.jobs.is_empty() && state.running == 0;
            let is_due = state.ready_since.is_some_and(|since| since.elapsed() >= COMMIT_AFTER);
            if state.ready.len() >= most || !state.ready.is_empty() && (is_due || is_idle && state.is_urgent) {
                let rest = state.ready.len().min(most);
                let batch = state.ready.drain(..rest).collect();
                state.ready_since = (!state.ready.is_empty()).then(Instant::now);
                state.is_committing = true;
                return Some(batch);
            }
            state = self.wait(state);
        }
    }

    pub fn commit_done(&self) {
        self.state().is_committing = false;
        self.changed.notify_all();
    }

    /// Waits until nothing is underway.
    pub fn drain(&self) -> Result<()> {
        let mut state = self.state();
        state.is_urgent = true;
        self.changed.notify_all();
        loop {
            if let Some(problem) = &state.stop {
                return Err(problem.clone());
            }
            let is_idle = state.jobs.is_empty() && state.running == 0 && state.ready.is_empty() && !state.is_committing;
            if is_idle {
                state.is_urgent = false;
                return Ok(());
            }
            state = self.wait(state);
        }
    }

    /// An order has come to its end.
    pub fn end(&self, ticket: Ticket, result: Result<()>) {
        self.state().done.push((ticket, result));
    }

    pub fn take_done(&self) -> Vec<(Ticket, Result<()>)> {
        std::mem::take(&mut self.state().done)
    }

    /// Ends everything.
    pub fn stop(&self, problem: Problem) {
        self.state().stop.get_or_insert(problem);
        self.changed.notify_all();
    }

    /// To be held by a thread that works on this: one that panics would be waited for.
    pub fn watch(&self) -> Watch<'_> {
        Watch(self)
    }

    /// Nobody wants anything any more.
    pub fn close(&self) {
        self.state().ends = true;
        self.changed.notify_all();
    }

    /// Waits for so long, or until everything has ended.
    pub fn pause(&self, wait: Duration) {
        let end = Instant::now() + wait;
        let mut state = self.state();
        while Instant::now() < end && !state.ends && state.stop.is_none() {
            state = self.wait(state);
        }
    }
}

/// Ends everything when the thread that holds it panics.
pub struct Watch<'w>(&'w Work);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let message = "a thread that sends files to Dropbox has met an error in this program, which stands above";
            self.0.stop(Problem::failed(message).hint("report it; what is at Dropbox already is not sent again"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let work = Work::new(10);
        work.submit(Job::Batch(Vec::new())).unwrap();
        thread::scope(|scope| {
            let sender = scope.spawn(|| {
                let _watch = work.watch();
                assert!(work.next_job().is_none(), "this panic belongs to the test");
            });
            assert!(work.drain().unwrap_err().to_string().contains("error in this program"));
            assert!(work.submit(Job::Batch(Vec::new())).is_err());
            assert!(sender.join().is_err());
        });
    }
}
