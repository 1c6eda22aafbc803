//! restic as a peer: version 0.19, as Debian builds it. It has passphrases only.

use std::ffi::OsString;

use super::peer::{PASSPHRASE, Place, Tool, Work, words};

pub struct Restic;

impl Tool for Restic {
    fn arguments(&self, work: Work, place: &Place) -> Option<Vec<OsString>> {
        let mut words = words!["-q"];
        words.extend(match work {
            Work::MakeKey => return None,
            Work::Create => words!["init"],
            Work::Backup(folder) => words!["backup", folder],
            Work::Restore => words!["restore", "latest", "--target", &place.restored],
            Work::CheckData => words!["check", "--read-data"],
            Work::List => words!["ls", "latest"],
            Work::Find(name) => words!["find", name],
            Work::Snapshots => words!["snapshots"],
        });
        Some(words)
    }

    fn environment(&self, place: &Place) -> Vec<(&'static str, OsString)> {
        vec![
            ("RESTIC_REPOSITORY", place.store.clone().into()),
            ("RESTIC_CACHE_DIR", place.cache.clone().into()),
            ("RESTIC_PASSWORD", PASSPHRASE.into()),
        ]
    }
}
