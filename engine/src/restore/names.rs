//! Names in a folder of the target: which of them the snapshot takes, and what becomes of two that are one there.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
};

use larder_connect::Target;
use larder_format::page::Node;
use larder_model::{Skip, TreePath, escape};

use super::{
    Mode,
    jobs::{FolderJob, Shared},
    plan::Planner,
};

/// Names under which something of the snapshot stands or will stand, as the target compares them; each with a hash of the name that it
/// has in the snapshot.
#[derive(Default)]
pub(super) struct Taken(HashMap<Box<[u8]>, u64>);

impl Taken {
    /// True when something of the snapshot has this name at the target.
    pub fn has(&self, target: &dyn Target, name: &[u8]) -> bool {
        self.0.contains_key(&*target.fold(name))
    }

    /// False when another name of the snapshot has it.
    fn take(&mut self, target: &dyn Target, written: &[u8], original: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        original.hash(&mut hasher);
        let original = hasher.finish();
        match self.0.entry(target.fold(written).into()) {
            Entry::Vacant(free) => {
                free.insert(original);
                true
            }
            Entry::Occupied(taken) => *taken.get() == original,
        }
    }
}

impl<'r> Planner<'r, '_> {
    /// Takes the name of an item for it. Where another item has it already, because the target does not tell the two apart, it gets another
    /// one: the same in every run, since names come in one order.
    pub(super) fn take_name(&self, folder: &FolderJob<'r>, taken: &mut Taken, path: &TreePath, node: &mut Node) {
        let (shared, name) = (self.shared, node.entry.name.clone());
        let is_free = taken.take(shared.target, &written(shared.target, folder, &name), &name);
        if is_free || !shared.abilities.case_insensitive {
            return;
        }
        node.entry.name = shared.target.name_beside(&name);
        taken.take(shared.target, &node.entry.name, &name);
        if matches!(shared.mode, Mode::Write | Mode::Rehearse) {
            let message = format!(
                "its name is the same as that of its neighbour at the destination; it is written as {}",
                escape(&node.entry.name)
            );
            shared.tally.skip(&Skip::note(path.clone(), "renamed", message));
        }
    }
}

impl Shared<'_> {
    /// Tells of a name that the target cannot hold; for a rehearsal, where the target is not asked to write it.
    pub fn tell_other_name(&self, folder: &FolderJob, path: &TreePath, name: &[u8]) {
        let written = written(self.target, folder, name);
        if *written != *name {
            let message = format!("it cannot have that name at the destination and is written as {}", escape(&written));
            self.tally.skip(&Skip::note(path.clone(), "renamed", message));
        }
    }
}

fn written(target: &dyn Target, folder: &FolderJob, name: &[u8]) -> Box<[u8]> {
    folder.standing().map_or_else(|| target.written_name(name), |folder| folder.written_name(name))
}
