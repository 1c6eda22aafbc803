//! What this machine wrote last: a listing without it lags behind.
//!
//! Listings follow writes within seconds, as a rule. A restore that is run again right after another would take what it does not see for
//! missing, and send everything again. So the last file that was committed is noted, and a listing that lacks it is asked for anew until it
//! is there, or was changed since.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use dropbox_client::{FileMetadata, names::fold};
use larder_model::Result;

use super::{inner::Inner, known::Standing, look::parent};
use crate::problem::problem;

/// No listing lags behind for longer, as far as anybody knows.
const LAG_MAX: Duration = Duration::from_secs(120);

/// So long a run waits for one.
const WAIT_MAX: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(8);

const FILE: &str = "recent";

/// A file that was committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recent {
    rev: String,
    /// Folded.
    path: String,
}

impl Recent {
    /// Of an account; `None` when that is long ago.
    fn load(folder: &Path, account: &str) -> Option<Self> {
        let path = folder.join(FILE);
        let age = SystemTime::now().duration_since(fs::metadata(&path).ok()?.modified().ok()?).ok()?;
        let text = fs::read_to_string(&path).ok().filter(|_| age < LAG_MAX)?;
        // A path may have line ends in it, and is the rest.
        let (of, rest) = text.split_once('\n')?;
        let (rev, path) = rest.split_once('\n')?;
        (of == account).then(|| Self { rev: rev.to_owned(), path: path.to_owned() })
    }

    /// Failing at that costs what another run sends in vain.
    fn save(&self, folder: &Path, account: &str) {
        let text = format!("{account}\n{}\n{}", self.rev, self.path);
        let draft: PathBuf = folder.join(format!("{FILE}.{}", std::process::id()));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&draft, text));
        if written.and_then(|()| fs::rename(&draft, folder.join(FILE))).is_err() {
            let _ = fs::remove_file(draft);
        }
    }
}

impl Inner {
    /// Notes a file that was committed just now.
    pub fn note_recent(&self, file: &FileMetadata) {
        let (Some(folder), Some(path)) = (&self.options.notes, &file.path_lower) else { return };
        Recent { rev: file.rev.clone(), path: fold(path) }.save(folder, &self.account().id);
    }

    /// Lists a folder, the first one, until what this machine wrote last is in it. False when the folder is not there.
    pub fn list_with_own(&self, standing: &mut Standing, folder: &str) -> Result<bool> {
        let mut is_there = self.list(standing, folder)?;
        let Some(recent) = self.recent_below(folder) else { return Ok(is_there) };
        let (mut pause, mut waited) = (PAUSE, Duration::ZERO);
        while waited < WAIT_MAX && !standing.shows(&recent, is_there) {
            let found = self.get(&recent.path).map_err(|error| problem(&error))?;
            // Somebody has changed it since, and nothing is late.
            if found.and_then(|found| found.as_file().map(|file| file.rev != recent.rev)) != Some(false) {
                break;
            }
            self.client().wait(pause).map_err(|error| problem(&error))?;
            waited += pause;
            pause = (pause * 2).min(PAUSE_MAX);
            *standing = Standing::default();
            is_there = self.list(standing, folder)?;
        }
        Ok(is_there)
    }

    fn recent_below(&self, folder: &str) -> Option<Recent> {
        let recent = Recent::load(self.options.notes.as_deref()?, &self.account().id)?;
        let rest = recent.path.strip_prefix(&fold(folder));
        rest.is_some_and(|rest| rest.starts_with('/')).then_some(recent)
    }
}

impl Standing {
    /// False when a listing should have shown it, and has not.
    fn shows(&self, recent: &Recent, is_top_there: bool) -> bool {
        if is_top_there && !self.is_listed(parent(&recent.path)) {
            return true;
        }
        let node = self.alive(&recent.path);
        node.and_then(|node| self.listing.item(node)).is_some_and(|item| item.rev.as_ref() == Some(&recent.rev))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_last_is_remembered_for_its_account() {
        let folder = std::env::temp_dir().join(format!("larder-recent-{}", std::process::id()));
        assert_eq!(Recent::load(&folder, "dbid:a"), None);
        let recent = Recent { rev: "0123456789ab".into(), path: "/a/new\nline".into() };
        recent.save(&folder, "dbid:a");
        assert_eq!(Recent::load(&folder, "dbid:a"), Some(recent));
        assert_eq!(Recent::load(&folder, "dbid:b"), None);
        fs::write(folder.join(FILE), "dbid:a\nrev").unwrap();
        assert_eq!(Recent::load(&folder, "dbid:a"), None);
        let _ = fs::remove_dir_all(&folder);
    }
}
