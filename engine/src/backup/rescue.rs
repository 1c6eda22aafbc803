//! The last look at the marks: what gc marked while this run referred to it is stored once more.

use larder_format::keys::BlobKind;
use larder_model::{ProblemKind, Result};

use super::walk::Walked;
use crate::{
    run::{Run, Uploader, Worker, hand_in_last},
    trace,
};

/// How a blob that gc has deleted is missed.
const GONE: [ProblemKind; 2] = [ProblemKind::Damaged, ProblemKind::NotFound];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rescue {
    /// Everything that the new snapshot refers to has a place that nobody is about to delete.
    Safe,
    /// gc was faster.
    TooLate,
}

/// Reads the marks again. When there are new ones, every blob of the new snapshot that has no unmarked place is copied, and
/// the copies are made durable and findable.
pub(super) fn rescue_marked(run: &Run, walked: &Walked) -> Result<Rescue> {
    let library = run.library;
    if library.index.reload_marks(run.store())?.is_empty() {
        return Ok(Rescue::Safe);
    }
    let mut is_gone = false;
    let copied = Uploader::beside(run, |uploader| {
        let mut worker = Worker::new(run, Some(uploader));
        let references = walked.references.all();
        trace::trace(library, walked.root, &references, &mut trace::Seen::default(), &mut |kind: BlobKind, id| {
            if library.index.find(run.store(), kind, id)?.is_none() {
                let read = library.blob(kind, id);
                is_gone = read.as_ref().is_err_and(|problem| GONE.iter().any(|kind| problem.is(*kind)));
                worker.put_named(kind, id, &read?)?;
            }
            Ok(())
        })?;
        let packs = worker.finish()?;
        hand_in_last(run, uploader, vec![packs])
    });
    if is_gone {
        return Ok(Rescue::TooLate);
    }
    copied?;
    run.settle()?;
    Ok(Rescue::Safe)
}
