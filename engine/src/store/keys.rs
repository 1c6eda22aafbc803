//! Ways into a store: adding and removing slots.

use larder_connect::ObjectName;
use larder_format::{
    config::Access,
    ring::Ring,
    slot::{Slot, Unlock},
};
use larder_model::{Problem, Result};

use super::{Store, create::put_copies, unlock::read_slots};
use crate::{names, trouble::about};

/// A way into a store, as people are shown it.
#[derive(Clone, Debug)]
pub struct SlotInfo {
    pub number: u32,
    /// `passphrase` or `key file`.
    pub kind_word: &'static str,
    pub wants_passphrase: bool,
    pub label: String,
    /// Unix seconds.
    pub created: i64,
    /// The store was opened with this one.
    pub is_current: bool,
}

impl SlotInfo {
    pub(super) fn new(slot: &Slot, current: Option<u32>) -> Self {
        Self {
            number: slot.number(),
            kind_word: slot.kind_word(),
            wants_passphrase: slot.wants_passphrase(),
            label: slot.label().to_owned(),
            created: slot.created(),
            is_current: current == Some(slot.number()),
        }
    }
}

impl Store {
    pub fn slots(&self) -> Result<Vec<SlotInfo>> {
        Ok(read_slots(self.storage())?.iter().map(|slot| SlotInfo::new(slot, Some(self.slot))).collect())
    }

    /// Adds a way in; returns its number.
    pub fn add_slot(&self, unlock: &Unlock, label: &str) -> Result<u32> {
        self.allow(Access::Write)?;
        let mut slots = read_slots(self.storage())?;
        let number = slots.iter().map(Slot::number).max().unwrap_or(0) + 1;
        let created = self.settings.now().secs;
        let slot = Slot::create(self.id(), number, unlock, self.identity.secret(), created, label)
            .map_err(about("the new key"))?;
        put_copies(self.storage(), |copy| names::slot(number, copy), &slot.to_object())?;
        slots.push(slot);
        self.renew_ring(&slots)?;
        Ok(number)
    }

    /// Removes a way in. Whoever copied the store before keeps what they had; new data are out of their reach only after the
    /// epoch's keys were renewed.
    pub fn remove_slot(&self, number: u32) -> Result<()> {
        self.allow(Access::Write)?;
        let mut slots = read_slots(self.storage())?;
        let before = slots.len();
        slots.retain(|slot| slot.number() != number);
        if slots.len() == before {
            return Err(
                Problem::not_found(format!("there is no key {number}")).hint("`larder key list` shows the keys")
            );
        }
        if slots.is_empty() {
            return Err(Problem::failed(format!("key {number} is the only way into this store"))
                .hint("add another one first: larder key add"));
        }
        self.renew_ring(&slots)?;
        (0..names::COPIES).try_for_each(|copy| self.storage().delete(&names::slot(number, copy)))
    }

    /// Writes the next generation of the newest epoch's ring, for `slots`, then removes the ones before.
    fn renew_ring(&self, slots: &[Slot]) -> Result<()> {
        let keys = self.keys();
        let generation = self.ring_generations()?.last().map_or(0, |(last, _)| last + 1);
        let previous = keys.epoch().checked_sub(1).and_then(|epoch| self.epoch(epoch));
        let ring = Ring::create(self.id(), generation, keys, previous, slots, self.settings.now().secs)
            .map_err(about("the new key ring"))?;
        let object = ring.to_object(&self.identity);
        put_copies(self.storage(), |copy| names::ring(keys.epoch(), generation, copy), &object)?;
        self.storage().barrier()?;
        // Whoever finds the old ones gone must find the new one in their place.
        self.wait_until_visible();
        // Listed anew: a check may have mended a copy of an old one meanwhile.
        let old = self.ring_generations()?.into_iter().filter(|(old, _)| *old < generation);
        old.map(|(_, name)| name).try_for_each(|name| self.storage().delete(&name))
    }

    /// The rings of the newest epoch, readable or not: generations and names, in order.
    fn ring_generations(&self) -> Result<Vec<(u32, ObjectName)>> {
        let prefix = format!("ring-{:08}-", self.keys().epoch());
        let listed = self.storage().list(names::KEYS)?.into_iter().map(|object| object.name);
        let mut rings: Vec<_> = listed.filter_map(|name| Some((generation_of(&name, &prefix)?, name))).collect();
        rings.sort();
        Ok(rings)
    }
}

fn generation_of(ring: &ObjectName, prefix: &str) -> Option<u32> {
    let (generation, _copy) = ring.name().strip_prefix(prefix)?.split_once('-')?;
    generation.parse().ok()
}
