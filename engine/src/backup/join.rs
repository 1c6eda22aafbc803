//! Joining small files of one leaf into blobs (docs/format.md §6): a thousand files of a hundred bytes become seven blobs. Their bytes
//! are held by the worker, where they are compressed.

use larder_format::page::{Content, JOINED_BLOB_LEN_MAX, Node, starts_group};
use larder_model::{BlobId, Result};

use crate::run::Worker;

/// The group at hand.
#[derive(Default)]
pub(super) struct Joiner {
    /// Index of the node and offset of the file, in order. The file's node is added after the file itself.
    members: Vec<(usize, u32)>,
}

impl Joiner {
    /// Before a file of this name and length: stores the group at hand where the file begins another one.
    pub fn make_room(
        &mut self,
        worker: &mut Worker,
        nodes: &mut [Option<Node>],
        name: &[u8],
        len: usize,
    ) -> Result<()> {
        let hash = worker.run.store().identity().name_hash(name);
        if starts_group(hash) || worker.held() + len > JOINED_BLOB_LEN_MAX {
            self.flush(worker, nodes)?;
        }
        Ok(())
    }

    /// Adds the file that becomes node `index`. Its bytes are what the worker holds next.
    ///
    /// # Panics
    /// When the worker holds what no member of the group is: it would become a part of files that it is none of.
    pub fn add(&mut self, worker: &Worker, index: usize) {
        assert_eq!(self.members.is_empty(), worker.held() == 0, "a worker holds the members of one group");
        self.members.push((index, worker.held() as u32));
    }

    /// Stores the group at hand and tells its files where they are.
    pub fn flush(&mut self, worker: &mut Worker, nodes: &mut [Option<Node>]) -> Result<()> {
        if self.members.is_empty() {
            return Ok(());
        }
        let blob = worker.put_held().inspect_err(|_| self.members.clear())?;
        let alone = self.members.len() == 1;
        for (index, offset) in self.members.drain(..) {
            if let Some(node) = &mut nodes[index] {
                node.content = joined(alone, blob, offset);
            }
        }
        Ok(())
    }
}

/// A file that was joined with others, or with none.
pub(super) fn joined(alone: bool, blob: BlobId, offset: u32) -> Content {
    if alone { Content::Blob(blob) } else { Content::Slice { blob, offset } }
}
