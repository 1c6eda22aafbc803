//! Turns: writers and gc run in threads of their own, and at each storage operation a gate decides who goes on. With it the
//! real code is run through chosen interleavings.

use std::{
    collections::VecDeque,
    fmt::Display,
    ops::Range,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use larder_connect::{Durability, ObjectInfo, ObjectName, Promises, Put, Storage};
use larder_model::Result;

use super::MemoryStorage;
use crate::Rng;

/// In which order actors take their turns.
#[derive(Clone, Debug)]
pub enum Order {
    Random(Rng),
    /// So many operations of this actor, then so many of the next one, and so on; at the end actors go on one after another.
    Turns(VecDeque<(usize, u64)>),
    /// This actor until it waits with an operation that holds this text (`put snapshots/`), or to its end, then the next one, and
    /// so on; at the end actors go on one after another.
    Scenes {
        left: VecDeque<(usize, Option<&'static str>)>,
        /// Operations that an actor never came to.
        missed: Vec<&'static str>,
    },
}

impl Order {
    pub fn turns(turns: impl IntoIterator<Item = (usize, u64)>) -> Self {
        Self::Turns(turns.into_iter().collect())
    }

    pub fn scenes(scenes: impl IntoIterator<Item = (usize, Option<&'static str>)>) -> Self {
        Self::Scenes { left: scenes.into_iter().collect(), missed: Vec::new() }
    }
}

/// Lets one operation through at a time. An operation is let through when every actor that has not finished waits with one.
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    order: Order,
    /// Tickets of each actor's waiting calls, and what they are; `None` once it has finished.
    waiting: Vec<Option<VecDeque<(u64, String)>>>,
    tickets: u64,
    open_for: Option<u64>,
    taken: Vec<(usize, String)>,
}

impl Gate {
    /// A gate for actors 0 to `actors - 1`, which all must come to it, or finish.
    pub fn new(actors: usize, order: Order) -> Arc<Self> {
        let waiting = (0..actors).map(|_| Some(VecDeque::new())).collect();
        let state = State { order, waiting, tickets: 0, open_for: None, taken: Vec::new() };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    /// Who went through with what, in order.
    pub fn taken(&self) -> Vec<(usize, String)> {
        self.lock().taken.clone()
    }

    /// Operations of the script that an actor never came to.
    pub fn missed(&self) -> Vec<&'static str> {
        if let Order::Scenes { missed, .. } = &self.lock().order { missed.clone() } else { Vec::new() }
    }

    /// Does something as an actor, when its turn comes.
    pub fn pass<T>(&self, actor: usize, what: impl Display, act: impl FnOnce() -> T) -> T {
        let mut state = self.lock();
        let ticket = state.tickets;
        state.tickets += 1;
        if let Some(waiting) = &mut state.waiting[actor] {
            waiting.push_back((ticket, what.to_string()));
            state.choose();
            self.changed.notify_all();
            while state.open_for != Some(ticket) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.taken.push((actor, what.to_string()));
        drop(state);
        let done = act();
        let mut state = self.lock();
        if state.open_for == Some(ticket) {
            state.open_for = None;
        }
        state.choose();
        self.changed.notify_all();
        done
    }

    /// The actor needs no more turns; what it still does goes through at once.
    pub fn finish(&self, actor: usize) {
        let mut state = self.lock();
        state.waiting[actor] = None;
        state.choose();
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn choose(&mut self) {
        let all_wait = self.waiting.iter().flatten().all(|waiting| !waiting.is_empty());
        if self.open_for.is_some() || !all_wait {
            return;
        }
        let alive: Vec<usize> = (0..self.waiting.len()).filter(|actor| self.waiting[*actor].is_some()).collect();
        if alive.is_empty() {
            return;
        }
        let next = |actor: usize| self.waiting[actor].as_ref().and_then(VecDeque::front).map(|(_, what)| what.as_str());
        let actor = self.order.next(&alive, next);
        self.open_for = self.waiting[actor].as_mut().and_then(VecDeque::pop_front).map(|(ticket, _)| ticket);
    }
}

impl Order {
    /// `waits_with` tells which operation an actor waits with.
    fn next<'a>(&mut self, alive: &[usize], waits_with: impl Fn(usize) -> Option<&'a str>) -> usize {
        match self {
            Self::Random(rng) => *rng.pick(alive),
            Self::Scenes { left, missed } => loop {
                let Some(&(actor, end)) = left.front() else { return alive[0] };
                let has_ended = !alive.contains(&actor);
                let is_there = end.is_some_and(|end| waits_with(actor).is_some_and(|what| what.contains(end)));
                if !has_ended && !is_there {
                    return actor;
                }
                missed.extend(end.filter(|_| has_ended));
                left.pop_front();
            },
            Self::Turns(turns) => loop {
                match turns.front_mut() {
                    None => return alive[0],
                    Some((actor, left)) if *left > 0 && alive.contains(actor) => {
                        *left -= 1;
                        return *actor;
                    }
                    Some(_) => drop(turns.pop_front()),
                }
            },
        }
    }
}

/// A client of a storage in memory that takes turns with others.
pub struct Actor {
    gate: Arc<Gate>,
    number: usize,
    inner: MemoryStorage,
}

impl Actor {
    pub fn new(gate: &Arc<Gate>, number: usize, inner: MemoryStorage) -> Self {
        Self { gate: gate.clone(), number, inner }
    }
}

/// Leaving the scene, also by a panic, must not make the others wait for good.
impl Drop for Actor {
    fn drop(&mut self) {
        self.gate.finish(self.number);
    }
}

impl Storage for Actor {
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
        self.gate.pass(self.number, format_args!("put {name}"), || self.inner.put(name, parts, durability))
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.gate.pass(self.number, format_args!("get {name}"), || self.inner.get(name, range))
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.gate.pass(self.number, format_args!("list {folder}"), || self.inner.list(folder))
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.gate.pass(self.number, format_args!("delete {name}"), || self.inner.delete(name))
    }

    fn barrier(&self) -> Result<()> {
        self.inner.barrier()
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.gate.pass(self.number, format_args!("replace {name}"), || self.inner.replace_damaged(name, parts))
    }
}
