//! Config and keys: stored twice, because without them all else is lost. A copy that is bad is written anew from the other one.
//!
//! A key that was removed must stay removed, also when it is being removed at this moment. So nothing is mended that the newest ring
//! does not name, before it is written and after; and a copy that turns out to be of a removed key goes again. Whoever removes a key
//! puts the new ring first and deletes afterwards, so that one of the two always sees the other.
//!
//! That an object is whole tells nothing of who wrote it: config and rings must carry this store's MAC, and a slot the public key that
//! the ring has under its number. A slot that no ring names is named as what it is, and does no harm.

use std::collections::BTreeMap;

use larder_connect::{Durability, ObjectName};
use larder_format::{FormatError, config::Config, container, ring::Ring, slot::Slot};
use larder_model::{ProblemKind, Result};

use super::{CheckReport, Finding};
use crate::{Store, names};

/// The copies of one numbered object.
#[derive(Default)]
struct Copies {
    /// By copy number: the bytes, and whether they are what was written.
    found: BTreeMap<u32, (Vec<u8>, bool)>,
}

impl Copies {
    fn whole(&self) -> Option<&Vec<u8>> {
        self.found.values().find(|(_, is_whole)| *is_whole).map(|(object, _)| object)
    }
}

pub(super) fn check(store: &Store, report: &mut CheckReport) -> Result<()> {
    let first = Look::take(store)?;
    if first.bad().next().is_none() && first.strangers().next().is_none() {
        return Ok(());
    }
    // Copies that are being put or deleted look the same. What somebody put before is visible at the second look.
    store.wait_until_visible();
    let second = Look::take(store)?;
    let suspects: Vec<ObjectName> = first.bad().map(|bad| bad.name).collect();
    for bad in second.bad().filter(|bad| suspects.contains(&bad.name)) {
        let done = match bad.whole {
            Some(object) if mend(store, &bad.name, object)? => "; it was written anew".to_owned(),
            Some(_) => String::new(),
            None => lost(&bad.name),
        };
        report.problems.push(Finding::new(&bad.name, format_args!("{}{done}", bad.trouble)));
    }
    let suspects: Vec<String> = first.strangers().map(|(item, _)| item).collect();
    let strangers = second.strangers().filter(|(item, _)| suspects.contains(item));
    report.harmless.extend(strangers.map(|(item, message)| Finding::new(item, message)));
    Ok(())
}

/// What it means that no copy is left.
fn lost(name: &ObjectName) -> String {
    match slot_number(name.name()) {
        Some(number) => {
            format!("; no copy is left, so key {number} opens nothing: `larder key rm {number}` takes it off the list")
        }
        None => String::new(),
    }
}

/// Config and keys as they were found.
struct Look {
    config: BTreeMap<String, Copies>,
    keys: BTreeMap<String, Copies>,
    current: Current,
}

/// A copy that is not what it should be.
struct Bad<'l> {
    name: ObjectName,
    trouble: &'static str,
    /// What it should be, where that is known.
    whole: Option<&'l Vec<u8>>,
}

impl Look {
    fn take(store: &Store) -> Result<Self> {
        let (mut config, mut keys) = (read(store, names::CONFIG)?, read(store, names::KEYS)?);
        let current = Current::of(store, &keys);
        config
            .values_mut()
            .for_each(|copies| copies.keep_whole(|object| is_ours(Config::from_object(object, store.identity()))));
        for (stem, copies) in &mut keys {
            copies.keep_whole(|object| match stem.starts_with("ring-") {
                true => is_ours(Ring::from_object(object, store.identity())),
                false => current.vouches_for(stem, object),
            });
        }
        // What the ring names and nobody has seen is missing.
        for (number, _) in &current.members {
            keys.entry(slot_stem(*number)).or_default();
        }
        Ok(Self { config, keys, current })
    }

    /// Bad copies of all that is in use.
    fn bad(&self) -> impl Iterator<Item = Bad<'_>> {
        let config = self.config.iter().map(|(stem, copies)| (names::CONFIG, stem, copies));
        let keys = self.keys.iter().map(|(stem, copies)| (names::KEYS, stem, copies));
        let in_use = keys.filter(|(_, stem, _)| self.current.may_be(stem));
        config.chain(in_use).flat_map(|(folder, stem, copies)| {
            (0..names::COPIES).filter_map(move |copy| {
                let trouble = match copies.found.get(&copy) {
                    Some((_, true)) => return None,
                    Some((_, false)) => "its bytes are not those that were written",
                    None => "it is missing from the store",
                };
                let name = ObjectName::new(folder, format_args!("{stem}-{copy}"));
                Some(Bad { name, trouble, whole: copies.whole() })
            })
        })
    }

    /// Slots that no ring names, and what to do about each. Whoever adds a key at this moment has one for a moment.
    fn strangers(&self) -> impl Iterator<Item = (String, String)> {
        let is_stranger = |stem: &str| self.current.ring.is_some() && !self.current.names(stem);
        self.keys.keys().filter(move |stem| is_stranger(stem)).filter_map(|stem| {
            let number = slot_number(stem)?;
            let message = format!(
                "no key ring names this key, so it opens nothing: its adding or removal was cut short, or somebody else put it there; \
                 `larder key rm {number}` clears it away"
            );
            Some((format!("{}/{stem}", names::KEYS), message))
        })
    }
}

impl Copies {
    /// Takes those for bad that are whole by their hash, but not what they should be.
    fn keep_whole(&mut self, is_right: impl Fn(&[u8]) -> bool) {
        for (object, is_whole) in self.found.values_mut() {
            *is_whole = *is_whole && is_right(object);
        }
    }
}

/// What only a newer program can read is not damaged.
fn is_ours<T>(read: Result<T, FormatError>) -> bool {
    !matches!(read, Err(FormatError::Damaged(_) | FormatError::TooLarge(_) | FormatError::WrongKey))
}

fn read(store: &Store, folder: &str) -> Result<BTreeMap<String, Copies>> {
    let mut objects: BTreeMap<String, Copies> = BTreeMap::new();
    for info in store.storage().list(folder)? {
        let Some((stem, copy)) = info.name.name().rsplit_once('-') else { continue };
        let Ok(copy) = copy.parse() else { continue };
        let object = match store.storage().get(&info.name, None) {
            // A key that is being removed.
            Err(problem) if problem.is(ProblemKind::NotFound) => continue,
            read => read?,
        };
        let is_whole = container::verify_hash(&object).is_ok() && object.starts_with(b"LARDER\0");
        objects.entry(stem.to_owned()).or_default().found.insert(copy, (object, is_whole));
    }
    Ok(objects)
}

/// Writes a whole copy in place of a bad or missing one. False when that failed, or when it is the copy of a key that has been
/// removed meanwhile: then it is deleted again. One at a time, so that a crash leaves no more than one copy that leads nowhere.
fn mend(store: &Store, name: &ObjectName, object: &[u8]) -> Result<bool> {
    if !is_in_use(store, name)? || write(store, name, object).is_err() {
        return Ok(false);
    }
    store.wait_until_visible();
    let is_in_use = is_in_use(store, name)?;
    if !is_in_use {
        store.storage().delete(name)?;
    }
    Ok(is_in_use)
}

fn is_in_use(store: &Store, name: &ObjectName) -> Result<bool> {
    let stem = name.name().rsplit_once('-').map_or("", |(stem, _)| stem);
    Ok(name.folder() == names::CONFIG || Current::of(store, &read(store, names::KEYS)?).names(stem))
}

fn write(store: &Store, name: &ObjectName, object: &[u8]) -> Result<()> {
    match store.storage().get(name, None) {
        Err(problem) if problem.is(ProblemKind::NotFound) => {
            store.storage().put(name, &[object], Durability::Barrier)?;
        }
        _ => store.storage().replace_damaged(name, &[object])?,
    }
    store.storage().barrier()
}

/// What the newest ring says is in use.
struct Current {
    ring: Option<(u32, u32)>,
    /// Numbers and public keys of its slots.
    members: Vec<(u32, [u8; 32])>,
}

impl Current {
    fn of(store: &Store, keys: &BTreeMap<String, Copies>) -> Self {
        let objects = keys.values().flat_map(|copies| copies.found.values()).filter(|(_, is_whole)| *is_whole);
        let rings = objects.filter_map(|(object, _)| Ring::from_object(object, store.identity()).ok());
        let newest = rings.max_by_key(|ring| (ring.epoch(), ring.generation()));
        Self {
            members: newest.as_ref().map(|ring| ring.members().collect()).unwrap_or_default(),
            ring: newest.map(|ring| (ring.epoch(), ring.generation())),
        }
    }

    /// False for what a removal has left behind. Without any ring nobody knows.
    fn may_be(&self, stem: &str) -> bool {
        self.ring.is_none() || self.names(stem)
    }

    /// True for the names of the newest ring and of its slots.
    fn names(&self, stem: &str) -> bool {
        let is_ring = self.ring.is_some_and(|(epoch, generation)| stem == format!("ring-{epoch:08}-{generation:08}"));
        is_ring || self.members.iter().any(|(number, _)| stem == slot_stem(*number))
    }

    /// False for a slot of a member's number and another key: somebody has put it in that one's place.
    fn vouches_for(&self, stem: &str, object: &[u8]) -> bool {
        match self.members.iter().find(|(number, _)| stem == slot_stem(*number)) {
            Some(member) => Slot::from_object(object).is_ok_and(|slot| slot.member() == *member),
            None => true,
        }
    }
}

fn slot_stem(number: u32) -> String {
    format!("slot-{number:08}")
}

fn slot_number(stem: &str) -> Option<u32> {
    let number = stem.strip_prefix("slot-")?;
    number.split('-').next().filter(|number| number.len() == 8)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_format() {
        let current = Current { ring: Some((0, 3)), members: vec![(1, [7; 32])] };
        assert!(
            names::ring(0, 3, 1).name().starts_with("ring-00000000-00000003-")
                && current.names("ring-00000000-00000003")
        );
        assert!(names::slot(1, 0).name().starts_with("slot-00000001-") && current.names("slot-00000001"));
        assert!(!current.names("slot-00000002") && !current.names("ring-00000000-00000002"));
        assert_eq!(slot_number(names::slot(7, 1).name()), Some(7));
        assert_eq!(slot_number("slot-00000007"), Some(7));
    }
}
