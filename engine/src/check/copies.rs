//! Config and keys: stored twice, because without them all else is lost. A copy that is bad is written anew from the other one.
//!
//! A key that was removed must stay removed, also when it is being removed at this moment. So nothing is mended that the newest ring
//! does not name, before it is written and after; and a copy that turns out to be of a removed key goes again. Whoever removes a key
//! puts the new ring first and deletes afterwards, so that one of the two always sees the other.

use std::collections::BTreeMap;

use larder_connect::{Durability, ObjectName};
use larder_format::{container, ring::Ring};
use larder_model::{ProblemKind, Result};

use super::{CheckReport, Finding};
use crate::{Store, names};

/// The copies of one numbered object.
#[derive(Default)]
struct Copies {
    whole: Option<Vec<u8>>,
    /// By copy number: true where it is whole.
    found: BTreeMap<u32, bool>,
}

pub(super) fn check(store: &Store, report: &mut CheckReport) -> Result<()> {
    let first = Look::take(store)?;
    let suspects: Vec<ObjectName> = first.bad().map(|bad| bad.name).collect();
    if suspects.is_empty() {
        return Ok(());
    }
    // Copies that are being put or deleted look the same. What somebody put before is visible at the second look.
    store.wait_until_visible();
    let second = Look::take(store)?;
    for bad in second.bad().filter(|bad| suspects.contains(&bad.name)) {
        let done = match bad.whole {
            Some(object) if mend(store, &bad.name, object)? => "; it was written anew",
            _ => "",
        };
        report.problems.push(Finding::new(&bad.name, format_args!("{}{done}", bad.trouble)));
    }
    Ok(())
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
        let (config, keys) = (read(store, names::CONFIG)?, read(store, names::KEYS)?);
        let current = Current::of(store, &keys);
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
                    Some(true) => return None,
                    Some(false) => "its bytes are not those that were written",
                    None => "it is missing from the store",
                };
                let name = ObjectName::new(folder, format_args!("{stem}-{copy}"));
                Some(Bad { name, trouble, whole: copies.whole.as_ref() })
            })
        })
    }
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
        let copies = objects.entry(stem.to_owned()).or_default();
        let is_whole = container::verify_hash(&object).is_ok() && object.starts_with(b"LARDER\0");
        copies.found.insert(copy, is_whole);
        if is_whole {
            copies.whole = Some(object);
        }
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
    slots: Vec<u32>,
}

impl Current {
    fn of(store: &Store, keys: &BTreeMap<String, Copies>) -> Self {
        let rings = keys.values().filter_map(|copies| Ring::from_object(copies.whole.as_ref()?, store.identity()).ok());
        let newest = rings.max_by_key(|ring| (ring.epoch(), ring.generation()));
        Self {
            slots: newest.as_ref().map(|ring| ring.slots().collect()).unwrap_or_default(),
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
        is_ring || self.slots.iter().any(|slot| stem == format!("slot-{slot:08}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_format() {
        let current = Current { ring: Some((0, 3)), slots: vec![1] };
        assert!(
            names::ring(0, 3, 1).name().starts_with("ring-00000000-00000003-")
                && current.names("ring-00000000-00000003")
        );
        assert!(names::slot(1, 0).name().starts_with("slot-00000001-") && current.names("slot-00000001"));
        assert!(!current.names("slot-00000002") && !current.names("ring-00000000-00000002"));
    }
}
