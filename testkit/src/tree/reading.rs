//! Reading a file of a tree in memory, from start to end, and with the troubles that it may have.

use larder_connect::{OpenFile, Piece};
use larder_model::{Metadata, Problem, ProblemKind, Result, Skip};

use super::{Body, Extent, SharedTree, Trouble};

/// A body, and how far it was read.
pub(super) struct BodyReader {
    body: Body,
    offset: u64,
}

impl BodyReader {
    pub fn new(body: Body) -> Self {
        Self { body, offset: 0 }
    }

    pub fn next(&mut self, buffer: &mut [u8]) -> Piece {
        let piece = self.body.read(self.offset, buffer);
        self.offset += match piece {
            Piece::Data(len) => len as u64,
            Piece::Hole(len) => len,
            Piece::End => 0,
        };
        piece
    }
}

/// A file as it was when it was opened.
pub(super) struct Reading {
    tree: SharedTree,
    inode: u64,
    body: BodyReader,
    trouble: Option<Trouble>,
}

impl Reading {
    pub fn new(tree: &SharedTree, inode: u64) -> Self {
        let found = tree.lock().get(inode).cloned().unwrap();
        Self { tree: tree.clone(), inode, body: BodyReader::new(found.body), trouble: found.trouble }
    }
}

impl OpenFile for Reading {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        if let Some(Trouble::BreaksOff(after)) = self.trouble
            && self.body.offset >= after
        {
            return Err(Problem::failed("the disk cannot be read here").tag("EIO"));
        }
        let piece = self.body.next(buffer);
        if let Piece::Data(len) = piece {
            let start = buffer.as_ptr() as usize;
            if let Some(reads) = &mut self.tree.lock().reads {
                reads.push(start..start + len);
            }
        }
        Ok(piece)
    }

    fn finish(self: Box<Self>, _: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        let mut tree = self.tree.lock();
        if let Some(Trouble::Changes(times)) = self.trouble
            && let Some(left) = times.checked_sub(1)
        {
            let mut body = self.body.body.clone();
            body.push(Extent::Data((*b"changed").into()));
            tree.set_body(self.inode, body);
            tree.edit(self.inode, |inode| inode.trouble = Some(Trouble::Changes(left)));
        }
        let gone = || Problem::not_found("the file has vanished");
        tree.get(self.inode).ok_or_else(gone)?;
        Ok(tree.describe(self.inode, b"").meta)
    }
}

pub(super) fn denied(what: &str) -> Problem {
    Problem::new(ProblemKind::Denied, format!("{what} is refused")).tag("EACCES")
}
