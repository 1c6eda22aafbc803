//! What all folders of one target have in common.

use std::{
    fs,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::{Arc, OnceLock},
};

use larder_model::Owner;
use rustix::{
    fs::{StatFs, fstatfs, statfs},
    process::geteuid,
};

use super::{TargetOptions, kept::Kept};
use crate::sys::{Accounts, Style, TempNames};

pub const TEMP_NAMES: TempNames = TempNames { prefix: ".larder-", suffix: ".part" };

/// Longest name that Linux lets any file system have.
const NAME_MAX: usize = 255;

#[derive(Debug)]
pub struct Context {
    options: TargetOptions,
    pub accounts: Arc<Accounts>,
    /// Modes do not bind this user.
    pub is_privileged: bool,
    /// Permission bits that new files do not get.
    pub umask: u32,
    style: OnceLock<Style>,
    file_system: OnceLock<FileSystem>,
    pub kept: Kept,
}

impl Context {
    pub fn new(options: TargetOptions) -> Self {
        Self {
            kept: Kept::new(&options.keep),
            options,
            accounts: Arc::new(Accounts::load()),
            is_privileged: geteuid().is_root(),
            umask: umask(),
            style: OnceLock::new(),
            file_system: OnceLock::new(),
        }
    }

    pub fn name_drafts(&self) {
        self.style.get_or_init(|| Style::Named);
    }

    /// How drafts are written, found out in the first folder that gets a file.
    pub fn style(&self, folder: &OwnedFd) -> Style {
        *self.style.get_or_init(|| Style::probe(folder.as_fd(), TEMP_NAMES))
    }

    /// The file system of the first folder that is asked about. One mounted below it has its limits found out by trying.
    pub fn file_system(&self, folder: &OwnedFd) -> FileSystem {
        *self.file_system.get_or_init(|| FileSystem::of(folder))
    }

    /// The numbers that stand for `owner` on this machine.
    pub fn numbers(&self, owner: &Owner) -> (u32, u32) {
        if !self.options.owners_by_name {
            return (owner.uid, owner.gid);
        }
        let uid = owner.user.as_ref().and_then(|user| self.accounts.uid(user));
        let gid = owner.group.as_ref().and_then(|group| self.accounts.gid(group));
        (uid.unwrap_or(owner.uid), gid.unwrap_or(owner.gid))
    }
}

/// What matters of a file system before anything is written to it.
#[derive(Clone, Copy, Debug)]
pub struct FileSystem {
    /// FAT and exFAT: no links, no owners, no case, and names of Unicode without some characters.
    pub is_fat: bool,
    pub name_bytes_max: usize,
}

impl FileSystem {
    fn of(folder: impl AsFd) -> Self {
        fstatfs(folder).map_or(Self::usual(), Self::from)
    }

    pub fn of_path(path: &Path) -> Self {
        statfs(path).map_or(Self::usual(), Self::from)
    }

    const fn usual() -> Self {
        Self { is_fat: false, name_bytes_max: NAME_MAX }
    }
}

impl From<StatFs> for FileSystem {
    fn from(stat: StatFs) -> Self {
        const FAT: [u32; 2] = [0x4d44, 0x2011_bab0];
        let name_bytes_max = usize::try_from(stat.f_namelen).unwrap_or(NAME_MAX);
        Self {
            is_fat: FAT.contains(&(stat.f_type as u32)),
            // Some file systems tell 0, others count in characters of several bytes.
            name_bytes_max: if name_bytes_max == 0 { NAME_MAX } else { name_bytes_max.min(NAME_MAX) },
        }
    }
}

/// The process's umask, which can be read without changing it only here. Where it cannot, assume that it takes all, so that every mode
/// is set.
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|value| u32::from_str_radix(value.trim(), 8).ok()).unwrap_or(0o777)
}
