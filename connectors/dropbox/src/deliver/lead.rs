//! The thread that leads: what is fetched when, and when it is enough.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};

use dropbox_client::Error;
use larder_connect::{Delivery, Wanted};
use larder_model::{Metadata, Problem, ProblemKind, Result, Skip, TreePath};

use super::{Job, Queue, ask, plan, plan_all, singly, uses_zips, zipped};
use crate::{
    arriving::Arriving,
    folder::failure,
    item::Item,
    listing::{NodeId, State},
    problem::{ends_the_run, problem},
    source::Inner,
};

/// How often what has changed meanwhile is asked for.
const ASKED_AGAIN_MAX: u32 = 3;
/// After so many failures one after another it is asked whether they are the files' own, or Dropbox cannot be reached, or fails.
const FAILURES_MAX: u32 = 10;

/// What all threads of one run share.
pub struct Lead<'l> {
    pub source: &'l Arc<Inner>,
    wanted: &'l Wanted<'l>,
    pub queue: &'l Queue,
    work: Mutex<Work>,
    failures: AtomicU32,
    /// Something small that came as it should: it comes again as long as Dropbox can be had.
    sample: Mutex<Option<Item>>,
}

#[derive(Default)]
pub(super) struct Work {
    jobs: VecDeque<Job>,
    /// What others have found to be done.
    pub(super) more: Vec<Job>,
    /// What failed and is tried once more at the end.
    late: Vec<Job>,
    is_last_try: bool,
    /// Content that has come, under whatever path.
    hashes: HashSet<u128>,
    /// What ended the run.
    problem: Option<Problem>,
}

/// The run is over, for a reason that is told elsewhere.
pub struct Over;

impl<'l> Lead<'l> {
    pub fn new(source: &'l Arc<Inner>, wanted: &'l Wanted<'l>, queue: &'l Queue) -> Self {
        Self { source, wanted, queue, work: Mutex::default(), failures: AtomicU32::new(0), sample: Mutex::default() }
    }

    pub(super) fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches all that is wanted, and closes the queue.
    pub fn run(&self) {
        if !self.queue.wait_for_begin() {
            return;
        }
        let _close = self.queue.close_at_panic();
        let ended = self.all();
        let problem = self.work().problem.take().or(ended.err());
        self.queue.close(problem);
    }

    fn all(&self) -> Result<()> {
        self.round()?;
        for _ in 0..ASKED_AGAIN_MAX {
            if self.is_over() || !self.ask_for_changes()? {
                return Ok(());
            }
            self.round()?;
        }
        Ok(())
    }

    /// A listing that ended a while ago is brought up to date. A reset says that nothing is known; what was listed stands then, and the
    /// next run lists anew.
    fn ask_for_changes(&self) -> Result<bool> {
        match self.source.ask_for_changes() {
            Ok(false) => Ok(false),
            Ok(true) => {
                ask(self.source, self.wanted)?;
                Ok(true)
            }
            Err(error) if ends_the_run(&error) => Err(problem(&error)),
            Err(error) => {
                let message =
                    format!("what changed while the backup ran could not be asked for: {}", problem(&error).message());
                self.source.session_mut().notes.push(Skip::note(TreePath::top(), "changes-unknown", message));
                Ok(false)
            }
        }
    }

    /// Fetches what is wanted now.
    fn round(&self) -> Result<()> {
        self.try_zips();
        if self.is_over() {
            return Ok(());
        }
        self.work().is_last_try = false;
        // What could not be had under one path may be had under another one.
        loop {
            let jobs = plan_all(self.source).jobs;
            if jobs.is_empty() || self.is_over() {
                break;
            }
            self.fetch_all(jobs);
            self.note_what_has_come();
        }
        let late = std::mem::take(&mut self.work().late);
        if !late.is_empty() && !self.is_over() {
            late.iter().for_each(|job| self.source.session_mut().listing.clear(job.node(), State::DONE));
            self.work().is_last_try = true;
            // Only what has failed before is left.
            self.failures.store(0, SeqCst);
            self.fetch_all(late);
        }
        Ok(())
    }

    /// Files are done whose content has come under another path, and those that have failed are not asked for again here.
    pub(super) fn note_what_has_come(&self) {
        let late: HashSet<NodeId> = self.work().late.iter().map(|job| job.node()).collect();
        let mut session = self.source.session_mut();
        for node in 1..session.listing.len() {
            if !plan::is_wanted(&session.listing, node) {
                continue;
            }
            let has_failed = late.contains(&node) || session.failures.contains_key(&node);
            if has_failed || session.listing.item(node).is_some_and(|item| self.has_come(&item)) {
                session.listing.set(node, State::DONE);
            }
        }
    }

    pub(super) fn fetch_all(&self, mut jobs: Vec<Job>) {
        while !jobs.is_empty() && !self.is_over() {
            let threads = jobs.len().min(self.source.options.threads.max(1));
            self.work().jobs.extend(jobs);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| self.fetch_some());
                }
            });
            jobs = std::mem::take(&mut self.work().more);
        }
    }

    fn fetch_some(&self) {
        loop {
            // While everything fails, from the other end: what lies together may have the same fault.
            let is_failing = self.failures.load(SeqCst) > 0;
            let job = if is_failing { self.work().jobs.pop_back() } else { self.work().jobs.pop_front() };
            let done = match job {
                None => return,
                Some(_) if self.is_over() => return,
                Some(Job::File(node)) => self.fetch_file(node),
                Some(Job::Zip(folder)) => zipped::fetch(self, folder).map(drop),
            };
            if done.is_err() {
                return;
            }
        }
    }

    pub fn is_over(&self) -> bool {
        self.queue.is_stopped() || self.work().problem.is_some()
    }

    /// Adds what is to be done after what is under way.
    pub fn add(&self, jobs: Vec<Job>) {
        self.work().more.extend(jobs);
    }

    /// What is to be done about the files of a folder whose zip did not bring them: smaller zips, if the folder can be split, or one by
    /// one.
    pub fn split(&self, folder: NodeId) {
        // Before the listing is locked: a lock for reading taken twice waits for ever behind one who writes.
        let zips = uses_zips(self.source);
        let jobs = {
            let session = self.source.session();
            let sums = plan::sums(&session);
            plan::plan(&session, &sums, folder, zips, false).jobs
        };
        self.add(jobs);
    }

    pub fn fall_back(&self, folder: NodeId) {
        self.add(singly(self.source, folder));
    }

    /// Sends a file on its way to the engine.
    pub fn deliver(&self, node: NodeId, file: Arriving) -> Result<(), Over> {
        let (path, entry) = {
            let session = self.source.session();
            (session.listing.path(node), session.listing.entry(node))
        };
        let Some(entry) = entry else { return Ok(()) };
        self.queue.put(Delivery { path, entry, file: Box::new(file) }).map_err(|_| Over)
    }

    /// Takes note of content that has come as it should.
    pub fn arrived(&self, node: NodeId, meta: &Metadata) {
        self.failures.store(0, SeqCst);
        if let Some(content) = meta.fingerprint.as_ref().and_then(plan::content_of) {
            self.work().hashes.insert(content);
        }
        self.source.session_mut().listing.set(node, State::DONE);
    }

    /// True when the same content has come already, under another path.
    pub fn has_come(&self, item: &Item) -> bool {
        let content = item.fingerprint().as_ref().and_then(plan::content_of);
        content.is_some_and(|content| self.work().hashes.contains(&content))
    }

    /// A file could not be had.
    pub fn failed(&self, node: NodeId, item: &Item, error: &Error) -> Result<(), Over> {
        if ends_the_run(error) {
            return Err(self.end(problem(error)));
        }
        let mut why = failure(error, item);
        if why.is(ProblemKind::NotFound) {
            // Its listing says that it is there. Should it have been removed all the same, its last version is worth keeping until the next
            // run knows better.
            why = why.of_kind(ProblemKind::Denied);
        }
        if !is_passing(error) {
            self.source.session_mut().failures.insert(node, why);
            return Ok(());
        }
        if !is_of_the_item(error) {
            self.note_passing(error)?;
        }
        let mut work = self.work();
        if work.is_last_try {
            drop(work);
            self.source.session_mut().failures.insert(node, why);
        } else {
            work.late.push(Job::File(node));
        }
        Ok(())
    }

    /// Counts a failure that may be Dropbox's own. Too many in a row end the run, unless what came before comes again: then
    /// it is these files, and no others, that cannot be had.
    pub fn note_passing(&self, error: &Error) -> Result<(), Over> {
        if self.failures.fetch_add(1, SeqCst) + 1 < FAILURES_MAX {
            return Ok(());
        }
        let sample = self.sample.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let comes_again = sample.is_some_and(|item| self.source.client().download_bytes(&Self::what(&item)).is_ok());
        if !comes_again {
            return Err(self.end(problem(error)));
        }
        self.failures.store(0, SeqCst);
        Ok(())
    }

    /// Takes note of a file by itself that has come as it should.
    pub(super) fn came(&self, item: &Item) {
        self.sample.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| item.clone());
    }

    /// Ends the run; the first problem counts.
    pub fn end(&self, problem: Problem) -> Over {
        self.work().problem.get_or_insert(problem);
        Over
    }
}

/// True for failures of network or server, which may pass.
fn is_passing(error: &Error) -> bool {
    use dropbox_client::Class;
    matches!(error.class(), Class::Retry | Class::Refresh | Class::Unreachable | Class::Unclear)
}

/// True for what may pass and yet says nothing of Dropbox: an export that is still being made, bytes that are not those of the hash.
fn is_of_the_item(error: &Error) -> bool {
    error.has_tag("retry_error") || error.has_tag("content_hash_mismatch")
}
