//! Credentials in a file of their own, which only its owner can read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Credentials, Keeper, KeeperLock};
use crate::error::{Class, Error, Result};

/// Keeps credentials in `dropbox-<account id>.json` of a folder, mode 0600, replaced as a whole. The lock is a second file
/// beside it, since the first is a new one after each renewal.
#[derive(Debug, Clone)]
pub struct FileKeeper {
    path: PathBuf,
}

impl FileKeeper {
    /// For an account, by its id or by any name for one that is not known yet. Other characters than letters, digits, `-`
    /// and `_` become `-` (`dbid:AAH…` is `dropbox-dbid-AAH….json`).
    pub fn of_account(folder: &Path, name: &str) -> Self {
        let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
        let name: String = name.chars().map(safe).collect();
        Self { path: folder.join(format!("dropbox-{name}.json")) }
    }

    /// In exactly this file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The lock stays, which somebody may hold.
    pub(super) fn remove_credentials(&self) -> Result<()> {
        self.remove_file(&self.path)
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed("removed", &error)),
            _ => Ok(()),
        }
    }

    fn lock_path(&self) -> PathBuf {
        self.beside(".lock")
    }

    /// Of no worth any more as soon as the time in it is over.
    fn silence_path(&self) -> PathBuf {
        self.beside(".silence")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn failed(&self, done: &str, error: &io::Error) -> Error {
        let what = format!("The credentials {} could not be {done}: {error}", self.path.display());
        Error::local(Class::Local, what, "Make the folder writable for the user that runs this")
    }

    fn replace(&self, credentials: &Credentials) -> io::Result<()> {
        fs::create_dir_all(self.folder())?;
        let mut file = tempfile::Builder::new()
            .prefix(".dropbox-")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(self.folder())?;
        serde_json::to_writer_pretty(&mut file, credentials)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        File::open(self.folder())?.sync_all()
    }
}

impl Keeper for FileKeeper {
    fn load(&self) -> Result<Option<Credentials>> {
        let text = match fs::read(&self.path) {
            Ok(text) => zeroize::Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let wrong = |why: &str| {
            let what = format!("The credentials {} {why}", self.path.display());
            Error::local(Class::Credentials, what, "Sign in again")
        };
        Credentials::parse(&text).map(Some).map_err(wrong)
    }

    fn store(&self, credentials: &Credentials) -> Result<()> {
        self.replace(credentials).map_err(|error| self.failed("written", &error))
    }

    fn remove(&self) -> Result<()> {
        self.remove_credentials()?;
        self.remove_file(&self.silence_path())?;
        self.remove_file(&self.lock_path())
    }

    fn try_lock(&self) -> Result<Option<KeeperLock>> {
        let failed = |error: io::Error| self.failed("locked", &error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        fs::create_dir_all(self.folder()).map_err(failed)?;
        let file = options.open(self.lock_path()).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// In milliseconds since 1970.
    fn silent_until(&self) -> Option<SystemTime> {
        let text = fs::read_to_string(self.silence_path()).ok()?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_millis(text.trim().parse().ok()?))
    }

    fn keep_silent_until(&self, until: SystemTime) {
        let Ok(since) = until.duration_since(SystemTime::UNIX_EPOCH) else { return };
        if self.silent_until().is_none_or(|known| known < until) {
            // So short that it is written at once. A folder that cannot be written was told of before.
            drop(fs::write(self.silence_path(), since.as_millis().to_string()));
        }
    }
}
