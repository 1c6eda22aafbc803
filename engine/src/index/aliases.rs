//! Look-ups of aliases: which content a provider's fingerprint stands for.

use larder_format::{
    index::{AliasEntry, RunKind},
    pack::Locator,
};
use larder_model::{ProblemKind, Result};

use super::{Index, Run, read_entries};
use crate::Store;

impl Index {
    /// What runs of aliases say, newest first. Each is a hint: the caller looks up the blobs. A run that cannot be read says nothing.
    pub fn aliases(&self, store: &Store, locator: &Locator) -> Result<Vec<AliasEntry>> {
        let runs = self.runs();
        let mut found: Vec<AliasEntry> = Vec::new();
        for run in runs.iter().filter(|run| run.tail.kind == RunKind::Aliases) {
            let mut take = |entry| {
                found.push(entry);
                Ok(None::<()>)
            };
            readable(run.find_entry(store, &self.blocks, locator, &mut take))?;
        }
        found.sort_by_key(|entry| std::cmp::Reverse(entry.created));
        Ok(found)
    }

    /// All entries of one run of aliases, or `None` when it cannot be read.
    pub fn aliases_of(store: &Store, run: &Run) -> Result<Option<Vec<AliasEntry>>> {
        let mut entries = Vec::new();
        let read = read_entries(store, run, |entry: AliasEntry| {
            entries.push(entry);
            Ok(())
        });
        Ok(readable(read)?.map(|()| entries))
    }
}

/// `None` for what is damaged or gone: an alias less costs a download, not a backup.
fn readable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => Ok(None),
        read => read.map(Some),
    }
}
