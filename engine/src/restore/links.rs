//! Hard links: the first name of a file is restored with its content, the others are linked to it at the end.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use larder_connect::TargetFolder;
use larder_model::{LinkId, Result, Skip, TreePath};

use super::jobs::{Settle, Shared};
use crate::Fate;

/// Names that wait for the file that they are names of.
#[derive(Default)]
pub(super) struct Links {
    first: HashMap<LinkId, First>,
    later: Vec<Later>,
}

struct First {
    /// Where it went, below the target's top.
    names: Vec<Box<[u8]>>,
    /// Which file stands there already, if it has several names.
    standing: Option<LinkId>,
}

struct Later {
    link: LinkId,
    /// Below the target's top, its own name last.
    names: Vec<Box<[u8]>>,
    path: TreePath,
    /// Of its folder, whose times the new name changes.
    settle: Settle,
}

impl Links {
    /// A name that stands there already serves for the others.
    pub fn add_first(&mut self, link: LinkId, names: &[Box<[u8]>], standing: Option<LinkId>) {
        self.first.entry(link).or_insert_with(|| First { names: names.to_vec(), standing });
    }

    /// True when what stands under another name is another file than stands, or will, under the first one.
    pub fn is_apart(&self, link: LinkId, standing: Option<LinkId>) -> bool {
        self.first.get(&link).is_some_and(|first| first.standing.is_none() || first.standing != standing)
    }

    /// True when another name of the file was taken before: this one is linked at the end.
    pub fn is_later(&mut self, link: LinkId, names: &[Box<[u8]>], path: &TreePath, settle: &Settle) -> bool {
        if let Entry::Vacant(vacant) = self.first.entry(link) {
            vacant.insert(First { names: names.to_vec(), standing: None });
            return false;
        }
        self.later.push(Later { link, names: names.to_vec(), path: path.clone(), settle: settle.clone() });
        true
    }

    /// Makes all links. One that fails is missing.
    pub fn finish(self, top: &Arc<dyn TargetFolder>, shared: &Shared) -> Result<()> {
        for later in &self.later {
            shared.check()?;
            match self.link(later, top, shared) {
                Ok(()) => shared.tally.done(Fate::Restored, &later.path, 0),
                Err(problem) => shared.item_failed(later.path.clone(), problem),
            }
        }
        Ok(())
    }

    fn link(&self, later: &Later, top: &Arc<dyn TargetFolder>, shared: &Shared) -> Result<()> {
        let missing = || larder_model::Problem::failed("the file that it is another name of is not there");
        let original = self.first.get(&later.link).ok_or_else(missing)?;
        let (Some((name, folders)), Some((own, own_folders))) = (original.names.split_last(), later.names.split_last())
        else {
            return Err(missing());
        };
        let from = descend(top, folders)?.ok_or_else(missing)?;
        let into = descend(top, own_folders)?.ok_or_else(missing)?;
        into.link(own, &*from, name, &mut |skip: Skip| shared.tally.skip(&skip))?;
        later.settle.give(&*into, shared)
    }

    /// Links that would be made.
    pub fn count(&self, shared: &Shared) {
        self.later.iter().for_each(|later| shared.tally.done(Fate::Restored, &later.path, 0));
    }
}

fn descend(top: &Arc<dyn TargetFolder>, names: &[Box<[u8]>]) -> Result<Option<Arc<dyn TargetFolder>>> {
    let mut folder = top.clone();
    for name in names {
        match folder.open(&folder.written_name(name))? {
            Some(next) => folder = next,
            None => return Ok(None),
        }
    }
    Ok(Some(folder))
}
