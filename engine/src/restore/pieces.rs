//! Files as pieces: which part of which blob goes where.

use std::sync::Arc;

use larder_format::{
    keys::BlobKind,
    page::{Chunk, Content, Node, PageRef},
};
use larder_model::{BlobId, Result, TreePath};

use super::{
    jobs::{FileJob, FolderJob},
    plan::Planner,
    window::Piece,
};
use crate::{content, tree::wrong_sum};

impl<'r> Planner<'r, '_> {
    /// Plans all pieces of a file. One that cannot be planned whole fails by its name.
    pub(super) fn file(&mut self, folder: &Arc<FolderJob<'r>>, path: &TreePath, node: Node) -> Result<()> {
        let (content, size) = (node.content, node.entry.meta.size);
        let job = FileJob::new(folder.clone(), node, path.clone());
        let len = u32::try_from(size).unwrap_or(u32::MAX);
        let planned = match content {
            Content::Nothing | Content::Folder { .. } if size == 0 => Ok(()),
            Content::Nothing | Content::Folder { .. } => Err(wrong_sum()),
            Content::Blob(id) => self.piece(&job, id, Some(len), 0, len, 0),
            Content::Slice { blob, offset } => self.piece(&job, blob, None, offset, len, 0),
            Content::Tree(root) => self.pieces(&job, root),
        };
        if let Err(problem) = planned {
            job.fail(problem);
        }
        job.finish_one();
        Ok(())
    }

    fn pieces(&mut self, job: &Arc<FileJob<'r>>, root: PageRef) -> Result<()> {
        let mut to = 0;
        let library = self.shared.library;
        content::walk(library, root, &mut |chunk| {
            self.shared.check()?;
            if let Chunk::Data { id, len } = chunk {
                self.piece(job, id, Some(len), 0, len, to)?;
            }
            to = to.saturating_add(chunk.len());
            Ok(())
        })?;
        if to == job.node.entry.meta.size { Ok(()) } else { Err(wrong_sum()) }
    }

    fn piece(
        &mut self,
        job: &Arc<FileJob<'r>>,
        blob: BlobId,
        blob_len: Option<u32>,
        from: u32,
        len: u32,
        to: u64,
    ) -> Result<()> {
        let place = self.shared.library.place(BlobKind::Content, &blob)?;
        job.expect_piece();
        self.window.add(Piece { file: job.clone(), blob, blob_len, place, from, len, to })
    }
}
