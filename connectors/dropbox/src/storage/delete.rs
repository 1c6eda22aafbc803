//! Deleting objects, alone and many at once. Dropbox keeps what was deleted for a while.

use dropbox_client::{Class, Delete, Error};
use larder_connect::ObjectName;
use larder_model::{Problem, ProblemKind, Result};

use super::DropboxStorage;

/// How often a deletion is tried whose answer was lost, or that Dropbox was too busy for.
const TRIES: u32 = 8;
const BATCH_MAX: usize = 1000;

impl DropboxStorage {
    pub(super) fn delete_one(&self, name: &ObjectName) -> Result<()> {
        let what = Delete::of(self.path(name));
        for failures in 0..TRIES {
            self.pause_after(failures)?;
            match self.call(|client| client.delete(&what)) {
                Ok(_) => return self.note_deleted(name),
                Err(error) if error.is_not_found() => return self.note_deleted(name),
                Err(error) if matches!(error.class(), Class::Unclear | Class::Retry) => {}
                Err(error) => return Err(self.undeletable(name, &error)),
            }
        }
        Err(self.not_taken(1))
    }

    pub(super) fn delete_many(&self, names: &[ObjectName]) -> Result<()> {
        if let [name] = names {
            return self.delete_one(name);
        }
        names.chunks(BATCH_MAX).try_for_each(|batch| self.delete_batch_of(batch))
    }

    fn delete_batch_of(&self, names: &[ObjectName]) -> Result<()> {
        let mut left: Vec<ObjectName> = names.to_vec();
        for failures in 0..TRIES {
            self.pause_after(failures)?;
            let entries: Vec<_> = left.iter().map(|name| Delete::of(self.path(name))).collect();
            match self.call(|client| client.delete_batch(&entries)) {
                Ok(results) => left = self.settle_deletions(&left, results)?,
                // A job may end because Dropbox was too busy for it.
                Err(error) if matches!(error.class(), Class::Unclear | Class::Retry) => {}
                Err(error) => return Err(self.problem(&error).context("cannot delete objects")),
            }
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(self.not_taken(left.len()))
    }

    /// Gives those that have to be tried again.
    fn settle_deletions<T>(&self, names: &[ObjectName], results: Vec<Result<T, Error>>) -> Result<Vec<ObjectName>> {
        let mut again = Vec::new();
        for (name, result) in names.iter().zip(results) {
            match result {
                Ok(_) => self.note_deleted(name)?,
                Err(error) if error.is_not_found() => self.note_deleted(name)?,
                Err(error) if matches!(error.class(), Class::Retry | Class::Unclear) => again.push(name.clone()),
                Err(error) => return Err(self.undeletable(name, &error)),
            }
        }
        Ok(again)
    }

    fn note_deleted(&self, name: &ObjectName) -> Result<()> {
        if let Some(found) = self.listing.get(name) {
            self.room.give_back(found.size);
        }
        self.listing.note_gone(name);
        Ok(())
    }

    fn undeletable(&self, name: &ObjectName, error: &Error) -> Problem {
        self.problem(error).context(format_args!("cannot delete {name}"))
    }

    fn not_taken(&self, count: usize) -> Problem {
        Problem::new(ProblemKind::Unreachable, format!("Dropbox did not delete {count} objects in {TRIES} tries"))
            .hint("run the command again")
    }
}
