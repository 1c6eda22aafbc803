//! Larder as a peer.

use std::ffi::OsString;

use super::peer::{PASSPHRASE, Place, Slot, Tool, Work, words};

pub struct Larder;

impl Tool for Larder {
    fn arguments(&self, work: Work, place: &Place) -> Option<Vec<OsString>> {
        let mut words = words!["at", &place.store];
        words.extend(match work {
            Work::MakeKey => return None,
            Work::Create if place.slot == Slot::KeyFile => words!["create", "--key-file", &place.key_file],
            Work::Create => words!["create"],
            Work::Backup(folder) => words!["backup", folder],
            Work::Restore => words!["restore", "-to", &place.restored, "latest"],
            Work::CheckData => words!["check", "--data"],
            Work::List => words!["ls", "-R", "latest"],
            Work::Find(name) => words!["find", name],
            Work::Snapshots => words!["ls"],
        });
        Some(words)
    }

    fn environment(&self, place: &Place) -> Vec<(&'static str, OsString)> {
        let secret = match place.slot {
            Slot::KeyFile => ("LARDER_KEY_FILE", place.key_file.clone().into()),
            Slot::Passphrase => ("LARDER_PASSPHRASE", PASSPHRASE.into()),
        };
        let folders = ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"];
        let folders = folders.map(|variable| (variable, place.cache.clone().into()));
        folders.into_iter().chain([secret]).collect()
    }
}
