//! What files are read into: a buffer for each thread of a walk. One that helps to store what another has read leaves it its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::run::Run;

pub(in crate::backup) struct Buffers {
    len: usize,
    threads: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// They are kept, since new memory costs more than old.
    free: Vec<Vec<u8>>,
    taken: usize,
}

impl Buffers {
    pub fn new(run: &Run) -> Self {
        Self { len: run.read_len, threads: run.threads, state: Mutex::default() }
    }

    /// For a thread that begins to read: it need not wait for one that another was lent.
    pub fn take(&self) -> Vec<u8> {
        let mut state = self.state();
        state.taken += 1;
        let free = state.free.pop();
        drop(state);
        free.unwrap_or_else(|| vec![0; self.len])
    }

    /// A second one, while threads that do not read have left theirs.
    pub fn borrow(&self) -> Option<Vec<u8>> {
        let is_left = self.state().taken < self.threads;
        is_left.then(|| self.take())
    }

    pub fn give_back(&self, buffer: Vec<u8>) {
        let mut state = self.state();
        state.taken -= 1;
        if state.taken + state.free.len() < self.threads {
            state.free.push(buffer);
        }
    }

    /// Nobody will read for a while.
    pub fn release(&self) {
        self.state().free = Vec::new();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_than_threads_but_while_one_is_lent() {
        let buffers = Buffers { len: 1, threads: 2, state: Mutex::default() };
        let first = buffers.take();
        let lent = buffers.borrow().unwrap();
        assert!(buffers.borrow().is_none(), "nobody has left a third");
        let second = buffers.take();
        [first, lent, second].into_iter().for_each(|buffer| buffers.give_back(buffer));
        let count = |state: MutexGuard<State>| (state.taken, state.free.len());
        assert_eq!(count(buffers.state()), (0, 2));
        buffers.release();
        assert_eq!(count(buffers.state()), (0, 0));
    }
}
