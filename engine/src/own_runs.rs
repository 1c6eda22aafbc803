//! What a machine knows of the runs that it began. A run that was killed cannot say that it is over, and its start record would protect
//! for 30 days what nobody needs; but the machine that it ran on can tell.

use std::any::Any;

use larder_model::{Result, RunId};

use crate::{Store, look::Look, names};

/// The runs of this machine, as the program around the engine keeps track of them.
pub trait OwnRuns: Send + Sync {
    /// A run of this process begins. It goes on for as long as what is given back is there, and ends with the process at the latest,
    /// however that ends.
    fn begin(&self, run: RunId) -> Box<dyn Any + Send + Sync>;

    /// True for a run of this machine that has surely ended; of the runs of others nothing is known.
    fn is_over(&self, run: RunId) -> bool;

    /// Nothing is left of a run that is over.
    fn forget(&self, run: RunId);
}

/// Removes the start records of runs of this machine that were killed: what each would have done at its end. Their intents stay, as those
/// of all runs do, and gc waits until their snapshots would be seen.
///
/// What such a run has stored is worth something to the next one, and nothing else protects it: so only what is older than `age_min_secs`
/// goes, by the storage's clock.
pub(crate) fn clear_killed(store: &Store, age_min_secs: i64) -> Result<()> {
    let Some(own) = &store.settings().own_runs else { return Ok(()) };
    let newest = store.settings().now().secs - age_min_secs;
    let started = |name: &str| name.strip_suffix(".start").and_then(|run| run.parse::<RunId>().ok());
    for info in Look::Glance.list(store.storage(), names::RUNS)? {
        if age_min_secs > 0 && info.modified.secs > newest {
            continue;
        }
        let Some(run) = started(info.name.name()).filter(|run| own.is_over(*run)) else { continue };
        store.storage().delete(&info.name)?;
        own.forget(run);
    }
    Ok(())
}
