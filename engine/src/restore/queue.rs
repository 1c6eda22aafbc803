//! Stretches that wait for a thread.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use super::stretches::{Stretch, Stretches};

/// Stretches that wait at most.
const STRETCHES_MAX: usize = 8;
/// No further one comes while so many pieces wait.
const PIECES_MAX: usize = 2_048;

/// Between the planner and the threads that write.
pub(super) struct Queue<'r> {
    stretches: Stretches,
    state: Mutex<State<'r>>,
    changed: Condvar,
}

#[derive(Default)]
struct State<'r> {
    waiting: VecDeque<Stretch<'r>>,
    /// Pieces that wait.
    pieces: usize,
    /// What threads are at: the large file that each writes to, if it is one.
    at_work: Vec<Option<FileAddress>>,
    is_closed: bool,
}

/// Files are told apart by where their jobs lie in memory.
type FileAddress = usize;

impl<'r> Queue<'r> {
    pub fn new(stretches: Stretches) -> Self {
        Self { stretches, state: Mutex::default(), changed: Condvar::new() }
    }

    pub fn stretches(&self) -> Stretches {
        self.stretches
    }

    fn state(&self) -> MutexGuard<'_, State<'r>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl FnMut(&mut State<'r>) -> bool) -> MutexGuard<'_, State<'r>> {
        self.changed.wait_while(self.state(), condition).unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over a stretch, as soon as there is room for it.
    pub fn add(&self, stretch: Stretch<'r>) {
        let is_full = |state: &mut State| state.waiting.len() >= STRETCHES_MAX || state.pieces >= PIECES_MAX;
        let mut state = self.wait_while(is_full);
        state.pieces += pieces(&stretch);
        state.waiting.push_back(stretch);
        self.changed.notify_all();
    }

    /// The next stretch; `None` when there will be no more. One of a file that nobody writes to is preferred: two threads that write to
    /// the same file would wait for each other.
    pub fn take(&self) -> Option<Taken<'_, 'r>> {
        let mut state = self.wait_while(|state| state.waiting.is_empty() && !state.is_closed);
        let is_free = |stretch: &Stretch| match self.large_file(stretch) {
            None => true,
            file => !state.at_work.contains(&file),
        };
        let index = state.waiting.iter().position(is_free).unwrap_or(0);
        let stretch = state.waiting.remove(index)?;
        let file = self.large_file(&stretch);
        state.pieces -= pieces(&stretch);
        state.at_work.push(file);
        self.changed.notify_all();
        Some(Taken { stretch, file, queue: self })
    }

    /// Waits until everything that was handed over is written.
    pub fn wait(&self) {
        drop(self.wait_while(|state| !state.waiting.is_empty() || !state.at_work.is_empty()));
    }

    fn large_file(&self, stretch: &Stretch) -> Option<FileAddress> {
        let first = &stretch.first()?.first()?.file;
        (self.stretches.are_by_file() && first.has_tree()).then(|| Arc::as_ptr(first).addr())
    }
}

/// A stretch in the hands of a thread, until it is dropped.
pub(super) struct Taken<'q, 'r> {
    pub stretch: Stretch<'r>,
    file: Option<FileAddress>,
    queue: &'q Queue<'r>,
}

impl Drop for Taken<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if let Some(index) = state.at_work.iter().position(|file| *file == self.file) {
            state.at_work.swap_remove(index);
        }
        self.queue.changed.notify_all();
    }
}

/// Ends the queue when the planner is done, however it ends.
pub(super) struct Closing<'q, 'r>(pub &'q Queue<'r>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.changed.notify_all();
    }
}

fn pieces(stretch: &Stretch) -> usize {
    stretch.iter().map(Vec::len).sum()
}
