//! Content trees: the chunks and holes of a large file.

use larder_model::BlobId;

use super::{
    ENTRIES_MAX, PageRef, Type,
    columns::{Columns, id, push},
    head,
};
use crate::{FormatError, Result, frame::DATA_LEN_MAX, wire::Write as _};

/// Zero bits that end a content page, per level: 128 chunks on average.
const CONTENT_BITS: u32 = 7;

/// A piece of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chunk {
    Data { id: BlobId, len: u32 },
    Hole { len: u64 },
}

impl Chunk {
    pub fn len(&self) -> u64 {
        match self {
            Self::Data { len, .. } => u64::from(*len),
            Self::Hole { len } => *len,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A page below an inner page of a content tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentChild {
    pub page: PageRef,
    /// Bytes of the file below it.
    pub len: u64,
}

/// Builds a content tree from chunks in order, in memory that does not grow with the file.
#[derive(Default)]
pub struct ContentTree {
    leaf: Vec<Chunk>,
    /// Open inner pages, level 1 first. The flag says that a child's last chunk ends pages of this level.
    inner: Vec<Vec<ContentChild>>,
}

impl ContentTree {
    /// Adds a chunk. `store` keeps an encoded page and returns its id.
    pub fn push<E>(&mut self, chunk: Chunk, store: &mut impl FnMut(Vec<u8>) -> Result<BlobId, E>) -> Result<(), E> {
        self.leaf.push(chunk);
        let zeros = match chunk {
            Chunk::Data { id, .. } => cut_zeros(&id),
            Chunk::Hole { .. } => 0,
        };
        if ends_page(zeros, 0) || self.leaf.len() == ENTRIES_MAX { self.close_leaf(zeros, store) } else { Ok(()) }
    }

    fn close_leaf<E>(&mut self, zeros: u32, store: &mut impl FnMut(Vec<u8>) -> Result<BlobId, E>) -> Result<(), E> {
        let len = self.leaf.iter().map(Chunk::len).sum();
        let page = PageRef { id: store(encode_leaf(&self.leaf))?, level: 0 };
        self.leaf.clear();
        self.add_child(1, ContentChild { page, len }, zeros, store)
    }

    fn add_child<E>(
        &mut self,
        level: u8,
        child: ContentChild,
        zeros: u32,
        store: &mut impl FnMut(Vec<u8>) -> Result<BlobId, E>,
    ) -> Result<(), E> {
        let slot = usize::from(level) - 1;
        if self.inner.len() == slot {
            self.inner.push(Vec::new());
        }
        self.inner[slot].push(child);
        if !ends_page(zeros, level) && self.inner[slot].len() < ENTRIES_MAX {
            return Ok(());
        }
        let child = self.close_inner(level, store)?;
        self.add_child(level + 1, child, zeros, store)
    }

    fn close_inner<E>(
        &mut self,
        level: u8,
        store: &mut impl FnMut(Vec<u8>) -> Result<BlobId, E>,
    ) -> Result<ContentChild, E> {
        let children = std::mem::take(&mut self.inner[usize::from(level) - 1]);
        let len = children.iter().map(|child| child.len).sum();
        Ok(ContentChild { page: PageRef { id: store(encode_inner(level, &children))?, level }, len })
    }

    /// Closes all pages; the root, or `None` when there was no chunk.
    pub fn finish<E>(mut self, store: &mut impl FnMut(Vec<u8>) -> Result<BlobId, E>) -> Result<Option<PageRef>, E> {
        if !self.leaf.is_empty() {
            self.close_leaf(0, store)?;
        }
        let mut level = 1;
        while usize::from(level) <= self.inner.len() {
            let slot = usize::from(level) - 1;
            let is_top = usize::from(level) == self.inner.len();
            match self.inner[slot].as_slice() {
                [] => {}
                [only] if is_top => return Ok(Some(only.page)),
                _ => {
                    let child = self.close_inner(level, store)?;
                    if is_top {
                        return Ok(Some(child.page));
                    }
                    self.inner[slot + 1].push(child);
                }
            }
            level += 1;
        }
        Ok(None)
    }
}

fn cut_zeros(id: &BlobId) -> u32 {
    u64::from_le_bytes(*id.0.first_chunk().expect("an id has 32 bytes")).trailing_zeros()
}

fn ends_page(zeros: u32, level: u8) -> bool {
    zeros >= CONTENT_BITS * (u32::from(level) + 1)
}

fn encode_leaf(chunks: &[Chunk]) -> Vec<u8> {
    let mut page = head(Type::ContentLeaf, 0, chunks.len());
    let (mut ids, mut lengths) = (Vec::with_capacity(chunks.len() * BlobId::LEN), Vec::new());
    for chunk in chunks {
        if let Chunk::Data { id, .. } = chunk {
            ids.extend_from_slice(&id.0);
        }
        lengths.put_varint(chunk.len() << 1 | u64::from(matches!(chunk, Chunk::Hole { .. })));
    }
    push(&mut page, id::BLOBS, &ids);
    push(&mut page, id::CHUNKS, &lengths);
    page
}

fn encode_inner(level: u8, children: &[ContentChild]) -> Vec<u8> {
    let mut page = head(Type::ContentInner, level, children.len());
    let ids: Vec<u8> = children.iter().flat_map(|child| child.page.id.0).collect();
    push(&mut page, id::BLOBS, &ids);
    let mut lengths = Vec::new();
    children.iter().for_each(|child| lengths.put_varint(child.len));
    push(&mut page, id::LENGTHS, &lengths);
    page
}

pub(super) fn decode_leaf(columns: &Columns, count: usize) -> Result<Vec<Chunk>> {
    let (mut ids, mut lengths) = (columns.required(id::BLOBS)?, columns.required(id::CHUNKS)?);
    (0..count)
        .map(|_| {
            let value = lengths.varint()?;
            let len = value >> 1;
            if value & 1 == 1 {
                return Ok(Chunk::Hole { len });
            }
            if len == 0 || len > DATA_LEN_MAX as u64 {
                return Err(FormatError::TooLarge("a chunk is larger than the format allows, or empty"));
            }
            Ok(Chunk::Data { id: BlobId(ids.array()?), len: len as u32 })
        })
        .collect()
}

pub(super) fn decode_inner(columns: &Columns, level: u8, count: usize) -> Result<Vec<ContentChild>> {
    let (mut ids, mut lengths) = (columns.required(id::BLOBS)?, columns.required(id::LENGTHS)?);
    (0..count)
        .map(|_| {
            let page = PageRef { id: BlobId(ids.array()?), level: level - 1 };
            Ok(ContentChild { page, len: lengths.varint()? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Page;
    use std::{collections::HashMap, convert::Infallible};

    type Store = HashMap<BlobId, Vec<u8>>;

    fn build(chunks: &[Chunk]) -> (Store, Option<PageRef>) {
        let (mut pages, mut tree) = (Store::new(), ContentTree::default());
        let mut store = |page: Vec<u8>| -> Result<BlobId, Infallible> {
            let id = BlobId(*blake3::hash(&page).as_bytes());
            pages.insert(id, page);
            Ok(id)
        };
        chunks.iter().for_each(|chunk| tree.push(*chunk, &mut store).unwrap());
        let root = tree.finish(&mut store).unwrap();
        (pages, root)
    }

    fn read(pages: &Store, page: PageRef, out: &mut Vec<Chunk>) -> u64 {
        let decoded = Page::decode(&pages[&page.id]).unwrap();
        assert_eq!(decoded.level(), page.level);
        match decoded {
            Page::ContentLeaf(chunks) => {
                out.extend_from_slice(&chunks);
                chunks.iter().map(Chunk::len).sum()
            }
            Page::ContentInner { children, .. } => children
                .iter()
                .map(|child| {
                    let len = read(pages, child.page, out);
                    assert_eq!(len, child.len);
                    len
                })
                .sum(),
            _ => panic!("a folder in a file"),
        }
    }

    fn chunks(count: u32) -> Vec<Chunk> {
        let data = |number: u32| Chunk::Data { id: BlobId(*blake3::hash(&number.to_le_bytes()).as_bytes()), len: 9 };
        (0..count).map(|number| if number % 100 == 7 { Chunk::Hole { len: 1 << 40 } } else { data(number) }).collect()
    }

    #[test]
    fn chunks_come_back_in_order_from_any_height() {
        assert_eq!(build(&[]).1, None);
        for count in [1, 2, 127, 500, 40_000] {
            let chunks = chunks(count);
            let (pages, root) = build(&chunks);
            let mut back = Vec::new();
            read(&pages, root.unwrap(), &mut back);
            assert_eq!(back, chunks);
        }
    }

    #[test]
    fn one_edit_changes_one_page_a_level() {
        let mut chunks = chunks(40_000);
        let (before, _) = build(&chunks);
        chunks.insert(20_000, Chunk::Data { id: BlobId([1; 32]), len: 5 });
        let (after, root) = build(&chunks);
        let new = after.keys().filter(|id| !before.contains_key(id)).count();
        assert!(new <= usize::from(root.unwrap().level) + 2, "{new} new pages");
    }
}
