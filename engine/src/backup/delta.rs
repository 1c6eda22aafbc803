//! Folders of a source that tells what has changed: the parent's listing with the changes put in.
//!
//! What the source does not name is as the parent has it, so its nodes are kept as they are, whole subtrees by one reference. An account
//! of a million files in which three have changed costs the pages on the way to those three.

use std::collections::HashMap;

use larder_connect::{Change, Changes, Folder, Names, Source};
use larder_model::{Problem, Result, Skip};

use super::parent::ParentFolder;
use crate::{blobs::Library, folder};

/// What is to be done about a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// The parent's node stays as it is, with all below it.
    Keep,
    /// The parent's node stays, but something below it has changed.
    Below,
    /// The source describes it.
    Now,
}

/// A folder's names with the changes put in.
#[derive(Default)]
pub(super) struct Merged {
    pub names: Names,
    /// One for each name.
    pub steps: Vec<Step>,
    /// What the parent calls items whose names are written otherwise now.
    pub renamed: HashMap<Box<[u8]>, Box<[u8]>>,
}

impl Merged {
    fn push(&mut self, name: &[u8], step: Step) -> Result<()> {
        if !self.names.push(name, None) {
            return Err(Problem::failed(format!("the name {} is too long", larder_model::escape(name))));
        }
        self.steps.push(step);
        Ok(())
    }
}

/// Puts `changes` into the parent's listing. An error of kind `Damaged` when the parent cannot serve as one.
pub(super) fn merge(
    source: &dyn Source,
    library: &Library,
    parent: ParentFolder,
    opened: &dyn Folder,
    changes: Changes,
    skips: &mut dyn FnMut(Skip),
) -> Result<Merged> {
    let mut now = described(opened, &changes, skips)?;
    now.sort_unstable();
    let mut changes: HashMap<Box<[u8]>, Change> = changes.into_iter().collect();
    let (mut merged, mut before) = (Merged::default(), HashMap::new());
    let mut coming = now.iter().map(|(name, _)| name).peekable();
    let mut each = |name: &[u8], is_dir: bool| {
        let key = source.fold(name);
        let step = match changes.get(&*key) {
            None => Step::Keep,
            Some(Change::Below) => Step::Below,
            Some(Change::BelowIfThere) => {
                if is_dir {
                    Step::Below
                } else {
                    Step::Keep
                }
            }
            Some(Change::Gone) => return Ok(()),
            Some(Change::Now) => {
                before.insert(key.into_owned(), Box::<[u8]>::from(name));
                return Ok(());
            }
        };
        if step == Step::Below {
            changes.remove(&*key);
        }
        while let Some(new) = coming.next_if(|new| ***new < *name) {
            merged.push(new, Step::Now)?;
        }
        merged.push(name, step)
    };
    if let Some(root) = parent.0 {
        folder::list(library, root, &mut |node| each(&node.entry.name, node.entry.is_dir()))?;
    }
    coming.try_for_each(|new| merged.push(new, Step::Now))?;
    if let Some((key, _)) = changes.iter().find(|(_, change)| **change == Change::Below) {
        let path = opened.path().child(key);
        return Err(Problem::damaged(format!("the last snapshot should hold the folder {path}, and does not")));
    }
    let other_name = |(name, key): Named| Some((before.remove(&*key)?, name));
    merged.renamed =
        now.into_iter().filter_map(other_name).filter(|(old, new)| old != new).map(|(old, new)| (new, old)).collect();
    Ok(merged)
}

/// A name and its folded form.
type Named = (Box<[u8]>, Box<[u8]>);

/// New names with their folded forms. A name that the user excludes has none.
fn described(opened: &dyn Folder, changes: &Changes, skips: &mut dyn FnMut(Skip)) -> Result<Vec<Named>> {
    let mut now = Vec::new();
    for (key, _) in changes.iter().filter(|(_, change)| *change == Change::Now) {
        if let Some(entry) = opened.stat(key, skips)? {
            now.push((entry.name, key.clone()));
        }
    }
    Ok(now)
}
