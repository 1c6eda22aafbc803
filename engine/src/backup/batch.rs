//! Chunks of one large file, stored by several threads: by the one that reads the file, and by those that have nothing else to do.

use std::{
    ops::Range,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use larder_model::{BlobId, Problem, Result};

use super::stack::broken;

/// What was read and cut, in the memory that it was read to.
pub(super) struct Batch {
    chunks: Vec<Range<usize>>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// `None` when the reader has it back: whoever comes then is late.
    bytes: Option<Arc<Vec<u8>>>,
    /// Chunks that somebody has taken: the first so many.
    taken: usize,
    /// Of each chunk, once it is stored.
    ids: Vec<Option<BlobId>>,
    /// Threads at work.
    hands: usize,
    problem: Option<Problem>,
}

impl Batch {
    pub fn new(bytes: Arc<Vec<u8>>, chunks: Vec<Range<usize>>) -> Self {
        let ids = vec![None; chunks.len()];
        let state = State { bytes: Some(bytes), taken: 0, ids, hands: 0, problem: None };
        Self { chunks, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Bytes of each chunk.
    pub fn lens(&self) -> impl Iterator<Item = usize> {
        self.chunks.iter().map(Range::len)
    }

    /// Stores the next chunk; false when each is taken, or one could not be stored.
    pub fn store_one(&self, store: impl FnOnce(&[u8]) -> Result<BlobId>) -> bool {
        let mut state = self.state();
        let index = state.taken;
        let (Some(bytes), Some(chunk), None) = (state.bytes.clone(), self.chunks.get(index), &state.problem) else {
            return false;
        };
        state.taken += 1;
        state.hands += 1;
        drop(state);
        let mut hand = Hand { batch: self, index, bytes: Some(bytes), stored: None };
        hand.stored = hand.bytes.as_ref().map(|bytes| store(&bytes[chunk.clone()]));
        true
    }

    /// Threads that are at it.
    pub fn hands(&self) -> usize {
        self.state().hands
    }

    /// Whether nobody is at it, and nothing is left to do.
    pub fn is_done(&self) -> bool {
        let state = self.state();
        state.hands == 0 && (state.taken == self.chunks.len() || state.problem.is_some())
    }

    /// Waits for all who work; gives the memory back, and the ids of the chunks in their order.
    pub fn finish(&self) -> (Vec<u8>, Result<Vec<BlobId>>) {
        let state = self.changed.wait_while(self.state(), |state| state.hands > 0);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let bytes = state.bytes.take().map(Arc::unwrap_or_clone).unwrap_or_default();
        let ids = match state.problem.take() {
            Some(problem) => Err(problem),
            None => std::mem::take(&mut state.ids).into_iter().collect::<Option<_>>().ok_or_else(broken),
        };
        (bytes, ids)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread with a chunk, until it is dropped.
struct Hand<'b> {
    batch: &'b Batch,
    index: usize,
    bytes: Option<Arc<Vec<u8>>>,
    /// `None` when the thread panicked.
    stored: Option<Result<BlobId>>,
}

impl Drop for Hand<'_> {
    fn drop(&mut self) {
        let mut state = self.batch.state();
        // Before others are told: the reader wants the memory for itself.
        self.bytes = None;
        state.hands -= 1;
        match self.stored.take().unwrap_or_else(|| Err(broken())) {
            Ok(id) => state.ids[self.index] = Some(id),
            Err(problem) => drop(state.problem.get_or_insert(problem)),
        }
        self.batch.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    const CHUNKS: usize = 100;

    fn batch() -> Batch {
        Batch::new(Arc::new((0..=255).collect()), (0..CHUNKS).map(|chunk| chunk * 2..chunk * 2 + 2).collect())
    }

    fn id(bytes: &[u8]) -> BlobId {
        BlobId([bytes[0]; 32])
    }

    #[test]
    fn chunks_are_stored_side_by_side_and_come_back_in_order() {
        let (batch, barrier) = (batch(), Barrier::new(2));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    // Nobody gets on alone: half of them each.
                    let store = |bytes: &[u8]| {
                        barrier.wait();
                        Ok(id(bytes))
                    };
                    while batch.store_one(store) {}
                });
            }
        });
        assert!(batch.is_done());
        let (bytes, ids) = batch.finish();
        assert_eq!(bytes.len(), 256);
        assert_eq!(ids.unwrap(), (0..CHUNKS).map(|chunk| BlobId([chunk as u8 * 2; 32])).collect::<Vec<_>>());
        assert!(!batch.store_one(|_| panic!("who is late finds nothing to do")));
    }

    #[test]
    fn the_first_problem_ends_it() {
        let (batch, mut stored) = (batch(), 0);
        while batch.store_one(|bytes| {
            stored += 1;
            if bytes[0] < 6 { Ok(id(bytes)) } else { Err(Problem::failed("the disk is full")) }
        }) {}
        assert!(stored == 4 && batch.is_done());
        let (bytes, ids) = batch.finish();
        assert_eq!(bytes.len(), 256);
        assert!(ids.unwrap_err().to_string().contains("disk is full"));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let batch = batch();
        thread::scope(|scope| {
            let helper = scope.spawn(|| batch.store_one(|_| panic!("this panic belongs to the test")));
            assert!(helper.join().is_err());
        });
        assert!(!batch.store_one(|bytes| Ok(id(bytes))));
        assert!(batch.finish().1.unwrap_err().to_string().contains("error in this program"));
    }
}
