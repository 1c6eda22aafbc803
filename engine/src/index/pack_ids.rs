//! Ids of many packs, to be asked whether one is among them.

use std::collections::HashSet;

use larder_model::PackId;

/// As much of an id as tells packs apart: ids are hashes of whole packs.
pub(super) type Short = [u8; 16];
/// Ids are spread evenly, so that one is found about where its number says, give or take some.
const STEP: usize = 32;

/// A sorted list. A large store has millions of packs, and in a hash set each would take 40 to 80 bytes instead of 16.
pub(super) struct PackIds {
    sorted: Vec<Short>,
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
        Self { sorted, added: HashSet::new() }
    }

    pub fn len(&self) -> usize {
        self.sorted.len() + self.added.len()
    }

    pub fn insert(&mut self, id: PackId) {
        self.added.insert(id);
    }

    pub fn contains(&self, id: &PackId) -> bool {
        find_sorted(&self.sorted, &short(id), |other| other).is_some() || self.added.contains(id)
    }
}

/// Finds an id in a sorted list: from where it should be, in steps that double, so that ids which are not spread evenly are found as well.
pub(super) fn find_sorted<T>(list: &[T], id: &Short, key: impl Fn(&T) -> &Short) -> Option<usize> {
    let number = u128::from_be_bytes(*id) >> 64;
    let middle = ((number * list.len() as u128) >> 64) as usize;
    let (mut low, mut high, mut step) = (middle, middle, STEP);
    while low > 0 && key(&list[low]) > id {
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = STEP;
    while high < list.len() && key(&list[high]) <= id {
        high += step;
        step *= 2;
    }
    let found = list[low..high.min(list.len())].binary_search_by(|item| key(item).cmp(id));
    found.ok().map(|at| low + at)
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
