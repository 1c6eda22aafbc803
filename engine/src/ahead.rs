//! Reading one object from its begin to its end, in pieces that the caller chooses and calls that the storage would rather have.

use larder_connect::{ObjectName, Storage};
use larder_model::Result;

use crate::{Store, run::FRAME_LEN};

/// What is read at once where calls cost.
pub(crate) const STRETCH_LEN: u64 = 8 << 20;
/// What a reader has beside a frame: the directory of its pack, which is seldom more.
const READER_MEMORY: u64 = 1 << 20;

/// How much is read at once on this storage; 0: what is asked for and no more.
pub(crate) fn stretch_len(storage: &dyn Storage) -> u64 {
    if storage.promises().pack_len > 0 { STRETCH_LEN } else { 0 }
}

/// How many threads read packs side by side: not more than there is memory for.
pub(crate) fn readers(store: &Store) -> usize {
    let settings = store.settings();
    settings.threads.clamp(1, readers_max(settings.memory, store.chunker().max(), stretch_len(store.storage())))
}

/// A reader holds the largest frame twice: sealed, and its data.
fn readers_max(memory: u64, chunk_max: usize, stretch_len: u64) -> usize {
    let most = memory / (stretch_len + 2 * chunk_max.max(FRAME_LEN) as u64 + READER_MEMORY);
    usize::try_from(most).unwrap_or(usize::MAX).max(1)
}

/// Reads ranges of an object, one behind the other.
pub(crate) struct Ahead<'a> {
    storage: &'a dyn Storage,
    name: &'a ObjectName,
    size: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl<'a> Ahead<'a> {
    pub fn new(storage: &'a dyn Storage, name: &'a ObjectName, size: u64) -> Self {
        Self { storage, name, size, start: 0, bytes: Vec::new() }
    }

    /// Fills `out` with what stands from `start` on.
    pub fn read(&mut self, start: u64, out: &mut [u8]) -> Result<()> {
        let end = start + out.len() as u64;
        let is_there = self.start <= start && end <= self.start + self.bytes.len() as u64;
        if !is_there {
            let stretch = start.saturating_add(stretch_len(self.storage)).min(self.size).max(end);
            if stretch == end {
                return self.storage.get_into(self.name, start, out);
            }
            // The one before goes first: two of them would be twice the memory.
            self.bytes = Vec::new();
            self.bytes = self.storage.get(self.name, Some(start..stretch))?;
            self.start = start;
        }
        let from = (start - self.start) as usize;
        out.copy_from_slice(&self.bytes[from..from + out.len()]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{ops::Range, sync::Mutex};

    use larder_connect::{Durability, ObjectInfo, Promises, Put};

    use super::*;

    /// One object, and the ranges that were read of it.
    struct One(Vec<u8>, u64, Mutex<Vec<Range<u64>>>);

    impl Storage for One {
        fn location(&self) -> String {
            String::new()
        }
        fn promises(&self) -> Promises {
            Promises { pack_len: self.1, ..Promises::default() }
        }
        fn prepare(&self, _: &[&str]) -> Result<()> {
            Ok(())
        }
        fn put(&self, _: &ObjectName, _: &[&[u8]], _: Durability) -> Result<Put> {
            Ok(Put::New)
        }
        fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
            self.2.lock().unwrap().extend(range.clone());
            larder_connect::slice_range(name, &self.0, range)
        }
        fn list(&self, _: &str) -> Result<Vec<ObjectInfo>> {
            Ok(Vec::new())
        }
        fn delete(&self, _: &ObjectName) -> Result<()> {
            Ok(())
        }
        fn barrier(&self) -> Result<()> {
            Ok(())
        }
        fn replace_damaged(&self, _: &ObjectName, _: &[&[u8]]) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_more_threads_read_than_there_is_memory_for() {
        let chunk_max = 3 << 19;
        assert_eq!(readers_max(64 << 20, chunk_max, 0), 12);
        assert_eq!(readers_max(64 << 20, chunk_max, STRETCH_LEN), 4);
        assert_eq!(readers_max(64 << 20, 4 << 20, 0), 7);
        assert_eq!(readers_max(64 << 20, 7 << 10, 0), 12);
        assert_eq!(readers_max(1, chunk_max, 0), 1);
    }

    #[test]
    fn what_is_near_comes_in_one_call_where_calls_cost() {
        let body: Vec<u8> = (0..(20_u32 << 20)).map(|byte| (byte >> 4) as u8).collect();
        let name = ObjectName::new("packs", "a");
        for (pack_len, most) in [(0, 20), (1, 3)] {
            let storage = One(body.clone(), pack_len, Mutex::default());
            let mut ahead = Ahead::new(&storage, &name, body.len() as u64);
            for piece in 0..20 {
                let range = piece << 20..(piece + 1) << 20;
                let mut out = vec![0; 1 << 20];
                ahead.read(range.start, &mut out).unwrap();
                assert!(out == body[range.start as usize..range.end as usize]);
            }
            let mut out = [0; 10];
            ahead.read(0, &mut out).unwrap();
            assert!(out == body[..10]);
            assert!(ahead.read(0, &mut vec![0; 21 << 20]).is_err());
            assert!(storage.2.lock().unwrap().len() <= most + 2);
        }
    }
}
