//! Config and keys: stored twice, because without them all else is lost. A copy that is bad is written anew from the other one.

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
    let keys = read(store, names::KEYS)?;
    let current = Current::of(store, &keys);
    for (folder, objects) in [(names::CONFIG, read(store, names::CONFIG)?), (names::KEYS, keys)] {
        for (stem, copies) in objects {
            for copy in 0..names::COPIES {
                let trouble = match copies.found.get(&copy) {
                    Some(true) => continue,
                    Some(false) => "its bytes are not those that were written",
                    None => "it is missing from the store",
                };
                let name = ObjectName::new(folder, format_args!("{stem}-{copy}"));
                let is_current = folder == names::CONFIG || current.names(&stem);
                let done = match &copies.whole {
                    Some(object) if is_current && mend(store, &name, object).is_ok() => "; it was written anew",
                    _ => "",
                };
                report.problems.push(Finding::new(&name, format_args!("{trouble}{done}")));
            }
        }
    }
    Ok(())
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

/// Writes a whole copy in place of a bad or missing one.
fn mend(store: &Store, name: &ObjectName, object: &[u8]) -> Result<()> {
    match store.storage().get(name, None) {
        Err(problem) if problem.is(ProblemKind::NotFound) => {
            store.storage().put(name, &[object], Durability::Barrier)?;
        }
        _ => store.storage().replace_damaged(name, &[object])?,
    }
    store.storage().barrier()
}

/// What the newest ring says is in use. Nothing else is mended: a key that was removed must stay removed.
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
