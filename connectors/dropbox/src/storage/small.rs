//! Small objects: one call each, and each is there when the call returns.

use std::time::Duration;

use bytes::Bytes;
use dropbox_client::{Class, CommitInfo, Content, ContentHash, Error, WriteMode};
use larder_connect::{ObjectName, Put};
use larder_model::{Problem, ProblemKind, Result};

use super::{DropboxStorage, listing::Found, send::ONE_CALL_MAX};

/// How often an upload is sent whose answer was lost and that is not there.
const TRIES: u32 = 5;

const PAUSE: Duration = Duration::from_millis(300);
const PAUSE_MAX: Duration = Duration::from_secs(15);

impl DropboxStorage {
    pub(super) fn put_small(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<Put> {
        let body = Bytes::from(parts.concat());
        self.take_room(body.len() as u64)?;
        let hash = ContentHash::of(&body);
        let before = self.listing.get(name);
        let mut may_be_ours = false;
        for failures in 0..TRIES {
            self.pause_after(failures)?;
            let error = match self.upload(name, &body, WriteMode::Add) {
                Ok(made) => return self.note_made(name, &made, &hash).map(|()| Put::New),
                Err(error) => error,
            };
            let found = match error.class() {
                // If it is there after all, the next try says so.
                Class::Unclear => {
                    may_be_ours = true;
                    self.look_at(name)?
                }
                // Something is there, although it may be seen late; or it was there and is gone again.
                Class::Conflict => self.look_until(name, self.seen_by())?,
                _ => return Err(self.problem(&error).context(format_args!("cannot write {name}"))),
            };
            if let Some(found) = found {
                let put = self.compare(name, &found, body.len() as u64, &hash)?;
                let is_older = before.is_some_and(|before| before.rev == found.rev);
                return Ok(if may_be_ours && !is_older { Put::New } else { put });
            }
        }
        Err(Problem::new(
            ProblemKind::Unreachable,
            format!("{name} was sent {TRIES} times, and Dropbox did not take it"),
        )
        .hint("run the command again"))
    }

    /// Waits the longer the more often something failed.
    pub(super) fn pause_after(&self, failures: u32) -> Result<()> {
        let Some(doublings) = failures.checked_sub(1) else { return Ok(()) };
        let pause = PAUSE.saturating_mul(1 << doublings.min(8)).min(PAUSE_MAX);
        self.client().wait(pause).map_err(|error| self.problem(&error))
    }

    /// What stands under the name has to be what was to be put.
    pub(super) fn compare(&self, name: &ObjectName, found: &Found, size: u64, hash: &str) -> Result<Put> {
        if found.size == size && found.hash.as_deref() == Some(hash) {
            return Ok(Put::Existed);
        }
        let message = format!("{} is there already with other content", self.path(name));
        Err(Problem::new(ProblemKind::Conflict, message))
    }

    /// Takes the place of whatever is there. Dropbox keeps what it was for a while.
    pub(super) fn put_over(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        let body = Bytes::from(parts.concat());
        self.take_room(body.len() as u64)?;
        let hash = ContentHash::of(&body);
        for failures in 0..TRIES {
            self.pause_after(failures)?;
            match self.upload(name, &body, WriteMode::Overwrite) {
                Ok(made) => return self.note_made(name, &made, &hash),
                Err(error) if error.class() == Class::Unclear => {}
                Err(error) => return Err(self.problem(&error).context(format_args!("cannot replace {name}"))),
            }
            let found = self.look_at(name)?;
            if found.is_some_and(|found| found.hash.as_deref() == Some(&*hash)) {
                return Ok(());
            }
        }
        Err(Problem::new(ProblemKind::Unreachable, format!("{name} could not be replaced"))
            .hint("run the command again"))
    }

    fn upload(&self, name: &ObjectName, body: &Bytes, mode: WriteMode) -> Result<dropbox_client::FileMetadata, Error> {
        let strict_conflict = mode == WriteMode::Add;
        let commit = CommitInfo { mode, strict_conflict, ..CommitInfo::add(self.path(name)) };
        if body.len() <= ONE_CALL_MAX {
            let content = Content::from(body.clone());
            return self.call(|client| client.upload(&commit, &content));
        }
        let sent = self.send(body)?;
        self.call(|client| client.finish_session(&sent.cursor, &commit, &Content::empty()))
    }
}
