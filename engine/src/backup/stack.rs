//! The tasks of a walk: a stack that many threads take from.

use std::sync::{Condvar, Mutex, PoisonError};

use larder_model::{Problem, Result};

/// Last in, first out: depth first, so that few folders are open at a time.
pub(super) struct Stack<T> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
}

struct Inner<T> {
    tasks: Vec<T>,
    /// Tasks on the stack and in hands.
    unfinished: usize,
    /// Threads that wait for a task.
    idle: usize,
    problem: Option<Problem>,
}

impl<T> Stack<T> {
    pub fn new(tasks: Vec<T>) -> Self {
        let inner = Inner { unfinished: tasks.len(), tasks, idle: 0, problem: None };
        Self { inner: Mutex::new(inner), changed: Condvar::new() }
    }

    /// Adds tasks; the last one is taken first.
    pub fn push(&self, tasks: impl IntoIterator<Item = T>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let before = inner.tasks.len();
        inner.tasks.extend(tasks);
        let added = inner.tasks.len() - before;
        inner.unfinished += added;
        drop(inner);
        match added {
            0 => {}
            1 => self.changed.notify_one(),
            _ => self.changed.notify_all(),
        }
    }

    /// Does tasks until none is left anywhere, or one of them, here or elsewhere, has failed.
    pub fn work(&self, mut each: impl FnMut(T) -> Result<()>) {
        while let Some(task) = self.take() {
            let mut in_hand = InHand { stack: self, result: None };
            in_hand.result = Some(each(task));
        }
    }

    fn take(&self) -> Option<T> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if inner.problem.is_some() || inner.unfinished == 0 {
                return None;
            }
            if let Some(task) = inner.tasks.pop() {
                return Some(task);
            }
            inner.idle += 1;
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.idle -= 1;
        }
    }

    /// Threads that have nothing to do, and will not have when all tasks are taken.
    pub fn idle(&self) -> usize {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.idle.saturating_sub(inner.tasks.len())
    }

    /// Ends the work with a problem from outside of it.
    pub fn fail(&self, problem: Problem) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).problem.get_or_insert(problem);
        self.changed.notify_all();
    }

    /// The first problem, after the work has ended.
    pub fn finish(&self) -> Result<()> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).problem.take().map_or(Ok(()), Err)
    }
}

/// What is told where a thread has panicked.
pub(super) fn broken() -> Problem {
    Problem::failed("a thread of the backup has met an error in this program, which stands above")
}

/// A task in the hands of a thread, until it is dropped.
struct InHand<'s, T> {
    stack: &'s Stack<T>,
    /// `None` when the thread panicked.
    result: Option<Result<()>>,
}

impl<T> Drop for InHand<'_, T> {
    fn drop(&mut self) {
        let mut inner = self.stack.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.unfinished -= 1;
        if let Err(problem) = self.result.take().unwrap_or_else(|| Err(broken())) {
            inner.problem.get_or_insert(problem);
        }
        if inner.unfinished == 0 || inner.problem.is_some() {
            self.stack.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let stack = Stack::new(vec![1, 2]);
        thread::scope(|scope| {
            let other = scope.spawn(|| stack.work(|_| panic!("this panic belongs to the test")));
            assert!(other.join().is_err());
        });
        stack.work(|_| panic!("there is nothing left to do"));
        assert!(stack.finish().unwrap_err().to_string().contains("error in this program"));
    }

    #[test]
    fn idle_are_those_who_wait_for_no_task_that_is_there() {
        let stack = Stack::new(vec![()]);
        assert_eq!(stack.idle(), 0);
        thread::scope(|scope| {
            stack.work(|()| {
                // Others wait, since this task may push some.
                for _ in 0..2 {
                    scope.spawn(|| stack.work(|()| Ok(())));
                }
                while stack.idle() < 2 {
                    thread::yield_now();
                }
                Ok(())
            });
        });
        assert_eq!(stack.idle(), 0);
        stack.finish().unwrap();
    }
}
