//! One commit at a time in each namespace.
//!
//! Dropbox takes a lock for each change and answers `too_many_write_operations` when it is held, so queueing here is
//! faster than being sent away there.

use std::collections::HashSet;
use std::sync::Arc;

use super::Governor;
use crate::error::Result;
use crate::http::Http;

/// The namespaces in which a commit is under way.
#[derive(Debug, Default)]
pub(super) struct Commits {
    busy: HashSet<String>,
}

/// The right to commit in one namespace; given back when dropped.
pub(crate) struct CommitLock {
    governor: Arc<Governor>,
    namespace: String,
}

impl Governor {
    /// Waits until nobody else commits in the namespace.
    pub fn lock_commits(self: &Arc<Self>, namespace: &str, http: &Http) -> Result<CommitLock> {
        loop {
            http.check()?;
            let mut state = self.state();
            if state.commits.busy.insert(namespace.to_string()) {
                return Ok(CommitLock { governor: self.clone(), namespace: namespace.to_string() });
            }
            self.wait_for_change(state);
        }
    }
}

impl Drop for CommitLock {
    fn drop(&mut self) {
        self.governor.state().commits.busy.remove(&self.namespace);
        self.governor.changed.notify_all();
    }
}
