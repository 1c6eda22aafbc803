//! A machine that stops in the middle: at a chosen storage operation everything ends, and some of what was not yet durable
//! is gone.

use std::{
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use larder_connect::{Durability, ObjectInfo, ObjectName, Promises, Put, Storage};
use larder_model::{Problem, Result};

use super::MemoryStorage;
use crate::Rng;

/// When to crash: at the operation with this number, counted from 0.
#[derive(Clone, Copy, Debug)]
pub struct Crash {
    pub at: u64,
    pub when: When,
}

/// Whether the operation still has its effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    Before,
    After,
}

/// What happens to what no barrier has made durable: objects put, advisory ones among them, and deletions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    Nothing,
    Everything,
    /// Each one by the toss of a coin.
    Some(u64),
}

/// A storage in memory that stops at an operation. From there on every call is an error; [`CrashingStorage::survivors`] is
/// what a machine that comes up again finds.
pub struct CrashingStorage {
    inner: MemoryStorage,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    crash: Option<Crash>,
    operations: u64,
    crashed: bool,
    /// What can still be lost, in order.
    loose: Vec<Loose>,
}

enum Loose {
    Put { name: ObjectName, durability: Durability },
    Deleted { name: ObjectName, body: Arc<Vec<u8>> },
}

impl CrashingStorage {
    /// Everything that `inner` holds already is durable. Without a crash this only counts.
    pub fn new(inner: MemoryStorage, crash: Option<Crash>) -> Self {
        Self { inner, state: Mutex::new(State { crash, ..State::default() }) }
    }

    /// Operations so far: those that change something, and barriers. A crash at one that only reads is a crash at the next of
    /// these, before its effect.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    pub fn has_crashed(&self) -> bool {
        self.lock().crashed
    }

    /// Stops everything now, as a signal would.
    pub fn crash(&self) {
        self.lock().crashed = true;
    }

    /// What is there after the machine came up again.
    pub fn survivors(&self, loss: Loss) -> MemoryStorage {
        let after = self.inner.fork();
        let mut coin = Rng::new(if let Loss::Some(seed) = loss { seed } else { 0 });
        for loose in self.lock().loose.iter().rev() {
            let lost = match loss {
                Loss::Nothing => false,
                Loss::Everything => true,
                Loss::Some(_) => coin.chance(50),
            };
            match loose {
                _ if !lost => {}
                Loose::Put { name, .. } => drop(after.lose(name)),
                Loose::Deleted { name, body } => after.overwrite(name, body.to_vec()),
            }
        }
        after
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One operation that changes something. One at a time, so that its number is what is crashed at.
    fn change<T>(&self, effect: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut state = self.lock();
        let number = state.operations;
        state.operations += 1;
        let crash = state.crash.filter(|crash| crash.at == number);
        if state.crashed || crash.is_some_and(|crash| crash.when == When::Before) {
            state.crashed = true;
            return Err(stopped());
        }
        let done = effect(&mut state);
        if crash.is_some() {
            state.crashed = true;
            return Err(stopped());
        }
        done
    }

    fn read<T>(&self, read: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.has_crashed() { Err(stopped()) } else { read() }
    }
}

fn stopped() -> Problem {
    Problem::failed("the machine has stopped")
}

impl Storage for CrashingStorage {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn promises(&self) -> Promises {
        self.inner.promises()
    }

    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.read(|| self.inner.prepare(folders))
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.change(|state| {
            let put = self.inner.put(name, parts, durability)?;
            if put == Put::New {
                state.loose.push(Loose::Put { name: name.clone(), durability });
            }
            Ok(put)
        })
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.read(|| self.inner.get(name, range))
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.read(|| self.inner.list(folder))
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.change(|state| {
            if let Some(body) = self.inner.lose(name) {
                state.loose.push(Loose::Deleted { name: name.clone(), body });
            }
            Ok(())
        })
    }

    fn barrier(&self) -> Result<()> {
        self.change(|state| {
            let advisory = |loose: &Loose| matches!(loose, Loose::Put { durability: Durability::Advisory, .. });
            state.loose.retain(advisory);
            self.inner.barrier()
        })
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.change(|_| self.inner.replace_damaged(name, parts))
    }
}
