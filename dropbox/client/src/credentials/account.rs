//! An account's credentials in a file or in the system keyring, as its owner chose.
//!
//! The choice is looked up each time, so that a run goes on while somebody moves them. It is a small file beside that of the
//! credentials: without it nobody could tell a locked keyring from a sign-in that is not there. Locks are files in both cases.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{Credentials, FileKeeper, Keeper, KeeperLock, KeyringItem, keyring::Keyring};
use crate::error::{Class, Error, Result};

/// Where credentials are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptIn {
    /// A file that only its owner can read.
    File,
    /// The system keyring.
    Keyring,
}

/// Keeps credentials in one place of two.
#[derive(Debug, Clone)]
pub struct AccountKeeper {
    file: FileKeeper,
    keyring: Keyring,
    mark: PathBuf,
}

/// What the mark holds, for people who find it.
const MARK: &str = "These credentials are in the system keyring.\n";

impl AccountKeeper {
    /// What ends the name of the file that says that the keyring was chosen.
    pub const MARK_EXTENSION: &'static str = "keyring";

    /// In a file as `file` has it, or in an item of the keyring.
    pub fn new(file: FileKeeper, item: KeyringItem) -> Self {
        let mark = file.path().with_extension(Self::MARK_EXTENSION);
        Self { file, keyring: Keyring::new(item), mark }
    }

    /// The file, whether or not it is there.
    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// Where credentials are, if there are any.
    pub fn kept_in(&self) -> Option<KeptIn> {
        if self.mark.exists() {
            return Some(KeptIn::Keyring);
        }
        self.file.path().exists().then_some(KeptIn::File)
    }

    /// Whether credentials can be kept there, before anybody goes to the trouble of signing in.
    pub fn check(&self, place: KeptIn) -> Result<()> {
        match place {
            KeptIn::File => Ok(()),
            KeptIn::Keyring => self.keyring.load().map(drop),
        }
    }

    /// Keeps these there, and no others elsewhere. The new place is whole before the old one is left.
    pub fn store_in(&self, place: KeptIn, credentials: &Credentials) -> Result<()> {
        match place {
            KeptIn::File => {
                self.file.store(credentials)?;
                self.leave_keyring()
            }
            KeptIn::Keyring => {
                self.keyring.store(credentials)?;
                self.make_mark().map_err(|error| self.failed("written", &error))?;
                self.file.remove_credentials()
            }
        }
    }

    fn leave_keyring(&self) -> Result<()> {
        if !self.mark.exists() {
            return Ok(());
        }
        self.keyring.remove()?;
        fs::remove_file(&self.mark).map_err(|error| self.failed("removed", &error))
    }

    fn make_mark(&self) -> io::Result<()> {
        if self.mark.exists() {
            return Ok(());
        }
        if let Some(folder) = self.mark.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.mark, MARK)
    }

    fn failed(&self, done: &str, error: &io::Error) -> Error {
        let what = format!("The file {} could not be {done}: {error}", self.mark.display());
        Error::local(Class::Local, what, "Make the folder writable for the user that runs this")
    }
}

impl Keeper for AccountKeeper {
    fn load(&self) -> Result<Option<Credentials>> {
        match self.kept_in() {
            Some(KeptIn::Keyring) => self.keyring.load()?.map(Some).ok_or_else(|| {
                let what =
                    "The system keyring does not give the credentials: it is locked, or they were removed from it";
                Error::local(Class::Credentials, what, "Unlock the keyring and try again, or sign in again")
            }),
            _ => self.file.load(),
        }
    }

    fn store(&self, credentials: &Credentials) -> Result<()> {
        self.store_in(self.kept_in().unwrap_or(KeptIn::File), credentials)
    }

    fn remove(&self) -> Result<()> {
        self.leave_keyring()?;
        self.file.remove()
    }

    fn try_lock(&self) -> Result<Option<KeeperLock>> {
        self.file.try_lock()
    }

    fn silent_until(&self) -> Option<SystemTime> {
        self.file.silent_until()
    }

    fn keep_silent_until(&self, until: SystemTime) {
        self.file.keep_silent_until(until);
    }
}
