//! conserve as a peer: version 24.8, built from its release. It does not encrypt, and finds no names.

use std::ffi::OsString;

use super::peer::{Place, Slot, Tool, Work, words};

pub struct Conserve;

impl Tool for Conserve {
    fn arguments(&self, work: Work, place: &Place) -> Option<Vec<OsString>> {
        if place.slot == Slot::Passphrase {
            return None;
        }
        let store = &place.store;
        Some(match work {
            Work::Create => words!["init", store],
            Work::Backup(folder) => words!["backup", "--no-progress", store, folder],
            Work::Restore => words!["restore", "--no-progress", store, &place.restored],
            Work::CheckData => words!["validate", "--no-progress", store],
            Work::List => words!["ls", "--no-progress", store],
            Work::Snapshots => words!["versions", store],
            Work::MakeKey | Work::Find(_) => return None,
        })
    }

    fn environment(&self, _: &Place) -> Vec<(&'static str, OsString)> {
        Vec::new()
    }

    fn version(&self) -> Vec<OsString> {
        words!["--version"]
    }
}
