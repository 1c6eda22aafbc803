//! rustic as a peer: version 0.11, built from its release. It has passphrases only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::peer::{PASSPHRASE, Peer, Place, Work, words};

pub struct Rustic {
    program: PathBuf,
}

impl Rustic {
    pub fn new(peers: &Path) -> Self {
        let program = peers.join("rustic/bin/rustic");
        Self { program }
    }
}

impl Peer for Rustic {
    fn name(&self) -> &'static str {
        "rustic"
    }

    fn program(&self) -> &Path {
        &self.program
    }

    fn arguments(&self, work: Work, place: &Place) -> Option<Vec<OsString>> {
        Some(match work {
            Work::MakeKey => return None,
            Work::Create => words!["init"],
            Work::Backup(folder) => words!["backup", folder],
            Work::Restore => words!["restore", "latest", &place.restored],
            Work::CheckData => words!["check", "--read-data"],
            Work::List => words!["ls", "latest", "--recursive"],
            Work::Find(name) => words!["find", "--glob", name],
            Work::Snapshots => words!["snapshots"],
        })
    }

    fn environment(&self, place: &Place) -> Vec<(&'static str, OsString)> {
        vec![
            ("RUSTIC_REPOSITORY", place.store.clone().into()),
            ("RUSTIC_CACHE_DIR", place.cache.clone().into()),
            ("RUSTIC_PASSWORD", PASSPHRASE.into()),
            ("RUSTIC_LOG_LEVEL", "warn".into()),
        ]
    }

    fn version(&self) -> Vec<OsString> {
        words!["--version"]
    }
}
