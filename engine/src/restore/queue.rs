//! What waits for a thread that writes.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::stretches::Stretch;

/// Stretches that wait at most.
const STRETCHES_MAX: usize = 8;
/// No further one comes while so many pieces wait.
const PIECES_MAX: usize = 2_048;

/// Files are told apart by where their jobs lie in memory.
pub(super) type FileAddress = usize;

/// What the queue has to know of a stretch.
pub(super) trait Waits {
    fn pieces(&self) -> usize;

    /// The large file that it begins with, if it is one.
    fn large_file(&self) -> Option<FileAddress>;
}

impl Waits for Stretch<'_> {
    fn pieces(&self) -> usize {
        self.iter().map(Vec::len).sum()
    }

    fn large_file(&self) -> Option<FileAddress> {
        let first = &self.first()?.first()?.file;
        first.has_tree().then(|| Arc::as_ptr(first).addr())
    }
}

/// Between the planner and the threads that write.
pub(super) struct Queue<S> {
    /// Whether two threads had better be at different files.
    by_file: bool,
    state: Mutex<State<S>>,
    changed: Condvar,
}

struct State<S> {
    waiting: VecDeque<S>,
    /// Pieces that wait.
    pieces: usize,
    /// What threads are at: the large file that each writes to, if it is one.
    at_work: Vec<Option<FileAddress>>,
    is_closed: bool,
    /// A thread has panicked: nobody waits for it, and the panic goes on in who waits for the threads.
    is_given_up: bool,
}

impl<S: Waits> Queue<S> {
    pub fn new(by_file: bool) -> Self {
        let state =
            State { waiting: VecDeque::new(), pieces: 0, at_work: Vec::new(), is_closed: false, is_given_up: false };
        Self { by_file, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Hands over a stretch, as soon as there is room for it.
    pub fn add(&self, stretch: S) {
        let is_full = |state: &mut State<S>| state.waiting.len() >= STRETCHES_MAX || state.pieces >= PIECES_MAX;
        let mut state = self.wait_while(|state| !state.is_given_up && is_full(state));
        if state.is_given_up {
            return;
        }
        state.pieces += stretch.pieces();
        state.waiting.push_back(stretch);
        self.changed.notify_all();
    }

    /// The next stretch; `None` when there will be no more. One of a file that nobody writes to is preferred: two threads that write to
    /// the same file would wait for each other.
    pub fn take(&self) -> Option<Taken<'_, S>> {
        let mut state = self.wait_while(|state| state.waiting.is_empty() && !state.is_closed);
        let is_free =
            |stretch: &S| !self.by_file || stretch.large_file().is_none_or(|it| !state.at_work.contains(&Some(it)));
        let index = state.waiting.iter().position(is_free).unwrap_or(0);
        let stretch = state.waiting.remove(index)?;
        let file = stretch.large_file();
        state.pieces -= stretch.pieces();
        state.at_work.push(file);
        self.changed.notify_all();
        Some(Taken { stretch: Some(stretch), file, queue: self })
    }

    /// Waits until everything that was handed over is written.
    pub fn wait(&self) {
        let is_written = |state: &State<S>| state.waiting.is_empty() && state.at_work.is_empty();
        drop(self.wait_while(|state| !state.is_given_up && !is_written(state)));
    }

    fn wait_while(&self, condition: impl FnMut(&mut State<S>) -> bool) -> MutexGuard<'_, State<S>> {
        self.changed.wait_while(self.state(), condition).unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Queue<S> {
    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stretch in the hands of a thread, until it is dropped.
pub(super) struct Taken<'q, S> {
    pub stretch: Option<S>,
    file: Option<FileAddress>,
    queue: &'q Queue<S>,
}

impl<S> Drop for Taken<'_, S> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if let Some(index) = state.at_work.iter().position(|file| *file == self.file) {
            state.at_work.swap_remove(index);
        }
        if thread::panicking() {
            state.is_given_up = true;
        }
        self.queue.changed.notify_all();
    }
}

/// Ends the queue when the planner is done, however it ends.
pub(super) struct Closing<'q, S>(pub &'q Queue<S>);

impl<S> Drop for Closing<'_, S> {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a large file, or of none.
    struct Item(Option<FileAddress>);

    impl Waits for Item {
        fn pieces(&self) -> usize {
            1
        }

        fn large_file(&self) -> Option<FileAddress> {
            self.0
        }
    }

    fn queue(by_file: bool) -> Queue<Item> {
        let queue = Queue::new(by_file);
        [Some(1), Some(1), Some(2), None, Some(1)].into_iter().for_each(|file| queue.add(Item(file)));
        queue
    }

    fn take<'q>(queue: &'q Queue<Item>) -> Taken<'q, Item> {
        queue.take().unwrap()
    }

    #[test]
    fn threads_write_to_different_files_while_there_are_some() {
        let queue = queue(true);
        let taken = [(); 4].map(|()| take(&queue));
        assert_eq!(taken.each_ref().map(|taken| taken.file), [Some(1), Some(2), None, Some(1)]);
        drop(taken);
        assert_eq!(take(&queue).file, Some(1));
        queue.wait();
    }

    #[test]
    fn where_order_counts_more_it_is_kept() {
        let queue = queue(false);
        let taken = [(); 5].map(|()| take(&queue));
        assert_eq!(taken.map(|taken| taken.file), [Some(1), Some(1), Some(2), None, Some(1)]);
    }

    #[test]
    fn one_that_is_closed_ends_when_it_is_empty() {
        let queue = queue(true);
        drop(Closing(&queue));
        for _ in 0..5 {
            assert!(take(&queue).stretch.is_some());
        }
        assert!(queue.take().is_none());
    }

    #[test]
    fn who_adds_waits_for_room_and_who_waits_for_all_to_be_written() {
        let queue = Queue::new(true);
        thread::scope(|scope| {
            let writer = scope.spawn(|| std::iter::from_fn(|| queue.take().map(drop)).count());
            let closing = Closing(&queue);
            (0..100).for_each(|number| queue.add(Item(Some(number))));
            queue.wait();
            let state = queue.state();
            assert!(state.waiting.is_empty() && state.at_work.is_empty());
            drop(state);
            drop(closing);
            assert_eq!(writer.join().unwrap(), 100);
        });
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let queue = Queue::new(true);
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let _taken = take(&queue);
                panic!("this panic belongs to the test");
            });
            (0..100).for_each(|number| queue.add(Item(Some(number))));
            queue.wait();
            assert!(writer.join().is_err());
        });
    }
}
