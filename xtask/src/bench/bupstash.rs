//! bupstash as a peer: version 0.12, built from its release. It has key files only, and neither checks data nor finds names.

use std::ffi::OsString;
use std::path::PathBuf;

use super::peer::{Place, Slot, Tool, Work, words};

pub struct Bupstash;

impl Tool for Bupstash {
    fn arguments(&self, work: Work, place: &Place) -> Option<Vec<OsString>> {
        if place.slot == Slot::Passphrase {
            return None;
        }
        let name = format!("name={}", place.snapshot);
        Some(match work {
            Work::MakeKey => words!["new-key", "-o", key(place)],
            Work::Create => words!["init"],
            Work::Backup(folder) => words!["put", "-q", name, folder],
            Work::Restore => words!["restore", "-q", "--into", &place.restored, name],
            Work::List => words!["list-contents", "-q", name],
            Work::Snapshots => words!["list", "-q"],
            // It lists what is at a path that is known, but looks for no name.
            Work::CheckData | Work::Find(_) => return None,
        })
    }

    fn environment(&self, place: &Place) -> Vec<(&'static str, OsString)> {
        vec![
            ("BUPSTASH_REPOSITORY", place.store.clone().into()),
            ("BUPSTASH_KEY", key(place).into()),
            // What it has sent, and what it was told of the store.
            ("XDG_CACHE_HOME", place.cache.clone().into()),
        ]
    }

    fn version(&self) -> Vec<OsString> {
        words!["--version"]
    }
}

/// With the caches, so that it goes when they do: no key is made where one stands.
fn key(place: &Place) -> PathBuf {
    place.cache.join("key")
}
