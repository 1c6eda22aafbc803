//! The path of an open folder. What folders have in common above them is kept once: a whole path in each would be the square of the
//! depth, and a restore holds every folder open that it is in.

use std::sync::Arc;

use larder_model::TreePath;

#[derive(Clone, Debug)]
pub struct Trail(Arc<Step>);

#[derive(Debug)]
enum Step {
    Top(TreePath),
    Below { above: Option<Trail>, name: Box<[u8]> },
}

impl Trail {
    pub fn top(path: TreePath) -> Self {
        Self(Arc::new(Step::Top(path)))
    }

    pub fn below(&self, name: &[u8]) -> Self {
        Self(Arc::new(Step::Below { above: Some(self.clone()), name: name.into() }))
    }

    pub fn path(&self) -> TreePath {
        let mut names = Vec::new();
        let mut step = &*self.0;
        while let Step::Below { above: Some(above), name } = step {
            names.push(name);
            step = &above.0;
        }
        let mut path = match step {
            Step::Top(path) => path.clone(),
            Step::Below { .. } => TreePath::top(),
        };
        names.into_iter().rev().for_each(|name| path.push(name));
        path
    }
}

impl Step {
    fn take_above(&mut self) -> Option<Trail> {
        match self {
            Self::Top(_) => None,
            Self::Below { above, .. } => above.take(),
        }
    }
}

impl Drop for Step {
    /// One step after another: each dropping the next would need a stack as deep as the folders.
    fn drop(&mut self) {
        let mut above = self.take_above();
        while let Some(mut step) = above.and_then(|trail| Arc::into_inner(trail.0)) {
            above = step.take_above();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_is_the_path_that_led_there() {
        let top = Trail::top(TreePath::new("/mnt/there"));
        let below = top.below(b"a").below(b"b");
        assert_eq!(below.path(), TreePath::new("/mnt/there/a/b"));
        assert_eq!(top.path(), TreePath::new("/mnt/there"));
    }

    #[test]
    fn a_long_trail_is_dropped_without_a_deep_stack() {
        let mut trail = Trail::top(TreePath::top());
        for _ in 0..1_000_000 {
            trail = trail.below(b"d");
        }
        let kept = trail.clone();
        drop(trail);
        assert_eq!(kept.path().names().count(), 1_000_000);
    }
}
