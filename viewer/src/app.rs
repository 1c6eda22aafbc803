//! What all requests share: the open store, who is let in, what is being done, and how much of it at a time.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use larder_engine::{Limits, Reader, SnapshotInfo, Store, Tree};
use larder_model::{Problem, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    catalog::Catalog,
    destinations::Destinations,
    downloads::Downloads,
    failure::Failure,
    hiding::Hiding,
    orders::Orders,
    search::Names,
    sessions::{Entrance, Sessions},
    tasks::Tasks,
    thumbnails::Thumbnails,
};

/// Bytes of content that stay in memory for all requests together.
const CACHE_LEN: usize = 24 << 20;
/// Requests that the engine works on at a time; the others wait.
const WORK_MAX: usize = 8;
/// Files and archives on their way to somebody at a time.
const STREAMS_MAX: usize = 24;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a viewer is told.
pub struct Options {
    /// A short name for people, without any path of this machine.
    pub name: String,
    /// Ways in which the store's place is written in messages: they are not shown.
    pub hidden: Vec<String>,
    /// Where restores can go to; `None` where restoring is not allowed.
    pub destinations: Option<Arc<dyn Destinations>>,
    pub entrance: Entrance,
    /// Larder's folder for what can be had again: the index of names lies there.
    pub cache: Option<PathBuf>,
    /// Sizes of the index's parts.
    pub limits: Limits,
    /// Is told what whoever runs the program should know.
    pub log: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A viewer of one store. Clones are the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub reader: Reader,
    pub name: String,
    pub hiding: Hiding,
    pub destinations: Option<Arc<dyn Destinations>>,
    pub sessions: Sessions,
    pub catalog: Catalog,
    pub downloads: Downloads,
    pub tasks: Tasks,
    pub thumbnails: Thumbnails,
    pub orders: Orders,
    /// The index of names.
    pub names: Names,
    pub wrong_passwords: tokio::sync::Mutex<()>,
    log: Arc<dyn Fn(&str) + Send + Sync>,
    work: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    open_streams: Arc<AtomicUsize>,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Also gives the one-time token, where that is the way in.
    pub fn new(store: Arc<Store>, options: Options) -> Result<(Self, Option<String>)> {
        let hidden = options.hidden.into_iter().chain([store.location()]);
        let hiding = Hiding::new(hidden);
        let (sessions, token) = Sessions::new(options.entrance);
        let names = Names::new(&store, options.cache.as_deref(), options.limits);
        let inner = Inner {
            reader: Reader::open(store, CACHE_LEN)?,
            name: options.name,
            hiding,
            destinations: options.destinations,
            sessions,
            catalog: Catalog::default(),
            downloads: Downloads::default(),
            tasks: Tasks::default(),
            thumbnails: Thumbnails::default(),
            orders: Orders::default(),
            names,
            wrong_passwords: tokio::sync::Mutex::default(),
            log: options.log,
            work: Arc::new(Semaphore::new(WORK_MAX)),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            open_streams: Arc::default(),
        };
        Ok((Self(Arc::new(inner)), token))
    }

    pub fn log(&self, text: impl AsRef<str>) {
        (self.log)(text.as_ref());
    }

    /// Unix seconds by the clock that the engine was given.
    pub fn now(&self) -> i64 {
        self.reader.store().settings().clock.now().secs
    }

    pub fn failure(&self, problem: &Problem) -> Failure {
        Failure::of(problem, |text| self.hiding.hide(text))
    }

    /// Runs something that blocks, beside at most some others. When the request is given up, [`Stop::is_set`] says so.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &Stop) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = self.permit(&self.work).await?;
        let (app, stop) = (self.clone(), Stop::default());
        let _guard = StopOnDrop(stop.clone());
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&app, &stop)
        });
        done.await.unwrap_or_else(|_| Err(Failure::defect()))
    }

    /// A place among those that send files and archives.
    pub async fn stream(&self) -> Result<StreamPermit, Failure> {
        let permit = self.permit(&self.streams).await?;
        self.open_streams.fetch_add(1, Relaxed);
        Ok(StreamPermit { _permit: permit, count: self.open_streams.clone() })
    }

    /// Files and archives that are being read for somebody right now.
    pub fn open_streams(&self) -> usize {
        self.open_streams.load(Relaxed)
    }

    async fn permit(&self, semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
        let wait = tokio::time::timeout(PATIENCE, semaphore.clone().acquire_owned());
        wait.await.ok().and_then(std::result::Result::ok).ok_or_else(Failure::busy)
    }

    /// The snapshot that a parameter means, open.
    pub fn tree(&self, text: &str) -> Result<(SnapshotInfo, Tree<'static>), Failure> {
        let snapshot = self.catalog.find(self, text)?;
        let tree = self.reader.tree(&snapshot).map_err(|problem| self.failure(&problem))?;
        Ok((snapshot, tree))
    }
}

/// Held while a file or an archive is being sent.
pub struct StreamPermit {
    _permit: OwnedSemaphorePermit,
    count: Arc<AtomicUsize>,
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Relaxed);
    }
}

/// Says that nobody waits for the answer any more.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Ends a walk whose answer nobody waits for.
    pub fn check(&self) -> Result<()> {
        if self.is_set() { Err(interrupted()) } else { Ok(()) }
    }
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Relaxed);
    }
}

fn interrupted() -> Problem {
    Problem::new(larder_model::ProblemKind::Interrupted, "nobody waits for the answer any more")
}
