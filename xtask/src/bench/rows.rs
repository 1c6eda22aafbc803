//! The rows of the table: what is done, in which order, and what has to be so before each run.

use super::datagen::Set;
use super::peer::{Slot, Work};

/// A part of the benchmark that can be run alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Group {
    A,
    B,
    C,
    D,
    /// What every command costs, opened by a passphrase
    Fixed,
    /// What every command costs, opened as in the sets' rows
    Open,
}

pub struct Row {
    pub group: Group,
    pub name: &'static str,
    pub about: &'static str,
    pub kind: Kind,
    pub before: Before,
}

/// [`Work`] without its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Backup,
    Restore,
    CheckData,
    List,
    Find,
    Snapshots,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Before {
    Nothing,
    /// Each run starts with a new store, and the set in the page cache.
    NewStore,
    /// Only the first run does.
    NewStoreOnce,
    /// The first run starts with a new store that has one snapshot.
    SnapshotOnce,
    /// One file in a hundred is changed, for all peers alike.
    ChangedFiles,
    /// The folder to restore to is empty.
    EmptyTarget,
}

/// In the order of the runs: later rows of a group use the stores of the earlier ones.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row(Group::A, "A.first", "source files: first backup", Kind::Backup, Before::NewStore),
    row(Group::A, "A.same", "source files: unchanged again", Kind::Backup, Before::Nothing),
    row(Group::A, "A.1pct", "source files: 1 % changed", Kind::Backup, Before::ChangedFiles),
    row(Group::A, "A.restore", "source files: restore", Kind::Restore, Before::EmptyTarget),
    row(Group::B, "B.first", "media: first backup", Kind::Backup, Before::NewStore),
    row(Group::B, "B.check", "media: check, all data read", Kind::CheckData, Before::Nothing),
    row(Group::B, "B.restore", "media: restore", Kind::Restore, Before::EmptyTarget),
    row(Group::C, "C.first", "disk images: first backup", Kind::Backup, Before::NewStore),
    row(Group::C, "C.restore", "disk images: restore", Kind::Restore, Before::EmptyTarget),
    row(Group::D, "D.first", "tiny files: first backup", Kind::Backup, Before::NewStore),
    row(Group::D, "D.same", "tiny files: unchanged again", Kind::Backup, Before::Nothing),
    row(Group::D, "D.ls", "tiny files: list all", Kind::List, Before::Nothing),
    row(Group::D, "D.find", "tiny files: find one name", Kind::Find, Before::Nothing),
    row(Group::D, "D.restore", "tiny files: restore", Kind::Restore, Before::EmptyTarget),
    row(Group::Fixed, "fixed.ls", "list snapshots, passphrase", Kind::Snapshots, Before::NewStoreOnce),
    row(Group::Open, OPENING, "list one small snapshot", Kind::Snapshots, Before::SnapshotOnce),
];

/// The row that tells what opening a store costs.
pub const OPENING: &str = "open.ls";

const fn row(group: Group, name: &'static str, about: &'static str, kind: Kind, before: Before) -> Row {
    Row { group, name, about, kind, before }
}

impl Group {
    /// The data that is backed up; the others need none of that size.
    pub fn set(self) -> Option<Set> {
        match self {
            Self::A => Some(Set::A),
            Self::B => Some(Set::B),
            Self::C => Some(Set::C),
            Self::D => Some(Set::D),
            Self::Fixed | Self::Open => None,
        }
    }

    pub fn slot(self) -> Slot {
        match self {
            Self::Fixed => Slot::Passphrase,
            _ => Slot::KeyFile,
        }
    }
}

impl Kind {
    pub fn work<'a>(self, folder: &'a std::path::Path, needle: &'a str) -> Work<'a> {
        match self {
            Self::Backup => Work::Backup(folder),
            Self::Restore => Work::Restore,
            Self::CheckData => Work::CheckData,
            Self::List => Work::List,
            Self::Find => Work::Find(needle),
            Self::Snapshots => Work::Snapshots,
        }
    }
}
