//! Room for what gc itself has to write, on a storage that is full.
//!
//! gc gives space back, but it writes marks before it deletes anything. On a storage without room for them it first deletes what nobody
//! misses: intents of runs that have ended, superseded index runs, and, as far as it must, index runs that count. What those say
//! stands in the packs as well: until the next backup covers these packs anew, they are found by their own directories, which takes
//! longer and loses nothing.

use std::{
    cmp::Reverse,
    collections::{HashSet, VecDeque},
};

use larder_connect::ObjectName;
use larder_format::{
    index::{PackTable, RunKind},
    records::Marks,
};
use larder_model::{Hash, PackId, ProblemKind, Result};

use super::{roots::Over, sweep};
use crate::{blobs::Library, look::Look, names};

/// Puts marks for what is in `dead`, and makes room for them if there is none.
pub(super) fn put_marks(library: &Library, over: &Over, dead: &HashSet<PackId>, marks: &Marks) -> Result<ObjectName> {
    let store = &library.store;
    let mut spare: Option<Spare> = None;
    loop {
        let problem = match store.put_record(names::MARKS, marks) {
            Err(problem) if problem.is(ProblemKind::NoSpace) => problem,
            put => return put,
        };
        let spare = match &mut spare {
            Some(spare) => spare,
            None => spare.insert(Spare::find(library, over, dead)?),
        };
        if !spare.free_some(library)? {
            return Err(
                problem.hint("gc needs a little room before it can make more: free some there and run it again")
            );
        }
    }
}

/// What can be deleted without marks, in this order.
struct Spare {
    records: VecDeque<ObjectName>,
    runs: VecDeque<Hash>,
}

impl Spare {
    fn find(library: &Library, over: &Over, dead: &HashSet<PackId>) -> Result<Self> {
        let superseded = sweep::superseded(library)?;
        let records = over.names().chain(superseded.into_iter().map(names::index)).collect();
        // Those that gc would replace anyway come first, then the smallest: they are found anew at the least cost.
        let mut runs: Vec<_> = library.index.with_runs(|runs| {
            let of_blobs = runs.iter().filter(|run| matches!(run.tail.kind, RunKind::Blobs(_)));
            let names_dead = |packs: &PackTable| packs.ids().any(|pack| dead.contains(pack));
            of_blobs.map(|run| (Reverse(names_dead(&run.tail.packs)), run.size, run.hash)).collect()
        });
        runs.sort_unstable();
        Ok(Self { records, runs: runs.into_iter().map(|(_, _, hash)| hash).collect() })
    }

    /// Deletes something; false when nothing is left.
    fn free_some(&mut self, library: &Library) -> Result<bool> {
        let store = &library.store;
        if let Some(record) = self.records.pop_front() {
            store.storage().delete(&record)?;
            return Ok(true);
        }
        let Some(run) = self.runs.pop_front() else { return Ok(false) };
        store.storage().delete(&names::index(run))?;
        library.index.forget_run(run);
        library.index.adopt(store, Look::Now)?;
        Ok(true)
    }
}
