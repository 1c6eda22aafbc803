//! A folder's leaf while its nodes are gathered.

use std::sync::atomic::Ordering::Relaxed;

use larder_connect::Folder;
use larder_format::{
    keys::BlobKind,
    page::{Content, Node},
};
use larder_model::{BlobId, Entry, Result, Time};

use crate::{
    Fate,
    backup::{join::Joiner, parent::ParentFolder, unchanged::has_same_content, walk::Shared},
    content,
    run::{Run, Worker},
};

/// Blobs of the parent that one backup reads to compare: what is counted in the summary is not worth more.
const COMPARED_MAX: u64 = 1024;

pub(super) struct Gathered {
    pub nodes: Vec<Option<Node>>,
    /// What is a task of its own, and its index among the nodes.
    pub later: Vec<(usize, Later)>,
    pub joiner: Joiner,
    read_again: Vec<ReadAgain>,
    /// The source's clock when the leaf was begun.
    pub now: Option<Time>,
}

/// What takes long enough that another thread may as well do it.
pub(super) enum Later {
    Folder { name: Box<[u8]>, parent: ParentFolder },
    File { entry: Box<Entry>, parent: Option<Box<Node>> },
}

/// A file that was read although the parent has it.
struct ReadAgain {
    /// Of its node.
    index: usize,
    /// What the parent says of it.
    before: Node,
    /// Of its bytes, if it is small.
    small: Option<BlobId>,
}

impl Gathered {
    pub fn new(now: Option<Time>) -> Self {
        Self { nodes: Vec::new(), later: Vec::new(), joiner: Joiner::default(), read_again: Vec::new(), now }
    }

    /// The next node is of a file that the parent has. `small` names its bytes, if they are joined with others.
    pub fn read_again(&mut self, before: Node, small: Option<BlobId>) {
        self.read_again.push(ReadAgain { index: self.nodes.len(), before, small });
    }

    /// Stores the last joined files. Only now is the content of all known, and what of it has changed.
    pub fn finish_files(&mut self, worker: &mut Worker, shared: &Shared, folder: &dyn Folder) -> Result<()> {
        self.joiner.flush(worker, &mut self.nodes)?;
        let mut before = Before::default();
        for again in self.read_again.drain(..) {
            let is_same = self.nodes[again.index].as_ref().is_some_and(|node| {
                has_same_content(node, &again.before) || before.has_same_bytes(shared, node, &again)
            });
            let (counter, fate) = match is_same {
                true => (&shared.tally.unchanged, Fate::Unchanged),
                false => (&shared.tally.changed, Fate::Changed),
            };
            counter.fetch_add(1, Relaxed);
            shared.monitor.done(fate, &|| folder.path().child(&again.before.entry.name));
        }
        Ok(())
    }
}

/// What the parent has of small files. One that lies in a blob with others is somewhere else as soon as one of these has changed, and
/// may be the same all the same.
#[derive(Default)]
struct Before {
    /// The last blob that was read; none of it if it could not be.
    blob: Option<(BlobId, Vec<u8>)>,
}

impl Before {
    fn has_same_bytes(&mut self, shared: &Shared, node: &Node, again: &ReadAgain) -> bool {
        let (now, before) = (&node.entry, &again.before.entry);
        let Some(id) = again.small.filter(|_| now.kind == before.kind && now.meta.size == before.meta.size) else {
            return false;
        };
        match again.before.content {
            Content::Blob(before) => before == id,
            Content::Slice { blob, offset } => {
                let bytes = self.blob(shared, blob);
                let identity = shared.run.store().identity();
                let slice = bytes.and_then(|bytes| content::slice(bytes, &blob, offset, before.meta.size).ok());
                slice.is_some_and(|slice| identity.blob_id(BlobKind::Content, slice) == id)
            }
            _ => false,
        }
    }

    /// A blob of the parent. One that is damaged, or one too many, is like none.
    fn blob(&mut self, shared: &Shared, id: BlobId) -> Option<&[u8]> {
        if self.blob.as_ref().is_none_or(|(known, _)| *known != id) {
            self.blob = Some((id, read(shared, id).unwrap_or_default()));
        }
        self.blob.as_ref().map(|(_, bytes)| bytes.as_slice()).filter(|bytes| !bytes.is_empty())
    }
}

fn read(shared: &Shared, id: BlobId) -> Option<Vec<u8>> {
    let run: &Run = shared.run;
    if shared.tally.compared.fetch_add(1, Relaxed) >= COMPARED_MAX {
        return None;
    }
    run.library.blob(BlobKind::Content, &id).ok().map(|blob| blob.to_vec())
}
