//! A restore as a task: in a thread of its own, with its own interrupt.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use larder_engine::{Amount, Interrupt, Monitor, OnConflict, RestoreOptions, RestoreReport, SnapshotInfo, Store};
use larder_model::{Class, Problem, ProblemKind, Result, Skip, TreePath};

use super::{Task, TaskKind, TaskReport, TaskSkip, TaskState};
use crate::{
    app::App,
    archive::Selection,
    destinations::OpenDestination,
    failure::{Failure, FailureKind},
    moment::moment,
};

/// News of a task come no more often.
const NEWS_EVERY: Duration = Duration::from_millis(150);
/// Skips that a task keeps.
const SKIPS_MAX: usize = 100;

/// Where to restore to.
#[derive(Clone, Debug)]
pub enum Place {
    Named {
        name: String,
        folder: Option<String>,
    },
    /// A folder of this machine.
    Folder(String),
}

/// What to restore.
pub struct Order {
    pub snapshot: SnapshotInfo,
    pub selection: Selection,
    pub place: Place,
    pub on_conflict: OnConflict,
    pub dry_run: bool,
    pub title: String,
}

/// Starts a restore; the task as it begins.
pub fn start(app: &App, order: Order) -> Result<Task, Failure> {
    let totals = app.reader.tree(&order.snapshot).and_then(|tree| order.selection.totals(&tree));
    let totals = totals.map_err(|problem| app.failure(&problem))?;
    let now = app.reader.store().settings().clock.now();
    let new = |id| Task {
        id,
        kind: TaskKind::Restore,
        state: TaskState::Running,
        phase: None,
        title: order.title.clone(),
        dry_run: order.dry_run,
        created: moment(now),
        ended: None,
        files_done: 0,
        files_total: Some(totals.files),
        bytes_done: 0,
        bytes_total: Some(totals.bytes),
        current: None,
        report: None,
        problem: None,
        skips: Vec::new(),
    };
    let (number, interrupt) = app.tasks.add(new).ok_or_else(|| {
        Failure::new(axum::http::StatusCode::CONFLICT, FailureKind::Conflict, "busy", "enough restores are running")
            .hint("wait until one of them has ended, or stop one")
    })?;
    let task = app.tasks.get(&number.to_string()).ok_or_else(Failure::defect)?;
    let in_thread = app.clone();
    let thread = std::thread::Builder::new().name("restore".to_owned());
    let spawned = thread.spawn(move || run(&in_thread, number, &order, interrupt));
    if let Err(error) = spawned {
        let failure = app.failure(&Problem::failed(format!("a thread could not be started: {error}")));
        app.tasks.change(number, |task| {
            task.state = TaskState::Failed;
            task.problem = Some(failure.clone());
        });
        return Err(failure);
    }
    Ok(task)
}

fn run(app: &App, number: u64, order: &Order, interrupt: Interrupt) {
    let watching = Watching {
        app,
        number,
        now: Mutex::new(Now { told: Instant::now(), ..Now::default() }),
        has_phase: AtomicBool::new(false),
    };
    // Whoever panics in here must not leave a task that runs for ever.
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let store = app.reader.store().with_interrupt(interrupt.clone());
        restore(app, &store, order, &watching)
    }));
    let result = result.unwrap_or_else(|_| Err(Problem::failed("this is a defect in Larder; the store is as it was")));
    let ended = moment(app.reader.store().settings().clock.now());
    watching.tell();
    app.tasks.change(number, |task| {
        task.ended = ended;
        task.current = None;
        match result {
            Ok(report) => {
                task.state = if report.missing > 0 { TaskState::Partial } else { TaskState::Done };
                task.report = Some(told(&report));
            }
            Err(problem) => {
                let is_stopped = interrupt.is_set() || problem.is(ProblemKind::Interrupted);
                task.state = if is_stopped { TaskState::Stopped } else { TaskState::Failed };
                task.problem = (!is_stopped).then(|| app.failure(&problem));
            }
        }
    });
}

fn restore(app: &App, store: &Store, order: &Order, watching: &Watching) -> Result<RestoreReport> {
    let opened = open(app, &order.place)?;
    let selection = order.selection.clone();
    let options = RestoreOptions {
        wanted: Some(Box::new(move |path, is_folder| selection.wants(path, is_folder))),
        dry_run: order.dry_run,
        on_conflict: order.on_conflict,
        ..RestoreOptions::default()
    };
    let path = order.selection.folder().as_bytes();
    let result = larder_engine::restore(store, &order.snapshot, Some(path), opened.target(), &options, watching);
    if let Err(problem) = opened.finish() {
        app.log(problem.to_string());
    }
    result.map_err(|problem| opened.explain(problem))
}

fn open(app: &App, place: &Place) -> Result<Box<dyn OpenDestination>> {
    let nowhere = || Problem::usage("restoring is not allowed here").hint("start `larder ui` with --allow-restore");
    let destinations = app.destinations.as_ref().ok_or_else(nowhere)?;
    match place {
        Place::Named { name, folder } => destinations.open(name, folder.as_deref()),
        Place::Folder(path) => destinations.open_folder(path),
    }
}

fn told(report: &RestoreReport) -> TaskReport {
    TaskReport {
        written: report.files,
        folders: report.folders,
        bytes: report.bytes,
        unchanged: report.unchanged,
        skipped: report.skipped,
        missing: report.missing,
        notes: report.notes,
    }
}

/// Gathers what happens, and tells it every now and then.
struct Watching<'w> {
    app: &'w App,
    number: u64,
    now: Mutex<Now>,
    has_phase: AtomicBool,
}

struct Now {
    told: Instant,
    files: u64,
    bytes: u64,
    current: Option<TreePath>,
    skips: Vec<TaskSkip>,
}

impl Default for Now {
    fn default() -> Self {
        Self { told: Instant::now(), files: 0, bytes: 0, current: None, skips: Vec::new() }
    }
}

impl Watching<'_> {
    fn note(&self, note: impl FnOnce(&mut Now)) {
        let is_due = {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            note(&mut now);
            let is_due = now.told.elapsed() >= NEWS_EVERY;
            if is_due {
                now.told = Instant::now();
            }
            is_due
        };
        if is_due {
            self.tell();
        }
    }

    fn tell(&self) {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        self.app.tasks.change(self.number, |task| {
            (task.files_done, task.bytes_done) = (now.files, now.bytes);
            task.current = now.current.as_ref().map(ToString::to_string);
            task.skips.clone_from(&now.skips);
        });
    }
}

impl Monitor for Watching<'_> {
    fn phase(&self, name: &str, total: Option<Amount>) {
        if self.has_phase.swap(true, Relaxed) {
            self.note(|now| (now.files, now.bytes) = (0, 0));
        }
        self.app.tasks.change(self.number, |task| {
            task.phase = Some(name.to_owned());
            // The selection's own figures are known already, and smaller than those of the folder around it.
            if let (None, Some(total)) = (task.files_total, total) {
                (task.files_total, task.bytes_total) = (Some(total.files), Some(total.bytes));
            }
        });
    }

    fn advance(&self, amount: Amount) {
        self.note(|now| {
            now.files += amount.files;
            now.bytes += amount.bytes;
        });
    }

    fn item(&self, path: &dyn Fn() -> TreePath) {
        self.note(|now| {
            if now.told.elapsed() >= NEWS_EVERY || now.current.is_none() {
                now.current = Some(path());
            }
        });
    }

    fn skip(&self, skip: &Skip) {
        let message = self.app.hiding.hide(&skip.message);
        self.note(|now| {
            if now.skips.len() < SKIPS_MAX {
                let (path, reason) = (skip.path.to_string(), skip.reason.clone());
                now.skips.push(TaskSkip { path, reason, message, is_missing: skip.class == Class::Missing });
            }
        });
    }

    fn warn(&self, message: &str) {
        self.app.log(message);
    }
}
