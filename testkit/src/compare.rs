//! What differs between two trees.

use std::collections::{BTreeMap, BTreeSet};

use larder_model::{Kind, TreePath};

use crate::tree::{Inode, MemoryTree};

/// Which metadata must agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// All that a listing of a snapshot knows. Extended attributes are compared by what short ones say.
    Listed,
    /// What a restore sets: all but ctime, birth time and inode.
    Restored,
}

/// A line for each difference between two trees, up to a dozen. What stands at their tops themselves is not compared.
pub fn differences(expected: &MemoryTree, actual: &MemoryTree, kept: Kept) -> Vec<String> {
    let (left, right) = (by_path(expected), by_path(actual));
    let mut lines = Vec::new();
    for path in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
        match (left.get(path), right.get(path)) {
            (Some(_), None) => lines.push(format!("{path} is missing")),
            (None, Some(_)) => lines.push(format!("{path} should not be there")),
            (Some(a), Some(b)) => {
                let (a, b) = (expected.get(*a).unwrap(), actual.get(*b).unwrap());
                lines.extend(difference(a, b, kept).map(|what| format!("{path}: {what}")));
            }
            (None, None) => unreachable!("the path came from one of them"),
        }
    }
    if links(expected) != links(actual) {
        lines.push(format!("hard links: {:?} became {:?}", links(expected), links(actual)));
    }
    lines.truncate(12);
    lines
}

/// # Panics
/// When the trees differ; `context` says what the test was doing.
#[track_caller]
pub fn assert_same(expected: &MemoryTree, actual: &MemoryTree, kept: Kept, context: &str) {
    let lines = differences(expected, actual, kept);
    assert!(lines.is_empty(), "{context}:\n  {}", lines.join("\n  "));
}

fn by_path(tree: &MemoryTree) -> BTreeMap<TreePath, u64> {
    tree.walk().into_iter().collect()
}

fn difference(a: &Inode, b: &Inode, kept: Kept) -> Option<String> {
    let (left, right) = (&a.meta, &b.meta);
    let check = |same: bool, what: String| (!same).then_some(what);
    check(a.kind == b.kind, format!("{:?} became {:?}", a.kind, b.kind))
        .or_else(|| check(a.body.len() == b.body.len(), format!("{} bytes became {}", a.body.len(), b.body.len())))
        .or_else(|| check(a.body.reads_like(&b.body), "it has other bytes".to_owned()))
        .or_else(|| check(left.mtime == right.mtime, format!("mtime {:?} became {:?}", left.mtime, right.mtime)))
        .or_else(|| check(left.mode == right.mode, format!("mode {:?} became {:?}", left.mode, right.mode)))
        .or_else(|| check(left.owner == right.owner, format!("owner {:?} became {:?}", left.owner, right.owner)))
        .or_else(|| check(left.target == right.target, "it leads elsewhere".to_owned()))
        .or_else(|| check(left.device == right.device, "it is another device".to_owned()))
        .or_else(|| match kept {
            Kept::Restored => {
                check(left.xattrs == right.xattrs, format!("attributes {:?} became {:?}", brief(a), brief(b)))
            }
            Kept::Listed => check(short(a) == short(b), "its short attributes differ".to_owned())
                .or_else(|| check(left.ctime == right.ctime, "ctime differs".to_owned())),
        })
}

fn short(inode: &Inode) -> Vec<(&[u8], &[u8])> {
    let xattrs = inode.meta.xattrs.iter().filter(|xattr| xattr.value.len() <= 512);
    xattrs.map(|xattr| (&*xattr.name, &*xattr.value)).collect()
}

/// Attributes by name and length.
fn brief(inode: &Inode) -> Vec<(String, usize)> {
    inode.meta.xattrs.iter().map(|xattr| (larder_model::escape(&xattr.name), xattr.value.len())).collect()
}

/// Paths that stand for one file, where there is more than one.
fn links(tree: &MemoryTree) -> BTreeSet<Vec<TreePath>> {
    let mut names: BTreeMap<u64, Vec<TreePath>> = BTreeMap::new();
    for (path, inode) in tree.walk() {
        if tree.get(inode).is_some_and(|found| found.kind != Kind::Directory) {
            names.entry(inode).or_default().push(path);
        }
    }
    names.into_values().filter(|paths| paths.len() > 1).collect()
}
