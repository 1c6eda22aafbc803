//! borg as a peer: version 1.4, built from its release, encrypting with `repokey-blake2`. It has passphrases only.

use std::ffi::OsString;

use super::peer::{PASSPHRASE, Place, Tool, Work, words};

pub struct Borg;

impl Tool for Borg {
    fn arguments(&self, work: Work, place: &Place) -> Option<Vec<OsString>> {
        let archive = format!("::{}", place.snapshot);
        Some(match work {
            Work::MakeKey => return None,
            Work::Create => words!["init", "--encryption", "repokey-blake2"],
            Work::Backup(folder) => words!["create", archive, folder],
            Work::Restore => words!["extract", archive],
            Work::CheckData => words!["check", "--verify-data"],
            Work::List => words!["list", archive],
            Work::Find(name) => words!["list", archive, format!("sh:**/{name}")],
            Work::Snapshots => words!["list"],
        })
    }

    fn environment(&self, place: &Place) -> Vec<(&'static str, OsString)> {
        vec![
            ("BORG_REPO", place.store.clone().into()),
            // Its cache, and what it remembers of stores that it has seen.
            ("BORG_BASE_DIR", place.cache.clone().into()),
            ("BORG_PASSPHRASE", PASSPHRASE.into()),
        ]
    }

    fn version(&self) -> Vec<OsString> {
        words!["--version"]
    }
}
