//! What the target cannot keep of any item, counted by kind: a row for each mode of a million files would tell nobody anything.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use larder_connect::{Abilities, Attribute};
use larder_format::page::Node;
use larder_model::{Kind, Skip, TreePath};

use super::report::Tally;

const KINDS: [Attribute; 6] = [
    Attribute::Mode,
    Attribute::Owner,
    Attribute::Xattrs,
    Attribute::FolderTime,
    Attribute::Fraction,
    Attribute::HardLink,
];

/// Counters, one for each of [`KINDS`].
pub(super) struct Lost {
    never: &'static [Attribute],
    counts: [AtomicU64; KINDS.len()],
}

impl Lost {
    pub fn new(abilities: &Abilities) -> Self {
        Self { never: abilities.never, counts: Default::default() }
    }

    /// Counts what an item that is written loses.
    pub fn count(&self, node: &Node) {
        if self.never.is_empty() {
            return;
        }
        for (kind, count) in KINDS.iter().zip(&self.counts) {
            if self.never.contains(kind) && has(node, *kind) {
                count.fetch_add(1, Relaxed);
            }
        }
    }

    /// A row for each kind that was lost.
    pub fn tell(&self, path: &TreePath, tally: &Tally) {
        for (kind, count) in KINDS.iter().zip(&self.counts) {
            let count = count.load(Relaxed);
            if count > 0 {
                tally.skip(&Skip::note(path.clone(), reason(*kind), sentence(*kind, count)));
            }
        }
    }
}

fn has(node: &Node, attribute: Attribute) -> bool {
    let (entry, meta) = (&node.entry, &node.entry.meta);
    match attribute {
        Attribute::Mode => meta.mode.is_some(),
        Attribute::Owner => meta.owner.is_some(),
        Attribute::Xattrs => !meta.xattrs.is_empty() || !node.long_xattrs.is_empty(),
        Attribute::FolderTime => entry.is_dir() && meta.mtime.is_some(),
        Attribute::Fraction => entry.kind == Kind::File && meta.mtime.is_some_and(|time| time.nanos != 0),
        Attribute::HardLink => meta.link.is_some(),
    }
}

fn reason(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Mode => "modes",
        Attribute::Owner => "owners",
        Attribute::Xattrs => "attributes",
        Attribute::FolderTime => "folder-times",
        Attribute::Fraction => "fractions",
        Attribute::HardLink => "hard-links",
    }
}

fn sentence(attribute: Attribute, count: u64) -> String {
    let items = if count == 1 { "1 item".to_owned() } else { format!("{count} items") };
    match attribute {
        Attribute::Mode => format!("the modes of {items} are not kept: the destination knows none"),
        Attribute::Owner => format!("the owners of {items} are not kept: the destination knows none"),
        Attribute::Xattrs => format!("the extended attributes of {items} are not kept: the destination knows none"),
        Attribute::FolderTime => format!("the times of {items} are not kept: folders have none at the destination"),
        Attribute::Fraction => format!("the times of {items} are kept to the second: the destination knows no finer"),
        Attribute::HardLink => format!("{items} with several names are written as files of their own"),
    }
}
