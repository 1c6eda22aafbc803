//! Where an open folder lies.
//!
//! Every folder on the way down is open while a walk is below it, and knows its path for messages, patterns and the ledger. Ordinary paths
//! are held as they are. Where folders are nested so deep that their paths together would take the memory, one is held as its name
//! and what is above it, and made when somebody wants to know.

use std::{borrow::Cow, sync::Arc};

use larder_model::TreePath;

/// Longer paths are not held whole. The system itself takes none of this length at once (`PATH_MAX`).
const WHOLE_LEN_MAX: usize = 4096;

#[derive(Clone, Debug)]
pub struct Trail(Arc<Step>);

#[derive(Debug)]
enum Step {
    Whole(TreePath),
    Below { above: Trail, name: Box<[u8]> },
}

impl Trail {
    pub fn new(path: TreePath) -> Self {
        Self(Arc::new(Step::Whole(path)))
    }

    /// The trail of a folder in this one.
    pub fn below(&self, name: &[u8]) -> Self {
        match &*self.0 {
            Step::Whole(path) if path.as_bytes().len() + name.len() < WHOLE_LEN_MAX => Self::new(path.child(name)),
            _ => Self(Arc::new(Step::Below { above: self.clone(), name: name.into() })),
        }
    }

    pub fn path(&self) -> Cow<'_, TreePath> {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut step = &*self.0;
        loop {
            match step {
                Step::Whole(path) if names.is_empty() => return Cow::Borrowed(path),
                Step::Whole(path) => {
                    let mut path = path.clone();
                    names.iter().rev().for_each(|name| path.push(name));
                    return Cow::Owned(path);
                }
                Step::Below { above, name } => {
                    names.push(&**name);
                    step = &*above.0;
                }
            }
        }
    }

    /// The path of an item in this folder.
    pub fn child(&self, name: &[u8]) -> TreePath {
        match self.path() {
            Cow::Borrowed(path) => path.child(name),
            Cow::Owned(mut path) => {
                path.push(name);
                path
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_however_it_is_held() {
        let (mut trail, mut path) = (Trail::new(TreePath::new("/a")), TreePath::new("/a"));
        let name = [b'n'; 100];
        for _ in 0..100 {
            (trail, path) = (trail.below(&name), path.child(&name));
            assert_eq!(*trail.path(), path);
            assert_eq!(trail.child(b"file"), path.child(b"file"));
        }
        assert!(path.as_bytes().len() > WHOLE_LEN_MAX && matches!(*trail.0, Step::Below { .. }));
    }
}
