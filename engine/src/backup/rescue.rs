//! The last look at the marks: what gc marked while this run referred to it is stored once more.

use larder_format::keys::BlobKind;
use larder_model::{Problem, ProblemKind, Result};

use super::walk::Walked;
use crate::{
    run::{Run, Uploader, Worker, hand_in_last},
    trace,
};

/// Reads the marks again. When there are new ones, every blob of the new snapshot that has no unmarked place is copied, and
/// the copies are made durable and findable.
pub(super) fn rescue_marked(run: &Run, walked: &Walked) -> Result<()> {
    let library = run.library;
    if library.index.reload_marks(run.store())?.is_empty() {
        return Ok(());
    }
    Uploader::beside(run, |uploader| {
        let mut worker = Worker::new(run, Some(uploader));
        trace::trace(
            library,
            walked.root,
            &walked.references.all(),
            &mut trace::Seen::default(),
            &mut |kind: BlobKind, id| {
                if library.index.find(run.store(), kind, id)?.is_none() {
                    let bytes = library.blob(kind, id).map_err(too_late)?;
                    worker.put_named(kind, id, &bytes)?;
                }
                Ok(())
            },
        )?;
        let packs = worker.finish()?;
        hand_in_last(run, uploader, vec![packs])
    })?;
    run.settle()
}

fn too_late(problem: Problem) -> Problem {
    match problem.kind() {
        ProblemKind::Damaged | ProblemKind::NotFound => {
            Problem::failed("gc has deleted what this backup was about to refer to").hint("run the backup again")
        }
        _ => problem,
    }
}
