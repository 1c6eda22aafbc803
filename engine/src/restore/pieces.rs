//! Files as pieces: which part of which blob goes where.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use larder_format::{
    keys::BlobKind,
    page::{Chunk, Content, PageRef},
};
use larder_model::{BlobId, Result};

use super::{file_job::FileJob, plan::Planner, window::Piece};
use crate::content::{self, wrong_sum};

impl<'r> Planner<'r, '_> {
    /// Plans all pieces of a file. One that cannot be planned whole fails by its name.
    pub(super) fn file(&mut self, job: &Arc<FileJob<'r>>) {
        let (content, size) = (job.node.content, job.node.entry.meta.size);
        let len = u32::try_from(size).unwrap_or(u32::MAX);
        let planned = match content {
            Content::Nothing | Content::Folder { .. } if size == 0 => Ok(()),
            Content::Nothing | Content::Folder { .. } => Err(wrong_sum()),
            Content::Blob(id) => self.piece(job, id, Some(len), 0, len, 0),
            Content::Slice { blob, offset } => self.piece(job, blob, None, offset, len, 0),
            Content::Tree(root) => self.pieces(job, root),
        };
        if let Err(problem) = planned {
            job.fail(problem);
        }
        job.finish_one();
    }

    fn pieces(&mut self, job: &Arc<FileJob<'r>>, root: PageRef) -> Result<()> {
        let mut to = 0;
        let (library, resumes) = (self.shared.library, self.shared.abilities.resumes);
        content::walk(library, root, &mut |chunk| {
            self.shared.check()?;
            match chunk {
                Chunk::Data { len, .. } if resumes && job.has(to, len.into())? => {}
                Chunk::Data { id, len } => self.piece(job, id, Some(len), 0, len, to)?,
                Chunk::Hole { len } if resumes => {
                    // There it is as many zeros.
                    job.skip(to, len)?;
                    self.shared.tally.bytes.fetch_add(len, Relaxed);
                }
                Chunk::Hole { .. } => {}
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
        self.window.add(Piece { file: job.clone(), blob, blob_len, place, from, len, to });
        Ok(())
    }
}
