//! Paths inside a snapshot: bytes, absolute, already normal.

use std::fmt;

/// An absolute path below a snapshot's top, such as `/home/ann`. It holds no empty, `.` or `..` parts; the top itself is empty inside and shown as `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TreePath(Vec<u8>);

impl TreePath {
    /// The snapshot's top.
    pub const fn top() -> Self {
        Self(Vec::new())
    }

    /// Normalises `path` (as from the top): empty and `.` parts vanish, `..` goes up and stops at the top.
    pub fn new(path: impl AsRef<[u8]>) -> Self {
        Self::top().joined(path)
    }

    /// This path followed by the parts of `more`, normalised; an absolute `more` starts from here all the same.
    pub fn joined(&self, more: impl AsRef<[u8]>) -> Self {
        let mut path = self.clone();
        for part in more.as_ref().split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => path.pop(),
                name => path.push(name),
            }
        }
        path
    }

    /// Adds one name. The caller knows that it is a name, not a path.
    pub fn push(&mut self, name: &[u8]) {
        self.0.push(b'/');
        self.0.extend_from_slice(name);
    }

    /// Removes the last name; the top stays the top.
    pub fn pop(&mut self) {
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        self.0.truncate(end);
    }

    /// A child of this path.
    pub fn child(&self, name: &[u8]) -> Self {
        let mut path = self.clone();
        path.push(name);
        path
    }

    pub fn is_top(&self) -> bool {
        self.0.is_empty()
    }

    /// The names on the way from the top.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').skip(1)
    }

    /// The last name; `None` for the top.
    pub fn name(&self) -> Option<&[u8]> {
        self.names().last()
    }

    /// True for the path itself and everything below it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.strip_prefix(self.0.as_slice()).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }

    /// With a leading slash; `/` for the top.
    pub fn as_bytes(&self) -> &[u8] {
        if self.0.is_empty() { b"/" } else { &self.0 }
    }
}

/// Escaped, for people and JSON.
impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::escape(self.as_bytes()))
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreePath({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normal_from_the_start() {
        assert_eq!(TreePath::new("/a//./b/../c/").as_bytes(), b"/a/c");
        assert_eq!(TreePath::new("../..").as_bytes(), b"/");
        assert_eq!(TreePath::new("a/b").joined("/c").as_bytes(), b"/a/b/c");
        assert_eq!(TreePath::new("a/b").names().collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(TreePath::top().name(), None);
        assert!(TreePath::new("a").contains(&TreePath::new("a/b")));
        assert!(!TreePath::new("a").contains(&TreePath::new("ab")));
        assert!(TreePath::top().contains(&TreePath::new("ab")));
    }
}
