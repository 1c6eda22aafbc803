//! What Dropbox still has of objects that were deleted or replaced.

use dropbox_client::{Class, FileMetadata, ListFolder, ListRevisions, Metadata, names::fold};
use larder_connect::{ObjectInfo, ObjectName};
use larder_model::{Problem, ProblemKind, Result};

use super::{DropboxStorage, listing::Found};

/// How often a restoration is tried whose answer was lost.
const TRIES: u32 = 5;

impl DropboxStorage {
    /// Restores the newest revision that is right, and that Dropbox still has.
    pub(super) fn bring_back(&self, name: &ObjectName, is_right: &dyn Fn(&ObjectInfo) -> bool) -> Result<bool> {
        let path = self.path(name);
        let mut question = ListRevisions::of(&path);
        loop {
            let revisions = match self.call(|client| client.list_revisions(&question)) {
                Ok(revisions) => revisions,
                Err(error) if error.class() == Class::SkipAndReport => return Ok(false),
                Err(error) => {
                    return Err(self.problem(&error).context(format_args!("cannot look at the past of {name}")));
                }
            };
            for right in revisions.entries.iter().filter(|entry| is_right(&Found::of(entry).info(name))) {
                if self.restore(name, &path, right)? {
                    return Ok(true);
                }
            }
            match revisions.entries.last() {
                Some(last) if revisions.has_more => question.before_rev = Some(last.rev.clone()),
                _ => return Ok(false),
            }
        }
    }

    /// False for a revision that is listed and that Dropbox does not have any more.
    fn restore(&self, name: &ObjectName, path: &str, revision: &FileMetadata) -> Result<bool> {
        for failures in 0..TRIES {
            self.pause_after(failures)?;
            match self.call(|client| client.restore(path, &revision.rev)) {
                Ok(restored) => {
                    self.listing.note_put(name, Found::of(&restored));
                    return Ok(true);
                }
                Err(error) if error.class() == Class::SkipAndReport => return Ok(false),
                Err(error) if matches!(error.class(), Class::Unclear | Class::Retry) => {}
                Err(error) => return Err(self.problem(&error).context(format_args!("cannot bring back {name}"))),
            }
            if self.look_at(name)?.is_some_and(|found| found.hash == revision.content_hash) {
                return Ok(true);
            }
        }
        Err(Problem::new(ProblemKind::Unreachable, format!("{name} could not be brought back")).hint("run it again"))
    }

    /// Names of objects below a folder that were deleted, and are not there now. Of a folder that is gone itself nothing is told, unless
    /// it may be made again.
    pub(super) fn list_deleted(&self, folder: &str, may_write: bool) -> Result<Vec<ObjectName>> {
        let path = format!("{}/{folder}", self.folder);
        let question = ListFolder { include_deleted: true, ..ListFolder::of(&path) };
        let list = || self.call(|client| client.list_folder(&question));
        let listed = list().or_else(|error| {
            if !error.is_not_found() || !may_write {
                return Err(error);
            }
            match self.call(|client| client.create_folder(&path)) {
                Err(error) if !matches!(error.class(), Class::Unclear | Class::Conflict) => Err(error),
                _ => list(),
            }
        });
        let mut page = match listed {
            Ok(page) => page,
            Err(error) if error.is_not_found() && !may_write => return Ok(Vec::new()),
            Err(error) => return Err(self.problem(&error).context(format_args!("cannot list what was in {folder}"))),
        };
        let (prefix, mut names) = (fold(&self.folder) + "/", Vec::new());
        loop {
            for entry in &page.entries {
                let name = entry.path_lower().and_then(|path| ObjectName::parse(path.strip_prefix(&prefix)?));
                names.extend(name.filter(|_| matches!(entry, Metadata::Deleted(_))));
            }
            if !page.has_more {
                return Ok(names);
            }
            page = self
                .call(|client| client.list_folder_continue(&page.cursor))
                .map_err(|error| self.problem(&error).context(format_args!("cannot list what was in {folder}")))?;
        }
    }
}
