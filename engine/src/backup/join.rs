//! Joining small files of one leaf into blobs (docs/format.md §6): a thousand files of a hundred bytes become seven blobs.

use larder_format::{
    keys::BlobKind,
    page::{Content, JOINED_BLOB_LEN_MAX, Node, starts_group},
};
use larder_model::{BlobId, Result};

use crate::run::Worker;

/// The group at hand.
#[derive(Default)]
pub(super) struct Joiner {
    bytes: Vec<u8>,
    /// Index of the node and offset of the file, in order. The file's node is added after the file itself.
    members: Vec<(usize, u32)>,
}

impl Joiner {
    /// Adds the bytes of the file that becomes node `index`; stores the group before it where one ends.
    pub fn add(
        &mut self,
        worker: &mut Worker,
        nodes: &mut [Option<Node>],
        index: usize,
        name: &[u8],
        bytes: &[u8],
    ) -> Result<()> {
        let hash = worker.run.store().identity().name_hash(name);
        if starts_group(hash) || self.bytes.len() + bytes.len() > JOINED_BLOB_LEN_MAX {
            self.flush(worker, nodes)?;
        }
        self.members.push((index, self.bytes.len() as u32));
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Stores the group at hand and tells its files where they are.
    pub fn flush(&mut self, worker: &mut Worker, nodes: &mut [Option<Node>]) -> Result<()> {
        if self.members.is_empty() {
            return Ok(());
        }
        let blob = worker.put(BlobKind::Content, &self.bytes)?;
        let alone = self.members.len() == 1;
        for (index, offset) in self.members.drain(..) {
            if let Some(node) = &mut nodes[index] {
                node.content = content(alone, blob, offset);
            }
        }
        self.bytes.clear();
        Ok(())
    }
}

fn content(alone: bool, blob: BlobId, offset: u32) -> Content {
    if alone { Content::Blob(blob) } else { Content::Slice { blob, offset } }
}
