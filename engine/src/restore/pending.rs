//! Orders that the target has taken and not yet answered.
//!
//! A provider with batches says only later what became of an item, so nothing is counted before that. What is kept here is bounded by
//! what the target keeps underway.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use larder_connect::{State, Ticket};
use larder_model::{Problem, Result, TreePath};

use super::jobs::Shared;
use crate::Fate;

/// What an order is about.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// A file, or something else that is no folder.
    Item,
    Folder,
    Removal,
}

#[derive(Default)]
pub(super) struct Pending {
    next: AtomicU64,
    open: Mutex<HashMap<Ticket, (Order, TreePath)>>,
}

impl Pending {
    /// A number that no other order has.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.next.fetch_add(1, Relaxed))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Ticket, (Order, TreePath)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared<'_> {
    /// Gives an order under its ticket. Its end is counted now, or when the target tells it.
    pub fn order<T>(
        &self,
        order: Order,
        ticket: Ticket,
        path: &TreePath,
        give: impl FnOnce() -> Result<(T, State)>,
    ) -> Result<T> {
        // It may come to its end before the call returns.
        self.pending.open().insert(ticket, (order, path.clone()));
        match give() {
            Ok((given, State::Underway)) => Ok(given),
            Ok((given, State::Done)) => {
                self.end(ticket, Ok(()));
                Ok(given)
            }
            Err(problem) => {
                self.pending.open().remove(&ticket);
                Err(problem)
            }
        }
    }

    /// Counts what has come to its end meanwhile.
    pub fn collect(&self) {
        let told = self.target.take_done(&mut |ticket, result| self.end(ticket, result));
        if let Err(problem) = told {
            self.stop_for(problem);
        }
    }

    /// Nothing is underway any more: what was not answered is missing.
    pub fn collect_all(&self) {
        self.collect();
        let rest: Vec<_> = self.pending.open().drain().collect();
        for (_, (_, path)) in rest {
            self.item_failed(path, Problem::failed("the destination has not said what became of it"));
        }
    }

    fn end(&self, ticket: Ticket, result: Result<()>) {
        let Some((order, path)) = self.pending.open().remove(&ticket) else { return };
        match (result, order) {
            (Ok(()), Order::Item) => self.tally.done(Fate::Restored, &path, 0),
            (Ok(()), Order::Folder) => self.tally.made_folder(&path),
            (Ok(()), Order::Removal) => self.tally.done(Fate::Removed, &path, 0),
            (Err(problem), _) => self.item_failed(path, problem),
        }
    }
}
