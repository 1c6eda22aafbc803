//! Reading objects: by revision, which is one content for good, and needs no path in a header.

use std::ops::Range;

use dropbox_client::{Class, DownloadFile, Error};
use larder_connect::{ObjectName, Storage, beyond_end};
use larder_model::{Problem, Result};

use super::{DropboxStorage, listing::Found};

/// Nothing but packs is larger and read as a whole: what is must be foreign, or was replaced, and finds no room in memory.
const WHOLE_LEN_MAX: u64 = 64 << 20;

impl DropboxStorage {
    pub(super) fn read(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        if self.queue.holds(name) {
            self.commit_all()?;
        }
        if let Some(found) = self.listing.get(name).filter(|_| !self.listing.is_doubted(name)) {
            match self.download(name, &found, range.clone()) {
                Err(Missed::Gone) => {}
                Err(Missed::Failed(problem)) => return Err(problem),
                Ok(bytes) => return Ok(bytes),
            }
        }
        // Not listed, or not what was listed: only the path itself tells.
        let found = self.look_at(name)?.ok_or_else(|| self.nothing_at(name))?;
        self.download(name, &found, range).map_err(|missed| match missed {
            Missed::Gone => self.nothing_at(name),
            Missed::Failed(problem) => problem,
        })
    }

    fn nothing_at(&self, name: &ObjectName) -> Problem {
        Problem::not_found(format!("there is no {name} in the store at {}", self.location()))
    }

    fn download(&self, name: &ObjectName, found: &Found, range: Option<Range<u64>>) -> Result<Vec<u8>, Missed> {
        if range.is_none() && found.size > WHOLE_LEN_MAX && name.folder() != "packs" {
            let message = format!("{name} has {} bytes, more than any object of its kind", found.size);
            return Err(Missed::Failed(Problem::damaged(message)));
        }
        let range = range.unwrap_or(0..found.size);
        if range.end > found.size || range.start > range.end {
            return Err(Missed::Failed(beyond_end(name, &range, found.size)));
        }
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let is_whole = range == (0..found.size);
        let what = DownloadFile {
            path: format!("rev:{}", found.rev),
            from: range.start,
            length: (!is_whole).then(|| range.end - range.start),
            content_hash: found.hash.clone().filter(|_| is_whole),
        };
        let read = self.call(|client| client.download_bytes(&what));
        let (_, bytes) = read.map_err(|error| self.missed(name, &error))?;
        if bytes.len() as u64 != range.end - range.start {
            let message = format!("{name}: {} bytes were asked for, and {} came", range.end - range.start, bytes.len());
            return Err(Missed::Failed(Problem::damaged(message)));
        }
        Ok(bytes)
    }

    fn missed(&self, name: &ObjectName, error: &Error) -> Missed {
        if error.is_not_found() || (error.class() == Class::SkipAndReport && error.has_tag("not_file")) {
            return Missed::Gone;
        }
        if error.has_tag("content_hash_mismatch") {
            return Missed::Failed(Problem::damaged(format!("{name}: other bytes come than Dropbox says it has")));
        }
        Missed::Failed(self.problem(error).context(format_args!("cannot read {name}")))
    }
}

/// Why nothing came.
enum Missed {
    /// The revision is no longer there.
    Gone,
    Failed(Problem),
}
