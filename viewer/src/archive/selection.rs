//! Some paths of a snapshot, taken together.

use std::collections::BTreeSet;

use larder_engine::{Node, Totals, Tree, Wanted};
use larder_model::{Result, TreePath};

/// Paths none of which is below another, sorted.
#[derive(Clone, Debug)]
pub struct Selection {
    paths: BTreeSet<TreePath>,
    /// The folder that all of them are in.
    folder: TreePath,
}

impl Selection {
    /// `paths` is not empty.
    pub fn new(paths: impl IntoIterator<Item = TreePath>) -> Self {
        let all: BTreeSet<TreePath> = paths.into_iter().collect();
        let is_outermost = |path: &TreePath| ancestors(path).skip(1).all(|above| !all.contains(&above));
        let paths: BTreeSet<TreePath> = all.iter().filter(|path| is_outermost(path)).cloned().collect();
        let mut folder: Option<TreePath> = None;
        for path in &paths {
            let mut above = path.clone();
            above.pop();
            folder = Some(folder.map_or_else(|| above.clone(), |folder| common(&folder, &above)));
        }
        Self { paths, folder: folder.unwrap_or_default() }
    }

    /// The folder that all paths are in.
    pub fn folder(&self) -> &TreePath {
        &self.folder
    }

    /// How many names lead to it.
    pub fn depth(&self) -> usize {
        self.folder.names().count()
    }

    pub fn paths(&self) -> impl ExactSizeIterator<Item = &TreePath> {
        self.paths.iter()
    }

    /// The path, if it is one alone.
    pub fn only(&self) -> Option<&TreePath> {
        self.paths.first().filter(|_| self.paths.len() == 1)
    }

    /// What it holds. A path that is not there is an error.
    pub fn totals(&self, tree: &Tree) -> Result<Totals> {
        let mut totals = Totals::default();
        for path in &self.paths {
            match tree.node(path)? {
                Some(node) => totals += node.totals(),
                None => tree.list(path, &mut |node| {
                    totals += node.totals();
                    Ok(())
                })?,
            }
        }
        Ok(totals)
    }

    /// Whether a restore wants an item.
    pub fn wants(&self, path: &TreePath, is_folder: bool) -> Wanted {
        if ancestors(path).any(|above| self.paths.contains(&above)) {
            return Wanted::Take;
        }
        // What is below a path begins with it and a slash, and stands together.
        let leads_to_one = || self.paths.range(path.child(b"")..).next().is_some_and(|next| path.contains(next));
        if is_folder && leads_to_one() { Wanted::Through } else { Wanted::Leave }
    }

    /// Calls `each` with everything in it, folders before what is in them.
    pub fn walk(&self, tree: &Tree, each: &mut dyn FnMut(&TreePath, &Node) -> Result<()>) -> Result<()> {
        for path in &self.paths {
            if let Some(node) = tree.node(path)? {
                each(path, &node)?;
                if !node.entry.is_dir() {
                    continue;
                }
            }
            tree.walk(path, each)?;
        }
        Ok(())
    }
}

/// The path itself, and all above it, up to the top.
fn ancestors(path: &TreePath) -> impl Iterator<Item = TreePath> {
    std::iter::successors(Some(path.clone()), |path| {
        let mut above = path.clone();
        above.pop();
        (!path.is_top()).then_some(above)
    })
}

fn common(a: &TreePath, b: &TreePath) -> TreePath {
    let mut path = TreePath::top();
    a.names().zip(b.names()).take_while(|(a, b)| a == b).for_each(|(name, _)| path.push(name));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(paths: &[&str]) -> Selection {
        Selection::new(paths.iter().map(TreePath::new))
    }

    #[test]
    fn what_is_below_another_counts_once() {
        let selected = selection(&["/a/b/c", "/a/b", "/a/d/e", "/a/d!"]);
        let paths: Vec<_> = selected.paths().map(ToString::to_string).collect();
        assert_eq!(paths, ["/a/b", "/a/d!", "/a/d/e"]);
        assert_eq!(selected.folder().to_string(), "/a");
        assert_eq!((selected.only(), selection(&["/a", "/a/b"]).only()), (None, Some(&TreePath::new("/a"))));
        assert_eq!(selection(&["/a/b"]).folder().to_string(), "/a");
        assert_eq!(selection(&["/"]).depth(), 0);
        assert_eq!(selection(&["/", "/a"]).paths().len(), 1);
    }

    #[test]
    fn a_restore_goes_through_what_leads_to_it() {
        let selected = selection(&["/a!", "/a/b", "/c"]);
        let wants = |path: &str| selected.wants(&TreePath::new(path), true);
        assert_eq!([wants("/a/b"), wants("/a/b/x"), wants("/c/y")], [Wanted::Take; 3]);
        assert_eq!([wants("/"), wants("/a")], [Wanted::Through; 2]);
        assert_eq!([wants("/a/bc"), wants("/d"), wants("/b")], [Wanted::Leave; 3]);
        assert_eq!(selected.wants(&TreePath::new("/a"), false), Wanted::Leave);
        assert_eq!(selection(&["/"]).wants(&TreePath::new("/x"), false), Wanted::Take);
    }
}
