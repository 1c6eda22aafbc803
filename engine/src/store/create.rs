//! Making a store.

use std::sync::Arc;

use larder_connect::{Durability, Put, Storage};
use larder_format::{
    config::Config,
    keys::{EpochKeys, Identity},
    ring::Ring,
    secret::{Secret, random},
    slot::{Slot, Unlock},
};
use larder_model::{Problem, ProblemKind, Result, StoreId};

use super::Store;
use crate::{Settings, names, trouble::about};

/// The first slot's number.
const FIRST_SLOT: u32 = 1;

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
        refuse_store(&*storage)?;
        let secret = identity_from.map_or_else(Secret::random, |other| other.identity.secret().clone());
        let identity = Identity::new(secret);
        let store = StoreId(random());
        let created = settings.now().secs;
        let keys = EpochKeys::new(0, Secret::random());
        let slot =
            Slot::create(store, FIRST_SLOT, unlock, identity.secret(), created, label).map_err(about("the new key"))?;
        let ring = Ring::create(store, 0, &keys, None, &[slot.member()], created).map_err(about("the new key"))?;
        let config = Config::new(store, created);
        // The config comes last: a store without one is not there yet, and `create` may be repeated.
        let copies = |name: fn(u32, u32) -> _, number: u32, object: &[u8]| {
            put_copies(&*storage, |copy| name(number, copy), object)
        };
        copies(names::slot, FIRST_SLOT, &slot.to_object())?;
        put_copies(&*storage, |copy| names::ring(0, 0, copy), &ring.to_object(&identity))?;
        storage.barrier()?;
        let object = config.to_object(&identity);
        copies(names::config, 0, &object)?;
        storage.barrier()?;
        look_once(&*storage, &object)?;
        Ok(Self { storage, identity: Arc::new(identity), epochs: [keys].into(), config, slot: FIRST_SLOT, settings })
    }
}

/// Where somebody else makes a store in the same place at the same time, and the provider is late in saying so, one of the two would be
/// lost with all that is put into it.
fn look_once(storage: &dyn Storage, config: &[u8]) -> Result<()> {
    let name = names::config(0, 0);
    storage.doubt(&name);
    if storage.get(&name, None)? == config {
        return Ok(());
    }
    let message = format!("another store was made at {} just now", storage.location());
    Err(Problem::new(ProblemKind::Conflict, message).hint("choose another place, or use the store that is there"))
}

/// Refuses a place that has a store already, and clears away the keys of a `create` that was cut short.
fn refuse_store(storage: &dyn Storage) -> Result<()> {
    let has = |folder: &str| storage.list(folder).map(|objects| !objects.is_empty());
    if has(names::CONFIG)? || has(names::SNAPSHOTS)? || has(names::PACKS)? {
        return Err(Problem::new(ProblemKind::Conflict, format!("{} holds a store already", storage.location()))
            .hint("choose another place, or use the store that is there"));
    }
    storage.list(names::KEYS)?.iter().try_for_each(|object| storage.delete(&object.name))
}

/// Puts all copies of a numbered object. The first one claims the number: when it exists, it belongs to another writer. A further
/// one that exists has been mended by a check, which has seen the first.
pub(super) fn put_copies(
    storage: &dyn Storage,
    name: impl Fn(u32) -> larder_connect::ObjectName,
    object: &[u8],
) -> Result<()> {
    for copy in 0..names::COPIES {
        let name = name(copy);
        if storage.put(&name, &[object], Durability::Barrier)? == Put::Existed && copy == 0 {
            return Err(Problem::new(ProblemKind::Conflict, format!("{name} was written by somebody else just now"))
                .hint("run the command again"));
        }
    }
    Ok(())
}
