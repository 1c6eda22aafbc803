//! Files that are open, and reading ahead of those who read one from its begin to its end.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use fuser::Errno;
use larder_engine::{Bytes, FileReader, Node};

use crate::{
    CACHE_LEN,
    dir::Dir,
    pool::Pool,
    world::{Answer, World},
};

/// The kernel sends several reads at once, and they may overtake each other by so much.
const SLACK: u64 = 2 << 20;
/// Reads in a row after which somebody counts as reading on.
const ROW: u32 = 2;
/// What is read ahead at first, of one file at most, and of all together: the cache has to hold it until it is asked for.
const WINDOW_MIN: u64 = 1 << 20;
const WINDOW_MAX: u64 = 8 << 20;
const WINDOWS_MAX: u64 = CACHE_LEN as u64 / 2;
/// Pieces of one file that are on their way at a time: from a disk, one for each core of a small machine; from far away, more.
const TASKS_NEAR: usize = 2;
const TASKS_FAR: usize = 6;

#[derive(Default)]
pub struct Files {
    open: Mutex<HashMap<u64, Arc<OpenFile>>>,
    last: AtomicU64,
    /// Files that are being read ahead of.
    ahead: Arc<AtomicUsize>,
}

pub struct OpenFile {
    reader: FileReader<'static>,
    shown: String,
    ahead: Mutex<Ahead>,
    /// Held while the next piece is looked for, which may take its time.
    plan: Mutex<()>,
    tasks_max: usize,
    /// Of all files.
    running: Arc<AtomicUsize>,
}

/// What is known of somebody who reads.
#[derive(Default)]
struct Ahead {
    /// Where they will go on, if they read on.
    next: u64,
    row: u32,
    /// What was read ahead, or is on its way, ends here.
    fetched: u64,
    /// How far it should go.
    wanted: u64,
    tasks: usize,
}

impl Files {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<OpenFile>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn open(&self, world: &World, dir: &Dir, node: &Node) -> Answer<u64> {
        let shown = dir.shown(&node.entry.name);
        let reader = dir.opened.tree.file(node).map_err(|problem| world.fail(&shown, &problem))?;
        let tasks_max = if world.is_far() { TASKS_FAR } else { TASKS_NEAR };
        let (ahead, plan, running) = (Mutex::default(), Mutex::default(), self.ahead.clone());
        let handle = self.last.fetch_add(1, Relaxed) + 1;
        self.lock().insert(handle, Arc::new(OpenFile { reader, shown, ahead, plan, tasks_max, running }));
        Ok(handle)
    }

    pub fn get(&self, handle: u64) -> Answer<Arc<OpenFile>> {
        self.lock().get(&handle).cloned().ok_or(Errno::EBADF)
    }

    pub fn close(&self, handle: u64) {
        self.lock().remove(&handle);
    }
}

impl OpenFile {
    /// Bytes from `offset` on: as many as were asked for, up to the end of the file.
    pub fn read(&self, world: &World, offset: u64, len: usize) -> Answer<Bytes> {
        self.reader.read(offset, len).map_err(|problem| world.fail(&self.shown, &problem))
    }

    /// The same, if they are in memory: then nobody has to wait.
    pub fn read_held(&self, offset: u64, len: usize) -> Option<Bytes> {
        self.reader.read_held(offset, len)
    }

    /// The next data, or the next hole, from `offset` on.
    pub fn seek(&self, world: &World, offset: u64, hole: bool) -> Answer<u64> {
        let size = self.reader.size();
        let mut at = offset;
        while at < size {
            let extent = self.reader.extent(at).map_err(|problem| world.fail(&self.shown, &problem))?;
            if extent.is_hole == hole {
                return Ok(at);
            }
            at = extent.end;
        }
        // The end of a file counts as a hole.
        if hole && offset < size { Ok(size) } else { Err(Errno::ENXIO) }
    }

    /// Takes note of a read, and reads ahead of those who read on. Nobody waits for that.
    pub fn read_ahead(self: &Arc<Self>, pool: &Pool, offset: u64, len: u64) {
        let mut ahead = self.lock();
        ahead.note(offset, offset.saturating_add(len));
        if ahead.row < ROW {
            return;
        }
        let others = self.running.load(Relaxed).max(1) as u64;
        let grown = WINDOW_MIN << u64::from((ahead.row - ROW).min(16));
        let window = grown.min(WINDOW_MAX).min(WINDOWS_MAX / others);
        // The kernel has what lies behind.
        self.reader.leave_behind(ahead.next.saturating_sub(SLACK));
        ahead.wanted = ahead.next.saturating_add(window).min(self.reader.size());
        while ahead.tasks < self.tasks_max && ahead.has_more(ahead.tasks as u64) {
            if ahead.tasks == 0 {
                self.running.fetch_add(1, Relaxed);
            }
            ahead.tasks += 1;
            let file = self.clone();
            pool.run(move || file.fetch());
        }
    }

    /// Fetches piece after piece until what is wanted is there. What fails here will fail those who need it, and be told then.
    fn fetch(&self) {
        while let Some(at) = self.next_piece() {
            if self.reader.prefetch(at, 1).is_err() {
                break;
            }
        }
        let mut ahead = self.lock();
        ahead.tasks -= 1;
        if ahead.tasks == 0 {
            self.running.fetch_sub(1, Relaxed);
        }
    }

    fn next_piece(&self) -> Option<u64> {
        let _plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Some(self.lock()).filter(|ahead| ahead.has_more(0))?.fetched;
        // A piece that cannot be found is not looked for again by those behind.
        let end = self.reader.extent(at).map_or(u64::MAX, |extent| extent.end);
        let mut ahead = self.lock();
        if ahead.fetched == at {
            ahead.fetched = end;
        }
        Some(at)
    }

    fn lock(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ahead {
    fn note(&mut self, offset: u64, end: u64) {
        let reads_on = offset.abs_diff(self.next) <= SLACK;
        if reads_on {
            self.row = self.row.saturating_add(1);
            self.next = self.next.max(end);
        } else {
            (self.row, self.next, self.fetched) = (0, end, 0);
        }
        self.fetched = self.fetched.max(end);
    }

    /// Whether there is work for one more when so many are at it. A piece is a mebibyte or so.
    fn has_more(&self, tasks: u64) -> bool {
        self.fetched.saturating_add(tasks << 20) < self.wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_on_is_told_from_jumping_about() {
        let mut ahead = Ahead::default();
        for piece in 0..10_u64 {
            ahead.note(piece << 17, (piece + 1) << 17);
        }
        // One that was overtaken.
        ahead.note(8 << 17, 9 << 17);
        assert!(ahead.row > ROW);
        assert_eq!(ahead.next, 10 << 17);
        for jump in 1..10_u64 {
            ahead.note(jump << 32, (jump << 32) + 4096);
            assert_eq!(ahead.row, 0);
        }
    }
}
