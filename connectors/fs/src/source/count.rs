//! Counting ahead: how many files and bytes a backup is going to meet, told by names and sizes alone.
//!
//! It walks the way that the backup walks, beside it, so that people can be told how long a first backup will take. What it finds is an
//! estimate; nothing that it cannot read is told, and nothing depends on it.

use std::sync::Arc;

use larder_connect::{Folder, Names};
use larder_model::Kind;

use super::{FsSource, rules::Rules, top};
use crate::sys;

/// Counts what one source holds. It is its own, and may outlive the source.
#[derive(Debug)]
pub struct Counter {
    rules: Arc<Rules>,
}

/// Files of all kinds but folders, and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    pub files: u64,
    pub bytes: u64,
}

impl FsSource {
    /// Counts the same as a backup of this source meets, without telling anybody what is left out.
    pub fn counter(&self) -> Counter {
        Counter { rules: Arc::new(self.rules.untold()) }
    }
}

impl Counter {
    /// Counts until all is counted, or `go_on` says no: then `None`. The calling thread gives way to all others from then on.
    pub fn count(&self, go_on: &dyn Fn() -> bool) -> Option<Counted> {
        sys::give_way();
        let mut walk = Walk::default();
        if let Ok(top) = top(&self.rules) {
            walk.look_into(&top, go_on)?;
        }
        while let Some(Waiting { above, name }) = walk.waiting.pop() {
            if let Ok(folder) = above.folder(&name) {
                walk.look_into(&folder, go_on)?;
            }
        }
        Some(walk.counted)
    }
}

#[derive(Default)]
struct Walk {
    counted: Counted,
    /// The last one is next: depth first, so that few folders are open at a time.
    waiting: Vec<Waiting>,
}

/// A folder that was not looked into yet.
struct Waiting {
    above: Arc<dyn Folder>,
    name: Box<[u8]>,
}

impl Walk {
    /// Counts what is in one folder. `None` when nobody wants to know any more.
    fn look_into(&mut self, folder: &Arc<dyn Folder>, go_on: &dyn Fn() -> bool) -> Option<()> {
        let Ok(names) = folder.names(&mut |_| {}) else { return Some(()) };
        let first = self.waiting.len();
        for index in 0..names.len() {
            if !go_on() {
                return None;
            }
            match found(&**folder, &names, index) {
                Some((Kind::Directory, _)) => {
                    self.waiting.push(Waiting { above: folder.clone(), name: names.name(index).into() });
                }
                Some((_, size)) => {
                    self.counted.files += 1;
                    self.counted.bytes += size;
                }
                None => {}
            }
        }
        // The first by name is looked into first, as the backup does: each finds in memory what the other has read.
        self.waiting[first..].reverse();
        Some(())
    }
}

/// Kind and size of an item. Only files are asked for theirs, and what the listing does not tell.
fn found(folder: &dyn Folder, names: &Names, index: usize) -> Option<(Kind, u64)> {
    match names.kind(index) {
        Some(kind) if kind != Kind::File => Some((kind, 0)),
        _ => {
            let entry = folder.stat(names.name(index), &mut |_| {}).ok()??;
            Some((entry.kind, if entry.kind == Kind::File { entry.meta.size } else { 0 }))
        }
    }
}
