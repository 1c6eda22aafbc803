//! The names of one directory, in one block of memory.

use larder_model::Kind;

/// A sorted list of names, each with what the listing itself said of its kind. A directory of a million names costs their bytes and
/// eight more for each, not a million allocations.
#[derive(Debug, Default)]
pub struct Names {
    bytes: Vec<u8>,
    /// End of each name in `bytes`, and whether the listing called it a directory.
    order: Vec<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    len: u16,
    kind: u8,
}

impl Names {
    /// Adds a name; `kind` is `None` where the listing does not tell. Names above 65,535 bytes, or above 4 GiB in all, are refused with `false`.
    #[must_use]
    pub fn push(&mut self, name: &[u8], kind: Option<Kind>) -> bool {
        let (Ok(start), Ok(len)) = (u32::try_from(self.bytes.len()), u16::try_from(name.len())) else {
            return false;
        };
        self.bytes.extend_from_slice(name);
        self.order.push(Span { start, len, kind: kind.map_or(0, |kind| kind as u8) });
        true
    }

    /// Sorts by bytes, which is the order of every listing in Larder, and drops names that occur twice.
    pub fn sort(&mut self) {
        let bytes = &self.bytes;
        let name = |span: &Span| &bytes[span.start as usize..][..span.len as usize];
        self.order.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        self.order.dedup_by(|a, b| name(a) == name(b));
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// # Panics
    /// When `index` is not below [`Names::len`].
    pub fn name(&self, index: usize) -> &[u8] {
        let span = self.order[index];
        &self.bytes[span.start as usize..][..span.len as usize]
    }

    /// What the listing said of the kind of name `index`; `None` when it did not tell.
    pub fn kind(&self, index: usize) -> Option<Kind> {
        Kind::from_number(self.order[index].kind)
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.name(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_sorted_and_once() {
        let mut names = Names::default();
        for name in ["b", "a", "b", "B", ""] {
            assert!(names.push(name.as_bytes(), Some(Kind::File)));
        }
        names.sort();
        assert_eq!(names.iter().collect::<Vec<_>>(), [&b""[..], b"B", b"a", b"b"]);
        assert!(!names.push(&[0; 70_000], None));
    }
}
