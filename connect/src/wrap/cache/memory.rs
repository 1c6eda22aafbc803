//! What one process has read, where no folder keeps it: copies of one object are one here, and nothing is fetched twice.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Small objects, no more than that together: then all of it goes, which costs calls and nothing else.
const BYTES_MAX: usize = 8 << 20;

#[derive(Default)]
pub struct CacheMemory(Mutex<State>);

#[derive(Default)]
struct State {
    kept: HashMap<String, Vec<u8>>,
    bytes: usize,
}

impl CacheMemory {
    pub fn read(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.get(key).cloned()
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.contains_key(key)
    }

    pub fn write(&self, key: &str, bytes: Vec<u8>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.bytes + bytes.len() > BYTES_MAX {
            *state = State::default();
        }
        state.bytes += bytes.len();
        if let Some(before) = state.kept.insert(key.to_owned(), bytes) {
            state.bytes -= before.len();
        }
    }

    /// Drops what is kept under a key, and parts of it. True when there was something.
    pub fn remove(&self, key: &str) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.kept.len();
        state.kept.retain(|kept, _| !kept.starts_with(key));
        state.bytes = state.kept.values().map(Vec::len).sum();
        state.kept.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_and_doubt_drops_all_parts() {
        let cache = CacheMemory::default();
        for number in 0..40 {
            cache.write(&format!("{number:02}"), vec![0; 1 << 20]);
            assert!(cache.0.lock().unwrap().bytes <= BYTES_MAX);
        }
        assert!(cache.read("39").is_some() && cache.read("00").is_none());
        cache.write("39-0-5", vec![1]);
        assert!(cache.remove("39") && !cache.remove("39"));
        assert_eq!(cache.read("39-0-5"), None);
    }
}
