//! Packs on their way to the storage, beside the work that makes the next ones.

use std::sync::{
    Mutex, PoisonError,
    mpsc::{Receiver, SyncSender, sync_channel},
};

use larder_connect::PackBody;
use larder_format::{index::PackRow, keys::BlobKind, pack::BuiltPack};
use larder_model::{Problem, ProblemKind, Result};

use super::Run;
use crate::names;

/// Packs on their way at a time.
const UPLOADS: usize = 2;

/// Where workers hand in their packs. What is on its way is bounded: a worker that is faster waits.
pub(crate) struct Uploader<'u> {
    sender: SyncSender<BuiltPack>,
    shared: &'u Shared,
}

#[derive(Default)]
struct Shared {
    /// Memory of packs of content that were put, for the next ones. Packs of pages are shorter, and would make it more.
    pool: Mutex<Vec<Vec<u8>>>,
    problem: Mutex<Option<Problem>>,
}

impl Uploader<'_> {
    /// Runs `work` beside threads that put packs; returns when all packs were put. The first problem of either is the result.
    pub fn beside<T>(run: &Run, work: impl FnOnce(&Uploader) -> Result<T>) -> Result<T> {
        let shared = Shared::default();
        let (sender, receiver) = sync_channel(0);
        let receiver = Mutex::new(receiver);
        let done = std::thread::scope(|scope| {
            for _ in 0..UPLOADS {
                scope.spawn(|| shared.put_all(run, &receiver));
            }
            // The sender ends with `work`, and with it the threads.
            work(&Uploader { sender, shared: &shared })
        });
        match shared.problem.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(problem) => Err(problem),
            None => done,
        }
    }

    /// Hands in a pack. Fails when an earlier one could not be put: there is no use in going on.
    pub fn put(&self, pack: BuiltPack) -> Result<()> {
        if self.shared.has_failed() || self.sender.send(pack).is_err() {
            // The problem itself is told by `beside`.
            return Err(Problem::failed("an earlier pack could not be stored"));
        }
        Ok(())
    }

    /// Memory of a pack that was put, or none.
    pub fn memory(&self) -> Option<Vec<u8>> {
        self.shared.pool.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Shared {
    fn put_all(&self, run: &Run, receiver: &Mutex<Receiver<BuiltPack>>) {
        loop {
            let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(pack) = next else { return };
            if self.has_failed() {
                continue;
            }
            let kind = pack.kind;
            match put(run, pack) {
                Ok(_) if kind == BlobKind::Page => {}
                Ok(memory) => self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(memory),
                Err(problem) => {
                    let mut first = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(problem);
                }
            }
        }
    }

    fn has_failed(&self) -> bool {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Gives the pack's memory back.
fn put(run: &Run, pack: BuiltPack) -> Result<Vec<u8>> {
    let BuiltPack { id, kind, epoch, created, memory, start, entries, .. } = pack;
    let body = PackBody::new(memory, start);
    let size = body.len() as u64;
    let sent = run.store().storage().put_pack(&names::pack(id), body, kind == BlobKind::Page);
    let sent = sent.map_err(|problem| {
        if problem.is(ProblemKind::NoSpace) && problem.hint_text().is_none() {
            problem.hint("make room and run the same command again; it goes on from here")
        } else {
            problem
        }
    })?;
    let hash = sent.hash.filter(|_| run.hash_kind != 0).map_or((0, Vec::new()), |hash| (run.hash_kind, hash));
    run.note_pack(PackRow { id, size, kind, epoch, run: run.id, created, hash }, entries)?;
    Ok(sent.memory)
}
