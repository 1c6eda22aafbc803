//! Opening a store: slots, rings, config.

mod attempt;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use larder_connect::{ObjectName, Storage};
use larder_format::{
    FormatError,
    config::{Access, Config},
    keys::Identity,
    ring::Ring,
    slot::{Slot, Unlock},
};
use larder_model::{Problem, ProblemKind, Result};

use super::{Store, announce, keys::SlotInfo};
use crate::{Settings, look::Look, names, trouble::about};

/// People add and remove keys one at a time.
const LISTINGS_MAX: u32 = 5;

type Objects = Vec<(ObjectName, Vec<u8>)>;

impl Store {
    /// Opens a store. `unlock` is shown the slots and gives a passphrase or key file; it is asked once.
    pub fn open(
        storage: Arc<dyn Storage>,
        unlock: &mut dyn FnMut(&[SlotInfo]) -> Result<Unlock>,
        settings: Settings,
    ) -> Result<Self> {
        let slots = slots_at(&*storage, Look::Glance)?;
        if slots.is_empty() {
            return Err(no_store(&*storage));
        }
        let infos: Vec<_> = slots.iter().map(|slot| SlotInfo::new(slot, None)).collect();
        let opened = attempt::open_any(&slots, &unlock(&infos)?, &*storage, &settings.interrupt)?;
        let config = read_config(&*storage, &opened.identity)?;
        let attempt::Opened { slot, identity, epochs } = opened;
        let (identity, epochs) = (Arc::new(identity), epochs.into());
        let store = Self { storage, identity, epochs, config, slot, settings };
        store.allow(Access::Read)?;
        Ok(store)
    }
}

fn no_store(storage: &dyn Storage) -> Problem {
    let location = storage.location();
    let has_objects = [names::CONFIG, names::PACKS, names::SNAPSHOTS]
        .iter()
        .any(|folder| storage.glance(folder).is_ok_and(|objects| !objects.is_empty()));
    if has_objects {
        let hint = if storage.promises().undelete {
            "try `larder repair --undelete`; without the folder `keys` nothing can be read"
        } else {
            "bring back the folder `keys` from a copy; without it nothing can be read"
        };
        return Problem::damaged(format!("the store at {location} has lost all its keys")).hint(hint);
    }
    Problem::not_found(format!("there is no store at {location}"))
        .hint(format!("make one with: larder at {location} create"))
}

/// All readable slots as they are now, by number; where two copies are not the same, both: whoever can write one copy must not be able
/// to hide the other.
pub(super) fn read_slots(storage: &dyn Storage) -> Result<Vec<Slot>> {
    slots_at(storage, Look::Now)
}

fn slots_at(storage: &dyn Storage, look: Look) -> Result<Vec<Slot>> {
    let mut seen = HashSet::new();
    let (mut slots, mut newer) = (Vec::new(), None);
    for (_, object) in read_keys(storage, look, "slot-")? {
        match Slot::from_object(&object) {
            Ok(slot) if seen.insert(object) => slots.push(slot),
            Err(error @ FormatError::Unsupported(_)) => newer = Some(error),
            Ok(_) | Err(_) => {}
        }
    }
    slots.sort_by_key(Slot::number);
    match newer {
        Some(error) if slots.is_empty() => Err(about(format_args!("the store at {}", storage.location()))(error)),
        _ => Ok(slots),
    }
}

/// Objects of `keys/` whose names begin with `prefix`, both copies, in the order of their names. Rings and slots that are renewed
/// meanwhile vanish only when their successors are there: then everything is listed anew.
fn read_keys(storage: &dyn Storage, mut look: Look, prefix: &str) -> Result<Objects> {
    for _ in 1..LISTINGS_MAX {
        if let (objects, true) = read_listed(storage, look, prefix)? {
            return Ok(objects);
        }
        look = Look::Now;
    }
    Ok(read_listed(storage, look, prefix)?.0)
}

/// Also tells whether everything that was listed was still there to be read.
fn read_listed(storage: &dyn Storage, look: Look, prefix: &str) -> Result<(Objects, bool)> {
    let mut names: Vec<_> = look.list(storage, names::KEYS)?.into_iter().map(|object| object.name).collect();
    // Slots are read first, and rings right after them.
    announce(storage, names.iter().cloned())?;
    names.retain(|name| name.name().starts_with(prefix));
    names.sort();
    let (mut objects, mut is_whole) = (Vec::new(), true);
    for name in names {
        match storage.get(&name, None) {
            Ok(object) => objects.push((name, object)),
            Err(problem) if problem.is(ProblemKind::NotFound) => is_whole = false,
            Err(problem) => return Err(problem),
        }
    }
    Ok((objects, is_whole))
}

/// All rings that the identity secret vouches for, by epoch and generation.
pub(super) fn read_rings(storage: &dyn Storage, identity: &Identity) -> Result<BTreeMap<(u32, u32), Ring>> {
    rings_at(storage, Look::Now, identity)
}

fn rings_at(storage: &dyn Storage, look: Look, identity: &Identity) -> Result<BTreeMap<(u32, u32), Ring>> {
    let objects = read_keys(storage, look, "ring-")?;
    let rings = objects.iter().filter_map(|(_, object)| Ring::from_object(object, identity).ok());
    Ok(rings.map(|ring| ((ring.epoch(), ring.generation()), ring)).collect())
}

/// The highest valid generation.
fn read_config(storage: &dyn Storage, identity: &Identity) -> Result<Config> {
    let mut objects = storage.glance(names::CONFIG)?;
    objects.sort_by(|a, b| b.name.cmp(&a.name));
    let mut problem = None;
    for info in objects {
        let object = storage.get(&info.name, None)?;
        match Config::from_object(&object, identity) {
            Ok(config) => return Ok(config),
            Err(error @ FormatError::Unsupported(_)) => return Err(about(&info.name)(error)),
            Err(error) => problem = Some(about(&info.name)(error)),
        }
    }
    Err(problem.unwrap_or_else(|| Problem::damaged(format!("the store at {} has lost its config", storage.location()))))
}
