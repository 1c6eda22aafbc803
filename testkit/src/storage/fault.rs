//! Faults by script: the n-th call of a kind fails, passes late, loses its answer, or finds the disk full.

use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

use larder_connect::{Durability, ObjectInfo, ObjectName, Promises, Put, Storage};
use larder_model::{Problem, ProblemKind, Result, Retry};

/// The calls that rules tell apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    Put,
    Get,
    List,
    Delete,
    Barrier,
}

/// What a rule does to the calls that it is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// An error of this kind, for good.
    Fail(ProblemKind),
    /// An error that advises to try again soon.
    Passing,
    /// The call has its effect, and the answer is a passing error.
    AnswerLost,
}

/// Calls of one operation on one folder.
#[derive(Clone, Debug)]
pub struct Rule {
    pub operation: Operation,
    /// Any folder when empty.
    pub folder: &'static str,
    /// The first call that it is for, counted from 0, and how many follow.
    pub calls: Range<u64>,
    pub fault: Fault,
}

/// A storage that fails by script.
pub struct FaultyStorage<S> {
    inner: S,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Rules with the number of calls that they have met.
    rules: Vec<(Rule, u64)>,
    space_left: Option<u64>,
}

impl<S: Storage> FaultyStorage<S> {
    pub fn new(inner: S, rules: impl IntoIterator<Item = Rule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule, 0)).collect();
        Self { inner, state: Mutex::new(State { rules, space_left: None }) }
    }

    /// Puts beyond this many bytes find no space.
    pub fn with_space(self, bytes: u64) -> Self {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).space_left = Some(bytes);
        self
    }

    fn call<T>(&self, operation: Operation, folder: &str, call: impl FnOnce() -> Result<T>) -> Result<T> {
        match self.fault(operation, folder) {
            None => call(),
            Some(Fault::Fail(kind)) => Err(Problem::new(kind, format!("{operation:?} of {folder} fails by script"))),
            Some(Fault::Passing) => Err(passing()),
            Some(Fault::AnswerLost) => call().and_then(|_| Err(passing())),
        }
    }

    fn fault(&self, operation: Operation, folder: &str) -> Option<Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fault = None;
        for (rule, met) in &mut state.rules {
            if rule.operation == operation && (rule.folder.is_empty() || rule.folder == folder) {
                if rule.calls.contains(met) {
                    fault.get_or_insert(rule.fault);
                }
                *met += 1;
            }
        }
        fault
    }

    fn take_space(&self, len: u64) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = &mut state.space_left else { return Ok(()) };
        match left.checked_sub(len) {
            Some(rest) => {
                *left = rest;
                Ok(())
            }
            None => Err(Problem::new(ProblemKind::NoSpace, "the disk is full")),
        }
    }
}

fn passing() -> Problem {
    Problem::new(ProblemKind::Unreachable, "the line is down").retry(Retry::Soon)
}

impl<S: Storage> Storage for FaultyStorage<S> {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn promises(&self) -> Promises {
        self.inner.promises()
    }

    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.inner.prepare(folders)
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.take_space(parts.iter().map(|part| part.len() as u64).sum())?;
        self.call(Operation::Put, name.folder(), || self.inner.put(name, parts, durability))
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.call(Operation::Get, name.folder(), || self.inner.get(name, range))
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.call(Operation::List, folder, || self.inner.list(folder))
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.call(Operation::Delete, name.folder(), || self.inner.delete(name))
    }

    fn barrier(&self) -> Result<()> {
        self.call(Operation::Barrier, "", || self.inner.barrier())
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.inner.replace_damaged(name, parts)
    }
}
