//! What was there (revisions).

use serde::Serialize;

use super::check::{self, PAST, WRITE};
use crate::client::{Client, Route};
use crate::error::Result;
use crate::types::{FileMetadata, ListRevisions, Revisions};

const LIST_REVISIONS: Route = Route::read("files/list_revisions");
const RESTORE: Route = Route::commit("files/restore");

#[derive(Serialize)]
struct Restore<'a> {
    path: &'a str,
    rev: &'a str,
}

impl Client {
    /// What a path, or a file, was before.
    pub fn list_revisions(&self, arguments: &ListRevisions) -> Result<Revisions> {
        check::path(&arguments.path, PAST)?;
        check::within("Revisions", arguments.limit.into(), 1, 100)?;
        arguments.before_rev.as_deref().map_or(Ok(()), check::rev)?;
        self.call(&LIST_REVISIONS, arguments, &arguments.path)
    }

    /// Puts an earlier revision of a file back at its path. A change: after [`crate::Class::Unclear`] look at the path.
    pub fn restore(&self, path: &str, rev: &str) -> Result<FileMetadata> {
        check::path(path, WRITE)?;
        check::rev(rev)?;
        self.call(&RESTORE, &Restore { path, rev }, path)
    }
}
