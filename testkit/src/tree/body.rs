//! The bytes of a file in memory: data and holes.

use std::sync::Arc;

use larder_connect::Piece;

#[derive(Clone, Default)]
pub struct Body(Vec<Extent>);

#[derive(Clone)]
pub enum Extent {
    Data(Arc<[u8]>),
    Hole(u64),
}

impl Extent {
    fn len(&self) -> u64 {
        match self {
            Self::Data(bytes) => bytes.len() as u64,
            Self::Hole(len) => *len,
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        let mut body = Self::default();
        body.push(Extent::Data(bytes.into()));
        body
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl Body {
    /// Adds to the end. An extent without bytes is none.
    pub fn push(&mut self, extent: Extent) {
        if extent.len() == 0 {
            return;
        }
        match (self.0.last_mut(), extent) {
            (Some(Extent::Hole(before)), Extent::Hole(len)) => *before += len,
            (_, extent) => self.0.push(extent),
        }
    }

    pub fn with_data(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.push(Extent::Data(bytes.into().into()));
        self
    }

    pub fn with_hole(mut self, len: u64) -> Self {
        self.push(Extent::Hole(len));
        self
    }

    pub fn len(&self) -> u64 {
        self.0.iter().map(Extent::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn extents(&self) -> &[Extent] {
        &self.0
    }

    /// Bytes in holes.
    pub fn hole_bytes(&self) -> u64 {
        self.0.iter().map(|extent| if let Extent::Hole(len) = extent { *len } else { 0 }).sum()
    }

    /// All bytes, holes as zeros.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for extent in &self.0 {
            match extent {
                Extent::Data(data) => bytes.extend_from_slice(data),
                Extent::Hole(len) => bytes.resize(bytes.len() + *len as usize, 0),
            }
        }
        bytes
    }

    /// What lies at `offset`: as many bytes as go into `buffer`, or the rest of a hole.
    pub fn read(&self, mut offset: u64, buffer: &mut [u8]) -> Piece {
        for extent in &self.0 {
            if offset >= extent.len() {
                offset -= extent.len();
                continue;
            }
            return match extent {
                Extent::Hole(len) => Piece::Hole(len - offset),
                Extent::Data(bytes) => {
                    let rest = &bytes[offset as usize..];
                    let len = rest.len().min(buffer.len());
                    buffer[..len].copy_from_slice(&rest[..len]);
                    Piece::Data(len)
                }
            };
        }
        Piece::End
    }

    /// True when both read alike; where the holes are does not matter. Holes of both are passed over, however long.
    pub fn reads_like(&self, other: &Self) -> bool {
        let (mut a, mut b) = (Cursor::new(self), Cursor::new(other));
        loop {
            match (a.rest(), b.rest()) {
                (None, None) => return true,
                (Some(left), Some(right)) => {
                    let len = left.len().min(right.len());
                    if !left.starts_like(&right, len as usize) {
                        return false;
                    }
                    a.skip(len);
                    b.skip(len);
                }
                _ => return false,
            }
        }
    }
}

struct Cursor<'b> {
    extents: &'b [Extent],
    offset: u64,
}

enum Rest<'b> {
    Data(&'b [u8]),
    Hole(u64),
}

impl Rest<'_> {
    fn len(&self) -> u64 {
        match self {
            Self::Data(bytes) => bytes.len() as u64,
            Self::Hole(len) => *len,
        }
    }

    fn starts_like(&self, other: &Self, len: usize) -> bool {
        match (self, other) {
            (Self::Data(a), Self::Data(b)) => a[..len] == b[..len],
            (Self::Data(a), Self::Hole(_)) | (Self::Hole(_), Self::Data(a)) => a[..len].iter().all(|byte| *byte == 0),
            (Self::Hole(_), Self::Hole(_)) => true,
        }
    }
}

impl<'b> Cursor<'b> {
    fn new(body: &'b Body) -> Self {
        Self { extents: &body.0, offset: 0 }
    }

    fn rest(&self) -> Option<Rest<'b>> {
        Some(match self.extents.first()? {
            Extent::Data(bytes) => Rest::Data(&bytes[self.offset as usize..]),
            Extent::Hole(len) => Rest::Hole(len - self.offset),
        })
    }

    fn skip(&mut self, len: u64) {
        self.offset += len;
        if self.offset == self.extents[0].len() {
            self.extents = &self.extents[1..];
            self.offset = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_read_like_zeros() {
        let sparse = Body::default().with_data(b"ab").with_hole(3).with_data(b"c");
        assert_eq!(sparse.to_bytes(), b"ab\0\0\0c");
        assert!(sparse.reads_like(&b"ab\0\0\0c"[..].into()));
        assert!(!sparse.reads_like(&b"ab\0\0\0d"[..].into()));
        assert!(!sparse.reads_like(&b"ab\0\0\0"[..].into()));
        assert!(Body::default().with_hole(1 << 50).reads_like(&Body::default().with_hole(1 << 50)));
    }
}
