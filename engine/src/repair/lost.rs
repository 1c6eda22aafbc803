//! Folders of a store that are gone as a whole: somebody took the store for something that can go.
//!
//! Without config and keys a store cannot even be opened, so these come back first, and without a key. A key that was removed must not come
//! back with them: of each epoch only the newest ring is brought back, and a slot that it does not name opens nothing.

use std::collections::HashMap;

use larder_connect::{ObjectName, Storage};
use larder_model::Result;

use crate::names;

/// Brings back config and keys if one of the folders is empty and was not always; returns the objects that are there again. Nothing is
/// done where no store was.
pub fn undelete_lost_keys(storage: &dyn Storage) -> Result<Vec<String>> {
    let is_empty = |folder: &str| storage.list(folder).map(|objects| objects.is_empty());
    let mut brought_back = Vec::new();
    if !storage.promises().undelete {
        return Ok(brought_back);
    }
    if is_empty(names::CONFIG)? {
        // Every store had this one.
        for copy in 0..names::COPIES {
            bring_back(storage, names::config(0, copy), &mut brought_back)?;
        }
        if brought_back.is_empty() {
            return Ok(brought_back);
        }
        all_of(storage, names::CONFIG, &mut brought_back)?;
    }
    if is_empty(names::KEYS)? {
        let deleted = storage.deleted(names::KEYS, true)?;
        let newest = newest_rings(&deleted);
        for name in
            deleted.into_iter().filter(|name| ring(name).is_none_or(|(epoch, it)| newest.get(&epoch) == Some(&it)))
        {
            bring_back(storage, name, &mut brought_back)?;
        }
    }
    Ok(brought_back)
}

/// Brings back everything that was in a folder.
pub(super) fn all_of(storage: &dyn Storage, folder: &str, brought_back: &mut Vec<String>) -> Result<()> {
    storage.deleted(folder, true)?.into_iter().try_for_each(|name| bring_back(storage, name, brought_back))
}

fn bring_back(storage: &dyn Storage, name: ObjectName, brought_back: &mut Vec<String>) -> Result<()> {
    if storage.undelete(&name, &|_| true)? {
        brought_back.push(name.to_string());
    }
    Ok(())
}

/// The newest generation of each epoch.
fn newest_rings(names: &[ObjectName]) -> HashMap<String, String> {
    let mut newest: HashMap<String, String> = HashMap::new();
    for (epoch, generation) in names.iter().filter_map(ring) {
        let known = newest.entry(epoch).or_default();
        // Both are numbers with leading zeros.
        *known = generation.max(std::mem::take(known));
    }
    newest
}

/// Epoch and generation of a ring's name.
fn ring(name: &ObjectName) -> Option<(String, String)> {
    let mut parts = name.name().strip_prefix("ring-")?.split('-').map(str::to_owned);
    parts.next().zip(parts.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_ring_of_an_epoch_comes_back() {
        let all =
            [names::ring(0, 0, 0), names::ring(0, 2, 1), names::ring(0, 1, 0), names::ring(1, 0, 0), names::slot(1, 0)];
        let newest = newest_rings(&all);
        let back: Vec<_> =
            all.iter().filter(|name| ring(name).is_none_or(|(epoch, it)| newest[&epoch] == it)).collect();
        assert_eq!(back, [&names::ring(0, 2, 1), &names::ring(1, 0, 0), &names::slot(1, 0)]);
    }
}
