//! A backup tool as the benchmark sees it: the same works for all, each in the tool's own words.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::larder::Larder;
use super::restic::Restic;
use super::rustic::Rustic;

/// What is timed. `Create` is not: it makes the store for the others.
#[derive(Clone, Copy)]
pub enum Work<'a> {
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
}

pub trait Peer {
    fn name(&self) -> &'static str;

    /// The program, as it is to be started.
    fn program(&self) -> &Path;

    fn arguments(&self, work: Work, place: &Place) -> Vec<OsString>;

    fn environment(&self, place: &Place) -> Vec<(&'static str, OsString)>;

    fn version(&self) -> Vec<OsString> {
        vec!["version".into()]
    }
}

/// The passphrase of all stores here.
pub const PASSPHRASE: &str = "only-for-the-benchmark";

/// The peers that a release is measured against.
pub const NAMES: &[&str] = &["larder", "restic", "rustic"];

/// The peer of this name; `peers` is where `get-peers` puts programs.
pub fn named(name: &str, larder: &Path, peers: &Path) -> Option<Box<dyn Peer>> {
    match name {
        "larder" => Some(Box::new(Larder::new(larder))),
        "restic" => Some(Box::new(Restic::new(peers))),
        "rustic" => Some(Box::new(Rustic::new(peers))),
        _ => None,
    }
}

/// Words of a command line: text and paths mixed.
macro_rules! words {
    ($($word:expr),* $(,)?) => { vec![$(std::ffi::OsString::from($word)),*] };
}
pub(super) use words;
