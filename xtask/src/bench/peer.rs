//! A backup tool as the benchmark sees it: the same works for all, each in the tool's own words.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::borg::Borg;
use super::bupstash::Bupstash;
use super::conserve::Conserve;
use super::larder::Larder;
use super::restic::Restic;
use super::rustic::Rustic;

/// What is timed. `MakeKey` and `Create` are not: they make the store for the others.
#[derive(Clone, Copy)]
pub enum Work<'a> {
    /// Only for tools whose key is made apart from the store.
    MakeKey,
    Create,
    Backup(&'a Path),
    Restore,
    CheckData,
    List,
    Find(&'a str),
    Snapshots,
}

/// How a store is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// By a key file where the tool has them, so that no key derivation is timed.
    KeyFile,
    Passphrase,
}

/// The folders that one peer works in.
pub struct Place {
    pub store: PathBuf,
    /// Caches, and whatever else a tool keeps outside the store.
    pub cache: PathBuf,
    pub key_file: PathBuf,
    pub restored: PathBuf,
    pub slot: Slot,
    /// The name of the latest snapshot, or of the one that a backup takes: for tools that know snapshots by names alone.
    pub snapshot: String,
}

/// The works in a tool's own words.
pub trait Tool {
    /// `None` if the tool cannot do that: then it is left out of the row.
    fn arguments(&self, work: Work, place: &Place) -> Option<Vec<OsString>>;

    fn environment(&self, place: &Place) -> Vec<(&'static str, OsString)>;

    fn version(&self) -> Vec<OsString> {
        vec!["version".into()]
    }
}

/// A tool that takes part.
pub struct Peer {
    pub name: &'static str,
    /// As it is to be started.
    pub program: PathBuf,
    pub tool: &'static dyn Tool,
}

impl Peer {
    /// The program with all that it is to be started with, if the tool can do that.
    pub fn command(&self, work: Work, place: &Place) -> Option<Command> {
        let mut command = Command::new(&self.program);
        command.args(self.tool.arguments(work, place)?).envs(self.tool.environment(place));
        if matches!(work, Work::Restore) {
            // borg restores to where it is started.
            command.current_dir(&place.restored);
        }
        Some(command)
    }
}

/// The passphrase of all stores here.
pub const PASSPHRASE: &str = "only-for-the-benchmark";

/// Larder, and all that it can be raced against.
pub const NAMES: &[&str] = &["larder", "restic", "rustic", "borg", "bupstash", "conserve"];

/// The peers that a release is measured against.
pub const MAIN: &[&str] = &["restic", "rustic"];

/// The peer of this name; `peers` is where `get-peers` puts programs.
pub fn named(name: &str, larder: &Path, peers: &Path) -> Option<Peer> {
    let (program, tool): (_, &'static dyn Tool) = match name {
        "larder" => (larder.to_path_buf(), &Larder),
        "restic" => (peers.join("restic/usr/bin/restic"), &Restic),
        "rustic" => (peers.join("rustic/bin/rustic"), &Rustic),
        "borg" => (peers.join("borg/bin/borg"), &Borg),
        "bupstash" => (peers.join("bupstash/bin/bupstash"), &Bupstash),
        "conserve" => (peers.join("conserve/bin/conserve"), &Conserve),
        _ => return None,
    };
    let name = NAMES.iter().find(|known| **known == name)?;
    Some(Peer { name, program, tool })
}

/// Words of a command line: text and paths mixed.
macro_rules! words {
    ($($word:expr),* $(,)?) => { vec![$(std::ffi::OsString::from($word)),*] };
}
pub(super) use words;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(slot: Slot) -> Place {
        let folder = Path::new("/race");
        let [store, cache, key_file, restored] = ["store", "cache", "key", "restored"].map(|name| folder.join(name));
        Place { store, cache, key_file, restored, slot, snapshot: "A.first-1".to_owned() }
    }

    /// The peers that have a command line for a work.
    fn able(work: Work, slot: Slot) -> Vec<&'static str> {
        let is_able = |name: &&str| {
            let peer = named(name, Path::new("larder"), Path::new("/peers")).unwrap();
            peer.command(work, &place(slot)).is_some()
        };
        NAMES.iter().copied().filter(is_able).collect()
    }

    #[test]
    fn tools_are_left_out_of_what_they_cannot_do() {
        let folder = Path::new("/data");
        for work in [Work::Create, Work::Backup(folder), Work::Restore, Work::List, Work::Snapshots] {
            assert_eq!(able(work, Slot::KeyFile), NAMES);
        }
        assert_eq!(able(Work::CheckData, Slot::KeyFile), ["larder", "restic", "rustic", "borg", "conserve"]);
        assert_eq!(able(Work::Find("a"), Slot::KeyFile), ["larder", "restic", "rustic", "borg"]);
        assert_eq!(able(Work::Snapshots, Slot::Passphrase), ["larder", "restic", "rustic", "borg"]);
        assert_eq!(able(Work::MakeKey, Slot::KeyFile), ["bupstash"]);
    }

    #[test]
    fn only_a_restore_is_started_where_its_files_go() {
        let borg = named("borg", Path::new("larder"), Path::new("/peers")).unwrap();
        let folder = |work| borg.command(work, &place(Slot::KeyFile)).unwrap().get_current_dir().map(Path::to_path_buf);
        assert_eq!(folder(Work::Restore), Some(PathBuf::from("/race/restored")));
        assert_eq!(folder(Work::List), None);
    }
}
