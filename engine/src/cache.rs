//! A cache with a bound in bytes.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use larder_model::Result;

/// Keeps values that were used lately, up to a number of bytes. A value that is evicted lives on where it is in use.
pub(crate) struct Cache<K, V> {
    bytes_max: usize,
    inner: Mutex<Inner<K, V>>,
    /// What is being loaded: those who want the same wait for it.
    loading: Mutex<HashSet<K>>,
    loaded: Condvar,
}

struct Inner<K, V> {
    slots: HashMap<K, Slot<V>>,
    /// Second chance: the hand takes from the front; what was used since goes to the back once more.
    order: VecDeque<K>,
    bytes: usize,
}

struct Slot<V> {
    value: Arc<V>,
    bytes: usize,
    used: bool,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    pub fn new(bytes_max: usize) -> Self {
        let inner = Mutex::new(Inner { slots: HashMap::new(), order: VecDeque::new(), bytes: 0 });
        Self { bytes_max, inner, loading: Mutex::default(), loaded: Condvar::new() }
    }

    /// The value of a key; loaded by one thread while all others that want it wait. `load` tells the bytes that the value takes.
    /// Where it fails, each of those that waited tries for itself.
    pub fn get_or_load(&self, key: &K, load: impl FnOnce() -> Result<(V, usize)>) -> Result<Arc<V>> {
        loop {
            if let Some(value) = self.get(key) {
                return Ok(value);
            }
            let mut loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
            if loading.insert(key.clone()) {
                break;
            }
            while loading.contains(key) {
                loading = self.loaded.wait(loading).unwrap_or_else(PoisonError::into_inner);
            }
        }
        let _turn = Turn { cache: self, key };
        // Somebody may have been done with it between the look and the turn.
        if let Some(value) = self.get(key) {
            return Ok(value);
        }
        let (value, bytes) = load()?;
        let value = Arc::new(value);
        self.insert(key.clone(), value.clone(), bytes);
        Ok(value)
    }

    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = inner.slots.get_mut(key)?;
        slot.used = true;
        Some(slot.value.clone())
    }

    /// Drops the value of a key. Of those dropped in turn it is among the oldest, so that it is soon found.
    pub fn remove(&self, key: &K) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = inner.slots.remove(key) {
            inner.bytes -= slot.bytes;
            if let Some(at) = inner.order.iter().position(|other| other == key) {
                inner.order.remove(at);
            }
        }
    }

    /// Keeps `value`, which takes `bytes`; an earlier value of the key stays.
    pub fn insert(&self, key: K, value: Arc<V>, bytes: usize) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.slots.contains_key(&key) {
            return;
        }
        inner.slots.insert(key.clone(), Slot { value, bytes, used: false });
        inner.order.push_back(key);
        inner.bytes += bytes;
        while inner.bytes > self.bytes_max && inner.order.len() > 1 {
            inner.evict_one();
        }
    }
}

impl<K: Hash + Eq + Clone, V> Inner<K, V> {
    fn evict_one(&mut self) {
        let Some(key) = self.order.pop_front() else { return };
        match self.slots.get_mut(&key) {
            Some(slot) if slot.used => {
                slot.used = false;
                self.order.push_back(key);
            }
            _ => {
                if let Some(slot) = self.slots.remove(&key) {
                    self.bytes -= slot.bytes;
                }
            }
        }
    }
}

/// Ends when the value is there, or could not be loaded; also when loading it panicked.
struct Turn<'c, K: Hash + Eq, V> {
    cache: &'c Cache<K, V>,
    key: &'c K,
}

impl<K: Hash + Eq, V> Drop for Turn<'_, K, V> {
    fn drop(&mut self) {
        self.cache.loading.lock().unwrap_or_else(PoisonError::into_inner).remove(self.key);
        self.cache.loaded.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        thread,
        time::Duration,
    };

    use larder_model::Problem;

    use super::*;

    #[test]
    fn what_many_want_at_once_is_loaded_once() {
        let (cache, loads) = (Cache::new(100), AtomicUsize::new(0));
        let load = || {
            thread::sleep(Duration::from_millis(20));
            match loads.fetch_add(1, Relaxed) {
                0 => Err(Problem::failed("the first one fails")),
                _ => Ok(("value", 10)),
            }
        };
        let results: Vec<_> = thread::scope(|scope| {
            let waiting: Vec<_> = (0..8).map(|_| scope.spawn(|| cache.get_or_load(&1, load))).collect();
            waiting.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
        assert_eq!(loads.load(Relaxed), 2, "one failed, one did it for all");
    }

    #[test]
    fn the_bound_holds_and_what_is_used_stays() {
        let cache = Cache::new(100);
        cache.insert(0, Arc::new("kept"), 10);
        for key in 1..50 {
            assert!(cache.get(&0).is_some(), "after {key}");
            cache.insert(key, Arc::new("other"), 10);
        }
        assert!(cache.inner.lock().unwrap().bytes <= 100);
        assert!(cache.get(&1).is_none());
    }

    #[test]
    fn what_is_removed_leaves_nothing() {
        let cache = Cache::new(100);
        cache.insert(0, Arc::new("other"), 10);
        for _ in 0..50 {
            cache.insert(1, Arc::new("value"), 10);
            cache.remove(&1);
            assert!(cache.get(&1).is_none());
        }
        let inner = cache.inner.lock().unwrap();
        assert_eq!((inner.order.len(), inner.slots.len(), inner.bytes), (1, 1, 10));
    }
}
