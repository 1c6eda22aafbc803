//! Restores that run in the background: what each has come to, told to all who watch.

mod restore;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use larder_engine::Interrupt;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use utoipa::ToSchema;

use crate::failure::Failure;

pub use restore::{Order, Place, start};

/// Tasks that have ended and are still shown.
const ENDED_MAX: usize = 100;
/// Tasks that run at a time.
pub const RUNNING_MAX: usize = 4;
/// News that somebody slow may be behind.
const NEWS_MAX: usize = 256;

/// Something that runs in the background.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Task {
    pub id: String,
    pub kind: TaskKind,
    pub state: TaskState,
    /// What it is at: compare, restore, …
    pub phase: Option<String>,
    pub title: String,
    pub dry_run: bool,
    pub created: Option<String>,
    pub ended: Option<String>,
    pub files_done: u64,
    pub files_total: Option<u64>,
    pub bytes_done: u64,
    pub bytes_total: Option<u64>,
    /// The item at hand, escaped.
    pub current: Option<String>,
    pub report: Option<TaskReport>,
    pub problem: Option<Failure>,
    /// Items that are missing or kept differently; the first hundred.
    pub skips: Vec<TaskSkip>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    Restore,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    Running,
    Done,
    /// Done, but items are missing.
    Partial,
    Failed,
    /// Somebody has stopped it.
    Stopped,
}

/// How a restore ended, or would end.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct TaskReport {
    /// Files, links and devices written.
    pub written: u64,
    /// Folders made.
    pub folders: u64,
    pub bytes: u64,
    /// There already with the same content.
    pub unchanged: u64,
    /// In the way, and left as they were.
    pub skipped: u64,
    pub missing: u64,
    /// Kept differently than asked.
    pub notes: u64,
}

/// An item that could not be restored as it was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TaskSkip {
    pub path: String,
    pub reason: String,
    pub message: String,
    pub is_missing: bool,
}

/// All tasks.
pub struct Tasks {
    inner: Mutex<Inner>,
    news: broadcast::Sender<Task>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    /// By number, so that they stand in order.
    tasks: BTreeMap<u64, (Task, Interrupt)>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { inner: Mutex::default(), news: broadcast::channel(NEWS_MAX).0 }
    }
}

impl Tasks {
    /// Adds a task that runs; `None` when enough of them do.
    pub fn add(&self, make: impl FnOnce(String) -> Task) -> Option<(u64, Interrupt)> {
        let mut inner = self.lock();
        let is_running = |(task, _): &&(Task, Interrupt)| task.state == TaskState::Running;
        if inner.tasks.values().filter(is_running).count() >= RUNNING_MAX {
            return None;
        }
        let ended: Vec<u64> = inner.tasks.iter().filter(|it| !is_running(&it.1)).map(|(number, _)| *number).collect();
        for number in ended.iter().take(ended.len().saturating_sub(ENDED_MAX)) {
            inner.tasks.remove(number);
        }
        inner.last += 1;
        let (number, interrupt) = (inner.last, Interrupt::default());
        let task = make(number.to_string());
        inner.tasks.insert(number, (task.clone(), interrupt.clone()));
        drop(inner);
        let _ = self.news.send(task);
        Some((number, interrupt))
    }

    /// Changes a task, and tells those who watch.
    pub fn change(&self, number: u64, change: impl FnOnce(&mut Task)) {
        let mut inner = self.lock();
        let Some((task, _)) = inner.tasks.get_mut(&number) else { return };
        change(task);
        let task = task.clone();
        drop(inner);
        let _ = self.news.send(task);
    }

    /// The newest first.
    pub fn all(&self) -> Vec<Task> {
        self.lock().tasks.values().rev().map(|(task, _)| task.clone()).collect()
    }

    pub fn get(&self, id: &str) -> Option<Task> {
        let number = id.parse().ok()?;
        self.lock().tasks.get(&number).map(|(task, _)| task.clone())
    }

    /// Asks a task to stop; the task as it is now.
    pub fn stop(&self, id: &str) -> Option<Task> {
        let number = id.parse().ok()?;
        let inner = self.lock();
        let (task, interrupt) = inner.tasks.get(&number)?;
        interrupt.set();
        Some(task.clone())
    }

    /// Asks all to stop; whether any is still running.
    pub fn stop_all(&self) -> bool {
        let inner = self.lock();
        let running = inner.tasks.values().filter(|(task, _)| task.state == TaskState::Running);
        running.map(|(_, interrupt)| interrupt.set()).count() > 0
    }

    /// What becomes of tasks from now on.
    pub fn watch(&self) -> broadcast::Receiver<Task> {
        self.news.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
