//! What has to be safe at the next barrier, and the thread that sees to it meanwhile.
//!
//! A disk takes about as long to sync a pack as the processor to make one, so the two overlap. The queue between them is short: it
//! holds open files, and bounds how much unwritten data a barrier can find (of packs that went past the page cache there is none: their sync
//! is the disk's own cache, and what the file system knows of them). A sync that failed may have dropped data that no later
//! sync will miss, so the first failure stays: every barrier from then on reports it.

use std::{
    collections::VecDeque,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use larder_model::{Problem, Result, Retry};
use rustix::{
    fs,
    io::{self, Errno, retry_on_intr},
};

use super::folders::{Folder, Folders};
use crate::sys::{problem, shown};

const QUEUE_MAX: usize = 8;

#[derive(Debug, Default)]
pub struct Durable {
    shared: Arc<Shared>,
    syncer: Mutex<Option<JoinHandle<()>>>,
    /// Folders that got names since the last barrier.
    touched: Mutex<Vec<Arc<Folder>>>,
    /// Held during a barrier: a second one must not return before the first has synced what it took over.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    syncs: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Item>,
    /// The syncer holds an item that is no longer in the queue.
    busy: bool,
    /// Items that the syncer is done with.
    finished: u64,
    failed: Option<Problem>,
    closing: bool,
}

#[derive(Debug)]
struct Item {
    file: OwnedFd,
    /// As people are shown it.
    path: String,
}

impl Durable {
    pub fn syncs(&self) -> u64 {
        self.shared.syncs.load(Relaxed)
    }

    /// Waits until the content of one file is on the disk.
    pub fn sync(&self, file: impl AsFd) -> io::Result<()> {
        self.shared.sync(file)
    }

    /// Hands a file to the syncer; waits while it is far behind.
    pub fn sync_later(&self, file: OwnedFd, path: String) {
        let item = Item { file, path };
        if !self.start() {
            let synced = self.shared.sync_item(&item);
            return note(&mut self.shared.lock(), synced);
        }
        let mut state = self.shared.lock();
        while state.queue.len() >= QUEUE_MAX {
            state = self.shared.wait(state);
        }
        state.queue.push_back(item);
        self.shared.changed.notify_all();
    }

    /// Notes that a name appeared in `folder`.
    pub fn touch(&self, folder: &Arc<Folder>) {
        let mut touched = lock(&self.touched);
        if !touched.iter().any(|known| Arc::ptr_eq(known, folder)) {
            touched.push(Arc::clone(folder));
        }
    }

    pub fn barrier(&self, folders: &Folders) -> Result<()> {
        let _turn = lock(&self.turn);
        self.shared.drain();
        let touched = std::mem::take(&mut *lock(&self.touched));
        let mut root_too = false;
        for folder in touched {
            root_too |= folder.take_new();
            self.note(self.sync_folder(folder.handle(), folder.path()));
        }
        if root_too {
            self.note(folders.root().and_then(|root| self.sync_folder(root, folders.path())));
        }
        self.shared.lock().failed.clone().map_or(Ok(()), Err)
    }

    fn note(&self, synced: Result<()>) {
        note(&mut self.shared.lock(), synced);
    }

    /// Makes the names in a folder durable.
    pub fn sync_folder(&self, folder: impl AsFd, path: &Path) -> Result<()> {
        self.shared.syncs.fetch_add(1, Relaxed);
        match retry_on_intr(|| fs::fsync(folder.as_fd())) {
            // Some network and FUSE file systems know no such thing as syncing a folder.
            Ok(()) | Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::BADF | Errno::NOSYS) => Ok(()),
            Err(errno) => Err(problem(errno, "cannot sync", shown(path))),
        }
    }

    /// False when the system has no thread to spare: then puts sync for themselves.
    fn start(&self) -> bool {
        let mut syncer = lock(&self.syncer);
        if syncer.is_none() {
            let shared = Arc::clone(&self.shared);
            let thread = thread::Builder::new().name("syncer".to_owned());
            *syncer = thread.spawn(move || shared.work()).ok();
        }
        syncer.is_some()
    }
}

impl Drop for Durable {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        if let Some(syncer) = lock(&self.syncer).take() {
            let _ = syncer.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn sync(&self, file: impl AsFd) -> io::Result<()> {
        self.syncs.fetch_add(1, Relaxed);
        retry_on_intr(|| fs::fdatasync(file.as_fd()))
    }

    /// The syncer thread. What nobody waited for when the storage is closed was not asked to be safe.
    fn work(&self) {
        let mut state = self.lock();
        while !state.closing {
            let Some(item) = state.queue.pop_front() else {
                state = self.wait(state);
                continue;
            };
            state.busy = true;
            drop(state);
            let synced = self.sync_item(&item);
            state = self.lock();
            state.busy = false;
            state.finished += 1;
            note(&mut state, synced);
            self.changed.notify_all();
        }
    }

    /// Syncs what is queued at this moment in the caller's thread, and waits for what the syncer holds.
    fn drain(&self) {
        let mut state = self.lock();
        let items = std::mem::take(&mut state.queue);
        self.changed.notify_all();
        drop(state);
        let results: Vec<_> = items.iter().map(|item| self.sync_item(item)).collect();
        let mut state = self.lock();
        results.into_iter().for_each(|synced| note(&mut state, synced));
        let finished = state.finished;
        while state.busy && state.finished == finished {
            state = self.wait(state);
        }
    }

    fn sync_item(&self, item: &Item) -> Result<()> {
        self.sync(&item.file).map_err(|errno| problem(errno, "cannot sync", &item.path))
    }
}

fn note(state: &mut State, synced: Result<()>) {
    if let Err(problem) = synced {
        state.failed.get_or_insert(problem.retry(Retry::Never));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, Mode, OFlags, openat};

    use super::*;

    #[test]
    fn a_sync_that_failed_fails_every_barrier_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let (durable, folders) = (Durable::default(), Folders::new(folder.path().to_owned()));
        durable.barrier(&folders).unwrap();
        // Such a handle cannot be synced.
        let broken = openat(CWD, folder.path(), OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap();
        durable.sync_later(broken, "packs/aa".to_owned());
        for _ in 0..3 {
            let problem = durable.barrier(&folders).unwrap_err();
            assert!(problem.message().starts_with("cannot sync packs/aa"), "{problem}");
            assert_eq!(problem.retry_advice(), Retry::Never);
        }
    }

    #[test]
    fn a_barrier_waits_for_all_that_was_handed_over() {
        let folder = tempfile::tempdir().unwrap();
        let (durable, folders) = (Durable::default(), Folders::new(folder.path().to_owned()));
        for number in 0..100 {
            let file = std::fs::File::create(folder.path().join(number.to_string())).unwrap();
            durable.sync_later(file.into(), number.to_string());
        }
        durable.barrier(&folders).unwrap();
        assert_eq!(durable.syncs(), 100);
    }
}
