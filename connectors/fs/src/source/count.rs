//! Counting ahead: how many files and bytes a backup is going to meet, told by names and sizes alone.
//!
//! It walks the way that the backup walks, beside it, so that people can be told how long a first backup will take. What it finds is an
//! estimate; nothing that it cannot read is told, and nothing depends on it.

use std::sync::Arc;

use larder_connect::Folder;
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
        let mut counted = Counted::default();
        // Folders that wait to be looked into; depth first, so that few are open at a time.
        let mut waiting: Vec<(Arc<dyn Folder>, Box<[u8]>)> = Vec::new();
        if let Ok(top) = top(&self.rules) {
            look_into(&top, &mut counted, &mut waiting, go_on)?;
        }
        while let Some((above, name)) = waiting.pop() {
            if let Ok(folder) = above.folder(&name) {
                look_into(&folder, &mut counted, &mut waiting, go_on)?;
            }
        }
        Some(counted)
    }
}

/// Counts what is in one folder. `None` when nobody wants to know any more.
fn look_into(
    folder: &Arc<dyn Folder>,
    counted: &mut Counted,
    waiting: &mut Vec<(Arc<dyn Folder>, Box<[u8]>)>,
    go_on: &dyn Fn() -> bool,
) -> Option<()> {
    let Ok(names) = folder.names(&mut |_| {}) else { return Some(()) };
    let first = waiting.len();
    for index in 0..names.len() {
        if !go_on() {
            return None;
        }
        let name = names.name(index);
        let size = match names.kind(index) {
            Some(Kind::Directory) => {
                waiting.push((folder.clone(), name.into()));
                continue;
            }
            Some(Kind::File) | None => match folder.stat(name, &mut |_| {}) {
                Ok(Some(entry)) if entry.is_dir() => {
                    waiting.push((folder.clone(), name.into()));
                    continue;
                }
                Ok(Some(entry)) if entry.kind == Kind::File => entry.meta.size,
                Ok(Some(_)) => 0,
                Ok(None) | Err(_) => continue,
            },
            Some(_) => 0,
        };
        counted.files += 1;
        counted.bytes += size;
    }
    // The first by name is looked into first, as the backup does: each finds in memory what the other has read.
    waiting[first..].reverse();
    Some(())
}
