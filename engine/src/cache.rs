//! A cache with a bound in bytes.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// Keeps values that were used lately, up to a number of bytes. A value that is evicted lives on where it is in use.
pub(crate) struct Cache<K, V> {
    bytes_max: usize,
    inner: Mutex<Inner<K, V>>,
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
        Self { bytes_max, inner: Mutex::new(Inner { slots: HashMap::new(), order: VecDeque::new(), bytes: 0 }) }
    }

    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = inner.slots.get_mut(key)?;
        slot.used = true;
        Some(slot.value.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
