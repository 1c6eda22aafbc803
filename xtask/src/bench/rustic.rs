//! rustic as a peer: version 0.11, built from its release. It has passphrases only.

use std::ffi::OsString;

use super::peer::{PASSPHRASE, Place, Tool, Work, words};

pub struct Rustic;

impl Tool for Rustic {
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
