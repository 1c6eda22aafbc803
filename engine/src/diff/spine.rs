//! Going on with a walk where an earlier one broke off.

use std::cmp::Ordering;

use larder_model::TreePath;

/// The names on the way to the last item that was told.
pub(super) struct Spine {
    names: Vec<Vec<u8>>,
    /// So many of them are behind the walk: it stands in the folder that they lead to.
    depth: usize,
}

/// What to do with an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// It and all below it was told.
    Past,
    /// It was told, or was nothing to tell; what is below it may not have been.
    Through,
    Here,
}

impl Spine {
    pub fn new(last: Option<&TreePath>) -> Self {
        Self { names: last.map(|path| path.names().map(<[u8]>::to_vec).collect()).unwrap_or_default(), depth: 0 }
    }

    /// Where to begin in a folder `depth` levels below the first one: a name before which everything is past.
    pub fn start(&self, depth: usize) -> Option<Vec<u8>> {
        let mut name = self.names.get(depth).filter(|_| depth == self.depth)?.clone();
        // A little before the name itself, which is still to be walked through.
        let last = name.pop()?;
        name.extend([last.saturating_sub(1), 0xff, 0xff, 0xff, 0xff]);
        Some(name)
    }

    /// What to do with `name` in a folder `depth` levels below the first one. Names come in order.
    pub fn way(&mut self, depth: usize, name: &[u8]) -> Way {
        // A walk that has left the way, or come back out of it, is beyond the last item.
        if depth != self.depth {
            self.names.clear();
        }
        let Some(next) = self.names.get(depth) else { return Way::Here };
        match name.cmp(next) {
            Ordering::Less => Way::Past,
            Ordering::Equal => {
                self.depth += 1;
                Way::Through
            }
            Ordering::Greater => {
                self.names.clear();
                Way::Here
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_on_behind_the_last_item() {
        let mut spine = Spine::new(Some(&TreePath::new("/b/c")));
        assert_eq!(spine.way(0, b"a"), Way::Past);
        assert!(spine.start(0).unwrap().as_slice() < b"b".as_slice());
        assert_eq!(spine.way(0, b"b"), Way::Through);
        assert_eq!(spine.start(1).unwrap(), b"b\xff\xff\xff\xff");
        assert_eq!(spine.way(1, b"a"), Way::Past);
        assert_eq!(spine.way(1, b"c"), Way::Through);
        assert_eq!(spine.way(2, b"a"), Way::Here);
        assert_eq!(spine.way(1, b"a"), Way::Here, "nothing comes back");
        assert_eq!(spine.way(0, b"a"), Way::Here);
    }

    #[test]
    fn what_is_gone_by_now_is_no_hindrance() {
        let mut spine = Spine::new(Some(&TreePath::new("/b/c")));
        assert_eq!(spine.way(0, b"b"), Way::Through);
        assert_eq!(spine.way(0, b"c"), Way::Here, "b had nothing below it");
        let mut spine = Spine::new(Some(&TreePath::new("/b/c")));
        assert_eq!(spine.way(0, b"d"), Way::Here);
        let mut spine = Spine::new(None);
        assert_eq!(spine.way(0, b"a"), Way::Here);
    }
}
