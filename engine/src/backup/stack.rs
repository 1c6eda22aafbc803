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
    problem: Option<Problem>,
}

impl<T> Stack<T> {
    pub fn new(tasks: Vec<T>) -> Self {
        let inner = Inner { unfinished: tasks.len(), tasks, problem: None };
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
            let result = each(task);
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.unfinished -= 1;
            if let Err(problem) = result {
                inner.problem.get_or_insert(problem);
            }
            if inner.unfinished == 0 || inner.problem.is_some() {
                self.changed.notify_all();
            }
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
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
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
