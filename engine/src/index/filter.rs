//! What a run surely does not have.
//!
//! A blob that is new is in no run, and without more each run has to be asked: a block of 64 KiB a run, and the runs grow with the store.
//! A run that has been asked as often as it has blocks is therefore read once as a whole and remembered in two bytes an entry, or in fewer
//! where there is not so much memory for all of them. That costs no more reads than there were, and afterwards nearly every look-up reads only
//! the block that has what is looked for.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, OnceLock, TryLockError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use larder_format::pack::Locator;
use larder_model::Result;

/// Words of a group: what a look-up touches is one line of the processor's cache.
const GROUP: usize = 8;
const GROUP_LEN: u64 = GROUP as u64 * 8;
/// Bits of memory for an entry. With 16 of them one look-up in a thousand is told to look in vain, with eight one in thirty.
const BITS_AN_ENTRY: RangeInclusive<u64> = 4..=16;
/// Of these an entry sets a half, and not more than so many.
const BITS_MAX: usize = 7;
/// Fewer blocks than this stay in the cache of blocks by themselves.
const READS_MIN: u64 = 16;

/// Locators of a run, as bits. They are hashes under a key, so their own bits serve as hashes here.
#[derive(Debug)]
struct Filter {
    groups: Vec<[u64; GROUP]>,
    /// Bits that an entry sets.
    bits: usize,
    room: Arc<Room>,
}

impl Filter {
    /// `None` where there is no room for it. What is left of that may be less than was thought: runs came after it was shared out.
    fn new(room: &Arc<Room>, entries: u64) -> Option<Self> {
        let shares = [1, 2, 4].map(|part| room.bits_an_entry / part);
        shares.into_iter().filter(|bits| BITS_AN_ENTRY.contains(bits)).find_map(|bits| {
            let groups = entries.saturating_mul(bits).div_ceil(GROUP_LEN * 8).max(1);
            room.take(groups.saturating_mul(GROUP_LEN)).then(|| Self {
                groups: vec![[0; GROUP]; groups as usize],
                bits: BITS_MAX.min(bits as usize / 2),
                room: room.clone(),
            })
        })
    }

    fn insert(&mut self, locator: &Locator) {
        let (group, bits) = self.place(locator);
        bits.for_each(|bit| self.groups[group][bit / 64] |= 1 << (bit % 64));
    }

    fn may_have(&self, locator: &Locator) -> bool {
        let (group, mut bits) = self.place(locator);
        bits.all(|bit| self.groups[group][bit / 64] & 1 << (bit % 64) != 0)
    }

    /// The group, and the bits in it.
    fn place(&self, locator: &Locator) -> (usize, impl Iterator<Item = usize> + use<>) {
        let number = u128::from_le_bytes(*locator);
        let (low, high) = (number as u64, (number >> 64) as u64);
        let group = (u128::from(high) * self.groups.len() as u128) >> 64;
        (group as usize, (0..self.bits).map(move |bit| (low >> (bit * 9)) as usize % (GROUP * 64)))
    }
}

/// A run that is gone leaves its room to others.
impl Drop for Filter {
    fn drop(&mut self) {
        self.room.give_back(self.groups.len() as u64 * GROUP_LEN);
    }
}

/// Room that the filters of an index share.
#[derive(Debug)]
pub(super) struct Room {
    left: AtomicU64,
    bits_an_entry: u64,
}

impl Room {
    /// `entries` are those of all runs, and a quarter more will find room beside them.
    pub fn new(bytes: u64, entries: u64) -> Self {
        let bits = bytes.saturating_mul(8) / entries.saturating_add(entries / 4).max(1);
        let bits_an_entry = bits.clamp(*BITS_AN_ENTRY.start(), *BITS_AN_ENTRY.end());
        Self { left: AtomicU64::new(bytes), bits_an_entry }
    }

    fn take(&self, bytes: u64) -> bool {
        self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.left.fetch_add(bytes, Relaxed);
    }
}

/// How often a run was read, and the filter that it gets for it.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    blocks: AtomicU64,
    filter: OnceLock<Filter>,
    building: Mutex<()>,
}

impl Reads {
    /// False only for what the run does not have.
    pub fn may_have(&self, locator: &Locator) -> bool {
        self.filter.get().is_none_or(|filter| filter.may_have(locator))
    }

    /// Takes note of a block that was read. `read_all` tells all locators of the run, which has so many blocks and entries. A run that cannot
    /// be read gets no filter; whoever needs what is damaged in it will say so.
    pub fn note(
        &self,
        room: &Arc<Room>,
        (blocks, entries): (usize, u64),
        read_all: impl FnOnce(&mut dyn FnMut(&Locator)) -> Result<()>,
    ) {
        let reads = self.blocks.fetch_add(1, Relaxed) + 1;
        if reads < READS_MIN.max(blocks as u64) || self.filter.get().is_some() {
            return;
        }
        // Others go on without it meanwhile.
        let _building = match self.building.try_lock() {
            Err(TryLockError::WouldBlock) => return,
            Ok(building) => building,
            Err(TryLockError::Poisoned(building)) => building.into_inner(),
        };
        if self.filter.get().is_some() {
            return;
        }
        let Some(mut filter) = Filter::new(room, entries) else { return };
        if read_all(&mut |locator| filter.insert(locator)).is_ok() {
            let _ = self.filter.set(filter);
        } else {
            self.blocks.store(0, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locator(number: u32) -> Locator {
        larder_testkit::Rng::new(u64::from(number)).bytes(16).try_into().unwrap()
    }

    #[test]
    fn nothing_that_is_there_is_missed_and_little_else_passes() {
        let count = 100_000_u32;
        // The more runs there are beside this one, the less is for each.
        for (runs, bits, passes) in [(1, 16, 250), (8, 8, 25), (100, 4, 4)] {
            let room = Arc::new(Room::new(1 << 20, u64::from(count * runs)));
            let mut filter = Filter::new(&room, u64::from(count)).unwrap();
            (0..count).for_each(|number| filter.insert(&locator(number)));
            assert!((0..count).all(|number| filter.may_have(&locator(number))));
            let passed = (count..2 * count).filter(|number| filter.may_have(&locator(*number))).count();
            assert!(passed < count as usize / passes, "{passed} of {count}, {runs} runs");
            assert!(filter.groups.len() * 64 <= count as usize * bits / 8 + 64);
            assert!(Filter::new(&room, 1 << 21).is_none(), "there is no room beside it");
            let all_else = room.left.load(Relaxed) - 300_000 / 64 * 64;
            assert!(room.take(all_else));
            let smaller = Filter::new(&room, 4 * u64::from(count)).unwrap();
            assert!(smaller.bits < filter.bits || bits == 4, "{bits} bits");
            drop(smaller);
            room.give_back(all_else);
            drop(filter);
            assert_eq!(room.left.load(Relaxed), 1 << 20);
        }
    }
}
