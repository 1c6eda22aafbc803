//! Ways into a store: adding and removing slots.
//!
//! Slots lie in the storage, and whoever controls it can write one. So a slot alone is no way in: those count that the newest ring names, by
//! number and public key, and the ring carries a MAC of the identity secret. A new ring is sealed to the members of the one before, and
//! to the slot that is being added; never to what happens to lie in the storage.
//!
//! The new ring is the moment at which a key comes or goes. A slot is durable before a ring names it, and deleted after none does, so
//! that what is cut short leaves at most a slot that opens nothing. `check` names it, and [`Store::remove_slot`] clears it away.

use std::collections::BTreeSet;

use larder_connect::ObjectName;
use larder_format::{
    config::Access,
    ring::Ring,
    slot::{Slot, Unlock},
};
use larder_model::{Problem, ProblemKind, Result};

use super::{
    Store,
    create::put_copies,
    unlock::{read_rings, read_slots},
};
use crate::{names, trouble::about};

/// Numbers and public keys of slots.
type Members = Vec<(u32, [u8; 32])>;

/// The highest number that eight digits hold (docs/format.md §2).
const NUMBER_MAX: u32 = 99_999_999;
const NUMBER_LEN: usize = 8;

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
        let members: Members = self.newest_ring()?.members().collect();
        let slots = read_slots(self.storage())?.into_iter().filter(|slot| members.contains(&slot.member()));
        Ok(slots.map(|slot| SlotInfo::new(&slot, Some(self.slot))).collect())
    }

    /// The ring that tells who belongs to the store.
    fn newest_ring(&self) -> Result<Ring> {
        let newest = read_rings(self.storage(), &self.identity)?.into_values().next_back();
        newest.ok_or_else(|| Problem::damaged("the store has lost its key rings"))
    }

    /// Adds a way in; returns its number.
    pub fn add_slot(&self, unlock: &Unlock, label: &str) -> Result<u32> {
        self.allow(Access::Write)?;
        let ring = self.newest_ring()?;
        let mut members: Members = ring.members().collect();
        let slot = self.put_slot(unlock, label, &members)?;
        members.push(slot.member());
        self.renew_ring(&ring, &members).or_else(|problem| self.take_back(&slot, problem))?;
        Ok(slot.number())
    }

    /// Puts a new way in, in the place of the one that the store was opened with: one ring takes the one and gives the other. Returns
    /// the numbers of both, the old one first.
    pub fn change_slot(&self, unlock: &Unlock) -> Result<(u32, u32)> {
        self.allow(Access::Write)?;
        let ring = self.newest_ring()?;
        let mut members: Members = ring.members().collect();
        let old = read_slots(self.storage())?
            .into_iter()
            .find(|slot| slot.number() == self.slot && members.contains(&slot.member()))
            .ok_or_else(|| {
                Problem::failed("the key that opened the store is gone")
                    .hint("`larder key list` shows those that are left")
            })?;
        let new = self.put_slot(unlock, old.label(), &members)?;
        members.retain(|member| member.0 != old.number());
        members.push(new.member());
        self.renew_ring(&ring, &members).or_else(|problem| self.take_back(&new, problem))?;
        self.delete_slot(old.number())?;
        Ok((old.number(), new.number()))
    }

    /// Removes a way in, or what an unfinished adding or removal has left of one. Whoever copied the store before keeps what they had;
    /// new data are out of their reach only after the epoch's keys were renewed.
    pub fn remove_slot(&self, number: u32) -> Result<()> {
        self.allow(Access::Write)?;
        let ring = self.newest_ring()?;
        let mut members: Members = ring.members().collect();
        let before = members.len();
        members.retain(|member| member.0 != number);
        if members.len() == before {
            if !self.slot_names()?.iter().any(|(listed, _)| *listed == number) {
                return Err(
                    Problem::not_found(format!("there is no key {number}")).hint("`larder key list` shows the keys")
                );
            }
            return self.delete_slot(number);
        }
        // Of those that are left, one must really be there to be opened.
        if !read_slots(self.storage())?.iter().any(|slot| members.contains(&slot.member())) {
            return Err(Problem::failed(format!("key {number} is the only way into this store"))
                .hint("add another one first: larder key add"));
        }
        self.renew_ring(&ring, &members)?;
        self.delete_slot(number)
    }

    /// Makes a slot and puts it, durably: a ring that names it comes after that.
    fn put_slot(&self, unlock: &Unlock, label: &str, members: &[(u32, [u8; 32])]) -> Result<Slot> {
        // A number that lies there is not used again, not even that of a slot that is none of ours.
        let used = self.slot_names()?.into_iter().map(|(number, _)| number).collect();
        let number = free_number(members.iter().map(|member| member.0).max(), &used)?;
        let created = self.settings.now().secs;
        let slot = Slot::create(self.id(), number, unlock, self.identity.secret(), created, label)
            .map_err(about("the new key"))?;
        put_copies(self.storage(), |copy| names::slot(number, copy), &slot.to_object())?;
        self.storage().barrier()?;
        Ok(slot)
    }

    /// Somebody else was faster, so no ring will ever name the slot. After any other problem nobody knows whether one does.
    fn take_back(&self, slot: &Slot, problem: Problem) -> Result<()> {
        if problem.is(ProblemKind::Conflict) {
            self.delete_slot(slot.number())?;
        }
        Err(problem)
    }

    fn delete_slot(&self, number: u32) -> Result<()> {
        let names = self.slot_names()?.into_iter().filter(|(listed, _)| *listed == number);
        names.map(|(_, name)| name).try_for_each(|name| self.storage().delete(&name))
    }

    /// All slots that lie in the storage, whosever they are: numbers and names.
    fn slot_names(&self) -> Result<Vec<(u32, ObjectName)>> {
        let listed = self.storage().list(names::KEYS)?.into_iter().map(|object| object.name);
        Ok(listed.filter_map(|name| Some((number_of(&name, "slot-")?, name))).collect())
    }

    /// Writes the next generation of the newest epoch's ring, for `members`, then removes the ones before. What somebody else has
    /// made of the ring `before` meanwhile must not be lost: it is there to be seen, or the two want the same name.
    fn renew_ring(&self, before: &Ring, members: &[(u32, [u8; 32])]) -> Result<()> {
        let keys = self.keys();
        let used: BTreeSet<u32> = self.ring_generations()?.into_iter().map(|(generation, _)| generation).collect();
        let newest = self.newest_ring()?;
        if (newest.epoch(), newest.generation()) != (before.epoch(), before.generation()) {
            return Err(Problem::new(
                ProblemKind::Conflict,
                "somebody else has changed the keys of this store just now",
            )
            .hint("run the command again"));
        }
        let generation = first_free(before.generation(), &used)?;
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
        Ok(listed.filter_map(|name| Some((number_of(&name, &prefix)?, name))).collect())
    }
}

/// The number behind `prefix` in the name of a numbered object with copies: eight digits, so that what a ring orders by number is in
/// the order of names.
pub(super) fn number_of(name: &ObjectName, prefix: &str) -> Option<u32> {
    let (number, _copy) = name.name().strip_prefix(prefix)?.split_once('-')?;
    if number.len() == NUMBER_LEN { number.parse().ok() } else { None }
}

/// A number above `last` that nothing has: the one after all that are used, unless somebody put something under the very last.
fn free_number(last: Option<u32>, used: &BTreeSet<u32>) -> Result<u32> {
    let after = |number: Option<u32>| number.map_or(0, |number| number + 1);
    let next = after(used.last().copied().max(last));
    if next <= NUMBER_MAX { Ok(next) } else { first_free(last.unwrap_or(0), used) }
}

/// The first number above `last` that nothing has.
fn first_free(last: u32, used: &BTreeSet<u32>) -> Result<u32> {
    let mut numbers = last.saturating_add(1)..=NUMBER_MAX;
    numbers.find(|number| !used.contains(number)).ok_or_else(|| Problem::failed("there is no number left for a key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_taken_twice_nor_used_up_by_strangers() {
        let free = |last, used: &[u32]| free_number(last, &used.iter().copied().collect()).unwrap();
        assert_eq!(free(None, &[]), 0);
        assert_eq!(free(Some(1), &[1]), 2);
        assert_eq!(free(Some(1), &[1, 9]), 10);
        assert_eq!(free(Some(9), &[1]), 10);
        assert_eq!(free(Some(1), &[1, 2, NUMBER_MAX]), 3);
        assert!(free_number(Some(NUMBER_MAX), &BTreeSet::new()).is_err());
    }

    #[test]
    fn numbers_are_those_of_the_format() {
        assert_eq!(number_of(&names::slot(7, 1), "slot-"), Some(7));
        assert_eq!(number_of(&names::ring(0, 3, 0), "ring-00000000-"), Some(3));
        assert_eq!(number_of(&names::ring(1, 3, 0), "ring-00000000-"), None);
        assert_eq!(number_of(&names::slot(u32::MAX, 0), "slot-"), None);
    }
}
