//! Ids of many packs, to be asked whether one is among them.

use std::collections::HashSet;

use larder_model::PackId;

/// As much of an id as tells packs apart: ids are hashes of whole packs.
pub(super) type Short = [u8; 16];
/// Ids that begin alike, about.
const ALIKE: usize = 16;

/// A sorted list. A large store has millions of packs, and in a hash set each would take 40 to 80 bytes instead of 16.
pub(super) struct PackIds {
    sorted: Vec<Short>,
    starts: Starts,
    /// Those that came later.
    added: HashSet<PackId>,
}

impl PackIds {
    /// Takes about `expected` ids.
    pub fn collect(expected: usize, tell: impl FnOnce(&mut dyn FnMut(&PackId))) -> Self {
        let mut sorted = Vec::with_capacity(expected);
        tell(&mut |id| sorted.push(short(id)));
        sorted.sort_unstable();
        sorted.dedup();
        let starts = Starts::of(&sorted, |id| id);
        Self { sorted, starts, added: HashSet::new() }
    }

    pub fn len(&self) -> usize {
        self.sorted.len() + self.added.len()
    }

    /// True when everything that was collected for `others` is here as well.
    pub fn has_all_collected(&self, others: &Self) -> bool {
        let mut here = self.sorted.iter();
        others.sorted.iter().all(|id| here.find(|other| *other >= id) == Some(id))
    }

    pub fn insert(&mut self, id: PackId) {
        self.added.insert(id);
    }

    pub fn contains(&self, id: &PackId) -> bool {
        self.starts.find(&self.sorted, &short(id), |other| other).is_some() || self.added.contains(id)
    }
}

/// Where in a sorted list ids begin that begin alike. A binary search through all of it would miss the processor's caches twenty times.
pub(super) struct Starts {
    bits: u32,
    starts: Vec<u32>,
}

impl Starts {
    pub fn of<T>(sorted: &[T], key: impl Fn(&T) -> &Short) -> Self {
        let bits = (sorted.len() / ALIKE).max(1).ilog2().min(28);
        let mut starts = vec![0; (1 << bits) + 1];
        sorted.iter().for_each(|item| starts[first_bits(key(item), bits) + 1] += 1);
        for number in 1..starts.len() {
            starts[number] += starts[number - 1];
        }
        Self { bits, starts }
    }

    /// The position of an id in the list that this was made of.
    pub fn find<T>(&self, sorted: &[T], id: &Short, key: impl Fn(&T) -> &Short) -> Option<usize> {
        let number = first_bits(id, self.bits);
        let (start, end) = (self.starts[number] as usize, self.starts[number + 1] as usize);
        sorted[start..end].binary_search_by(|item| key(item).cmp(id)).ok().map(|at| start + at)
    }
}

fn first_bits(id: &Short, bits: u32) -> usize {
    let [a, b, c, d, ..] = *id;
    (u64::from(u32::from_be_bytes([a, b, c, d])) >> (32 - bits)) as usize
}

pub(super) fn short(id: &PackId) -> Short {
    *id.0.first_chunk().expect("an id has 32 bytes")
}

#[cfg(test)]
mod tests {
    use larder_testkit::Rng;

    use super::*;

    fn check(ids: &[PackId]) {
        let (inside, outside): (Vec<_>, Vec<_>) = ids.iter().enumerate().partition(|(number, _)| number % 2 == 0);
        let mut set = PackIds::collect(1, |each| inside.iter().for_each(|(_, id)| each(id)));
        assert!(inside.iter().all(|(_, id)| set.contains(id)));
        assert!(!outside.iter().any(|(_, id)| set.contains(id)));
        let all = PackIds::collect(1, |each| ids.iter().for_each(each));
        assert!(all.has_all_collected(&set));
        assert_eq!(set.has_all_collected(&all), outside.is_empty());
        for (_, id) in &outside {
            set.insert(**id);
            assert!(set.contains(id));
        }
        assert_eq!(set.len(), ids.len());
    }

    #[test]
    fn ids_are_found_however_they_are_spread() {
        let mut rng = Rng::new(5);
        let mut id = |first: u64, last: u64| {
            let mut id = PackId(rng.bytes(32).try_into().unwrap());
            id.0[0] = (first + rng.number() % (last + 1 - first)) as u8;
            id
        };
        check(&[]);
        check(&[id(0, 0)]);
        check(&(0..5_000).map(|_| id(0, 255)).collect::<Vec<_>>());
        check(&(0..5_000).map(|_| id(255, 255)).collect::<Vec<_>>());
        check(&(0..5_000).map(|number| id(0, number % 2)).collect::<Vec<_>>());
    }
}
