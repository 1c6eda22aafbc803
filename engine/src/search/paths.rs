//! Paths in the order of a walk: a folder before what is in it, names by their bytes. A block holds each path as what it does not share
//! with the one before, name by name.

use std::cmp::Ordering;

/// How two paths stand in a walk. A slash ends a name, and so comes before everything that a name can hold.
pub(super) fn walk_order(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
    match a.iter().zip(b).find(|(a, b)| a != b) {
        Some((a, b)) => rank(*a).cmp(&rank(*b)),
        None => a.len().cmp(&b.len()),
    }
}

/// How many names two paths begin with in common, and where the rest of `b` begins, after the slash.
pub(super) fn shared_names(a: &[u8], b: &[u8]) -> (u32, usize) {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let ends_name = |path: &[u8]| path.get(same).is_none_or(|byte| *byte == b'/');
    let end =
        if ends_name(a) && ends_name(b) { same } else { b[..same].iter().rposition(|byte| *byte == b'/').unwrap_or(0) };
    let names = b[..end].iter().filter(|byte| **byte == b'/').count();
    (names as u32, (end + 1).min(b.len()))
}

/// A path that is led from one to the next.
#[derive(Default)]
pub(super) struct Trail {
    path: Vec<u8>,
    /// Where each name ends.
    ends: Vec<u32>,
}

impl Trail {
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    pub fn clear(&mut self) {
        self.path.clear();
        self.ends.clear();
    }

    /// Keeps `shared` names and adds those of `rest`, which are separated by slashes. False when there are not so many to keep.
    pub fn go_on(&mut self, shared: u32, rest: &[u8]) -> bool {
        let shared = shared as usize;
        if shared > self.ends.len() {
            return false;
        }
        self.ends.truncate(shared);
        self.path.truncate(self.ends.last().map_or(0, |end| *end as usize));
        for name in rest.split(|byte| *byte == b'/') {
            self.path.push(b'/');
            self.path.extend_from_slice(name);
            self.ends.push(self.path.len() as u32);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_into_a_folder_before_its_next_sibling() {
        let walk: [&[u8]; 6] = [b"/a", b"/a/b", b"/a/b/c", b"/a/c", b"/a b", b"/ab"];
        for (index, path) in walk.iter().enumerate() {
            for (other, next) in walk.iter().enumerate() {
                assert_eq!(walk_order(path, next), index.cmp(&other), "{index} {other}");
            }
        }
        let mut trail = Trail::default();
        for (index, path) in walk.iter().enumerate() {
            let before = if index == 0 { b"".as_slice() } else { walk[index - 1] };
            let (shared, at) = shared_names(before, path);
            assert!(trail.go_on(shared, &path[at..]));
            assert_eq!(trail.path(), *path);
        }
        assert!(!trail.go_on(2, b"x"));
        assert_eq!(shared_names(b"/ab/c", b"/abc/d"), (0, 1));
        assert_eq!(shared_names(b"/ab", b"/ab/d"), (1, 4));
        assert_eq!(shared_names(b"/ab/c", b"/ab/d"), (1, 4));
    }
}
