//! Making a store.
//!
//! The config decides: whoever puts its first generation has made the store, and nobody else has. Until then a place is nobody's, so a
//! `create` takes nothing away that it finds there. It looks for the config by its name, since a listing may lack what was put just now,
//! and puts keys of its own beside those of another `create`, which may be at work at this moment, or was cut short. Who has put the
//! config then clears away the other keys that it saw; who was too late takes back its own.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use larder_connect::{Durability, ObjectName, Put, Storage};
use larder_format::{
    config::Config,
    keys::{EpochKeys, Identity},
    ring::Ring,
    secret::{Secret, random},
    slot::{Slot, Unlock},
};
use larder_model::{Problem, ProblemKind, Result, StoreId, escape};

use super::{Store, keys::number_of};
use crate::{Settings, names, trouble::about};

/// The number of the slot of a store that is made where no keys lie.
const FIRST_SLOT: u32 = 1;

/// Between two looks at what has just been put.
const LOOKS_PAUSE: Duration = Duration::from_secs(1);

impl Store {
    /// Makes a store in an empty place, with one slot. With `identity_from` it shares that store's blob ids, so that copies
    /// between the two need no new hashing.
    pub fn create(
        storage: Arc<dyn Storage>,
        unlock: &Unlock,
        label: &str,
        identity_from: Option<&Self>,
        settings: Settings,
    ) -> Result<Self> {
        storage.prepare(&names::FOLDERS)?;
        let others = Others::find(&*storage)?;
        let secret = identity_from.map_or_else(Secret::random, |other| other.identity.secret().clone());
        let identity = Identity::new(secret);
        let store = StoreId(random());
        let created = settings.now().secs;
        let keys = EpochKeys::new(0, Secret::random());
        let number = others.free_slot();
        let slot =
            Slot::create(store, number, unlock, identity.secret(), created, label).map_err(about("the new key"))?;
        let generation = others.free_ring();
        let ring =
            Ring::create(store, generation, &keys, None, &[slot.member()], created).map_err(about("the new key"))?;
        let config = Config::new(store, created);
        let new = New {
            storage: &*storage,
            settings: &settings,
            keys: [
                Copies::new(|copy| names::slot(number, copy), slot.to_object()),
                Copies::new(|copy| names::ring(0, generation, copy), ring.to_object(&identity)),
            ],
            config: Copies::new(|copy| names::config(0, copy), config.to_object(&identity)),
        };
        new.put()?;
        // They opened nothing, and never will.
        others.keys.iter().try_for_each(|name| storage.delete(name))?;
        Ok(Self { storage, identity: Arc::new(identity), epochs: [keys].into(), config, slot: number, settings })
    }
}

/// What lies in a place where no store is.
struct Others {
    /// Slots and rings of a `create` that was cut short, or is not done yet.
    keys: Vec<ObjectName>,
}

impl Others {
    /// Refuses a place that has a store already, or anything that is not of a `create`.
    fn find(storage: &dyn Storage) -> Result<Self> {
        let conflict = |message: String| Problem::new(ProblemKind::Conflict, message);
        let choose = "choose another place, or use the store that is there";
        if !storage.list(names::CONFIG)?.is_empty() || has_config(storage)? {
            return Err(conflict(format!("{} holds a store already", storage.location())).hint(choose));
        }
        // The listing of just now.
        for folder in names::FOLDERS.iter().filter(|folder| ![names::CONFIG, names::KEYS].contains(folder)) {
            if !storage.glance(folder)?.is_empty() {
                let message = format!("{} holds a store already, or parts of one: {folder}/", storage.location());
                return Err(conflict(message).hint(choose));
            }
        }
        let keys: Vec<_> = storage.glance(names::KEYS)?.into_iter().map(|info| info.name).collect();
        let is_key = |name: &ObjectName| slot_number(name).or(ring_generation(name)).is_some();
        match keys.iter().find(|name| !is_key(name)) {
            None => Ok(Self { keys }),
            Some(stranger) => {
                let stranger = escape(stranger.as_str().as_bytes());
                let message = format!("{} holds something else already: {stranger}", storage.location());
                Err(conflict(message).hint("choose a place that is empty or not there yet"))
            }
        }
    }

    fn free_slot(&self) -> u32 {
        let used: BTreeSet<u32> = self.keys.iter().filter_map(slot_number).collect();
        (FIRST_SLOT..).find(|number| !used.contains(number)).unwrap_or(FIRST_SLOT)
    }

    fn free_ring(&self) -> u32 {
        let used: BTreeSet<u32> = self.keys.iter().filter_map(ring_generation).collect();
        (0..).find(|generation| !used.contains(generation)).unwrap_or(0)
    }
}

/// Asks for the config itself: that a listing lacks it says little.
fn has_config(storage: &dyn Storage) -> Result<bool> {
    for copy in 0..names::COPIES {
        match storage.get(&names::config(0, copy), Some(0..0)) {
            Err(problem) if problem.is(ProblemKind::NotFound) => {}
            Err(problem) => return Err(problem),
            Ok(_) => return Ok(true),
        }
    }
    Ok(false)
}

fn slot_number(name: &ObjectName) -> Option<u32> {
    number_of(name, "slot-").filter(|number| is_copy_of(name, |copy| names::slot(*number, copy)))
}

fn ring_generation(name: &ObjectName) -> Option<u32> {
    number_of(name, "ring-00000000-").filter(|generation| is_copy_of(name, |copy| names::ring(0, *generation, copy)))
}

fn is_copy_of(name: &ObjectName, copy_name: impl Fn(u32) -> ObjectName) -> bool {
    (0..names::COPIES).any(|copy| copy_name(copy) == *name)
}

/// One object under the names of its copies.
struct Copies {
    names: Vec<ObjectName>,
    object: Vec<u8>,
}

impl Copies {
    fn new(name: impl Fn(u32) -> ObjectName, object: Vec<u8>) -> Self {
        Self { names: (0..names::COPIES).map(name).collect(), object }
    }

    fn put(&self, storage: &dyn Storage) -> Result<()> {
        put_copies(storage, |copy| self.names[copy as usize].clone(), &self.object)
    }
}

/// The objects of a new store.
struct New<'n> {
    storage: &'n dyn Storage,
    settings: &'n Settings,
    /// Slot and ring.
    keys: [Copies; 2],
    config: Copies,
}

impl New<'_> {
    /// The config comes last: a store without one is not there yet, and `create` may be repeated.
    fn put(&self) -> Result<()> {
        let put = self.keys.iter().try_for_each(|copies| copies.put(self.storage));
        put.map_err(|problem| if problem.is(ProblemKind::Conflict) { self.made_by_another() } else { problem })?;
        self.storage.barrier()?;
        match self.config.put(self.storage) {
            Err(problem) if problem.is(ProblemKind::Conflict) => {
                // It may be the own one, put by a call whose answer was lost.
                let [first, further @ ..] = &*self.config.names else { return Err(problem) };
                if !self.is_there(first, &self.config.object)? {
                    self.take_back()?;
                    return Err(self.made_by_another());
                }
                let put = |name| self.storage.put(name, &[&self.config.object], Durability::Barrier).map(drop);
                further.iter().try_for_each(put)?;
            }
            put => put?,
        }
        self.storage.barrier()?;
        self.look_once()
    }

    /// The place is another's: what this one put there goes, and nothing else.
    fn take_back(&self) -> Result<()> {
        for copies in &self.keys {
            for name in &copies.names {
                if self.is_there(name, &copies.object)? {
                    self.storage.delete(name)?;
                }
            }
        }
        Ok(())
    }

    /// Where somebody else makes a store in the same place at the same time, and the provider is late in saying so, one of the two
    /// would be lost with all that is put into it.
    fn look_once(&self) -> Result<()> {
        for copies in std::iter::once(&self.config).chain(&self.keys) {
            if !self.is_there(&copies.names[0], &copies.object)? {
                return Err(self.made_by_another());
            }
        }
        Ok(())
    }

    /// Whether an object that was put lies there as it was put. Reads may lag behind writes: what is not there is looked for until
    /// everybody has to see it.
    fn is_there(&self, name: &ObjectName, object: &[u8]) -> Result<bool> {
        let (patience, mut waited) = (self.storage.promises().visibility_delay * 2, Duration::ZERO);
        loop {
            self.storage.doubt(name);
            match self.storage.get(name, None) {
                Err(problem) if problem.is(ProblemKind::NotFound) && waited < patience => {
                    self.settings.clock.sleep(LOOKS_PAUSE);
                    waited += LOOKS_PAUSE;
                }
                Err(problem) if problem.is(ProblemKind::NotFound) => return Ok(false),
                read => return Ok(read? == object),
            }
        }
    }

    fn made_by_another(&self) -> Problem {
        let message = format!("another store was made at {} just now, or is being made", self.storage.location());
        Problem::new(ProblemKind::Conflict, message).hint(
            "choose another place, or use the store that is there; if there is none in a minute, run the command again",
        )
    }
}

/// Puts all copies of a numbered object. The first one claims the number: when it exists, it belongs to another writer. A further
/// one that exists has been mended by a check, which has seen the first.
pub(super) fn put_copies(storage: &dyn Storage, name: impl Fn(u32) -> ObjectName, object: &[u8]) -> Result<()> {
    for copy in 0..names::COPIES {
        let name = name(copy);
        if storage.put(&name, &[object], Durability::Barrier)? == Put::Existed && copy == 0 {
            return Err(Problem::new(ProblemKind::Conflict, format!("{name} was written by somebody else just now"))
                .hint("run the command again"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_format_are_keys() {
        let name = |text: &str| ObjectName::parse(text).unwrap();
        for key in [names::slot(1, 0), names::slot(7, 1)] {
            assert!(slot_number(&key).is_some() && ring_generation(&key).is_none(), "{key}");
        }
        assert_eq!(ring_generation(&names::ring(0, 3, 1)), Some(3));
        for other in ["keys/id_rsa", "keys/slot-1-0", "keys/slot-00000001-7", "keys/slot-00000001-0.bak", "keys/ring-x"]
        {
            assert_eq!(slot_number(&name(other)).or(ring_generation(&name(other))), None, "{other}");
        }
    }

    #[test]
    fn numbers_that_lie_there_are_not_taken() {
        let keys = vec![names::slot(1, 0), names::slot(3, 1), names::ring(0, 0, 0)];
        let others = Others { keys };
        assert_eq!((others.free_slot(), others.free_ring()), (2, 1));
        let none = Others { keys: Vec::new() };
        assert_eq!((none.free_slot(), none.free_ring()), (FIRST_SLOT, 0));
    }
}
