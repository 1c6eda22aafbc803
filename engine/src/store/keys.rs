//! Ways into a store: adding and removing slots.
//!
//! Slots lie in the storage, and whoever controls it can write one. So a slot alone is no way in: those count that the newest ring names, by
//! number and public key, and the ring carries a MAC of the identity secret. A new ring is sealed to the members of the one before, and
//! to the slot that is being added; never to what happens to lie in the storage.

use larder_connect::ObjectName;
use larder_format::{
    config::Access,
    ring::Ring,
    slot::{Slot, Unlock},
};
use larder_model::{Problem, Result};

use super::{
    Store,
    create::put_copies,
    unlock::{read_rings, read_slots},
};
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
        let members = self.ring_members()?;
        let slots = read_slots(self.storage())?.into_iter().filter(|slot| members.contains(&slot.member()));
        Ok(slots.map(|slot| SlotInfo::new(&slot, Some(self.slot))).collect())
    }

    /// Numbers and public keys of the slots that the newest ring vouches for.
    fn ring_members(&self) -> Result<Vec<(u32, [u8; 32])>> {
        let newest = read_rings(self.storage(), &self.identity)?.into_values().next_back();
        let newest = newest.ok_or_else(|| Problem::damaged("the store has lost its key rings"))?;
        Ok(newest.members().collect())
    }

    /// Adds a way in; returns its number.
    pub fn add_slot(&self, unlock: &Unlock, label: &str) -> Result<u32> {
        self.allow(Access::Write)?;
        let mut members = self.ring_members()?;
        // A number is never used again, not even one of a slot that is none of ours.
        let used =
            read_slots(self.storage())?.iter().map(Slot::number).chain(members.iter().map(|member| member.0)).max();
        let number =
            used.unwrap_or(0).checked_add(1).ok_or_else(|| Problem::failed("there is no number left for a key"))?;
        let created = self.settings.now().secs;
        let slot = Slot::create(self.id(), number, unlock, self.identity.secret(), created, label)
            .map_err(about("the new key"))?;
        put_copies(self.storage(), |copy| names::slot(number, copy), &slot.to_object())?;
        members.push(slot.member());
        self.renew_ring(&members)?;
        Ok(number)
    }

    /// Removes a way in. Whoever copied the store before keeps what they had; new data are out of their reach only after the
    /// epoch's keys were renewed.
    pub fn remove_slot(&self, number: u32) -> Result<()> {
        self.allow(Access::Write)?;
        let mut members = self.ring_members()?;
        let before = members.len();
        members.retain(|member| member.0 != number);
        if members.len() == before {
            return Err(
                Problem::not_found(format!("there is no key {number}")).hint("`larder key list` shows the keys")
            );
        }
        // Of those that are left, one must really be there to be opened.
        if !read_slots(self.storage())?.iter().any(|slot| members.contains(&slot.member())) {
            return Err(Problem::failed(format!("key {number} is the only way into this store"))
                .hint("add another one first: larder key add"));
        }
        self.renew_ring(&members)?;
        (0..names::COPIES).try_for_each(|copy| self.storage().delete(&names::slot(number, copy)))
    }

    /// Writes the next generation of the newest epoch's ring, for `members`, then removes the ones before.
    fn renew_ring(&self, members: &[(u32, [u8; 32])]) -> Result<()> {
        let keys = self.keys();
        let generation = self.ring_generations()?.last().map_or(0, |(last, _)| last + 1);
        let previous = keys.epoch().checked_sub(1).and_then(|epoch| self.epoch(epoch));
        let ring = Ring::create(self.id(), generation, keys, previous, members, self.settings.now().secs)
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
