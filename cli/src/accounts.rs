//! The accounts that are signed in: each under a name, with its credentials in a file in the data folder, or in the system keyring.
//!
//! The name is that of a remote, and remotes in any of the three lists may use the same account. Credentials are never in the
//! configuration file, never in arguments, and never shown. They are read and written by `dropbox_client`, which also renews them;
//! here is which are whose.

mod imported;
mod people;

use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use dropbox_client::credentials::{AccountKeeper, Credentials, FileKeeper, Keeper, KeeperLock, KeptIn, KeyringItem};
use larder_model::{Problem, ProblemKind, Result};
use larder_rclone::Imported;

use crate::{
    connectors::dropbox_problem,
    folders::Folders,
    location::shown,
    remotes::{self, Remote, Role, check_name},
    secrets::SECRET_VARIABLES,
    text,
    whole_file::make_private_folder,
};

use imported::credentials_of;
pub use people::People;

const PREFIX: &str = "dropbox-";
const SUFFIX: &str = ".json";

/// A renewal holds the lock for as long as one call takes.
const LOCK_LIMIT: Duration = Duration::from_secs(60);
const LOCK_TICK: Duration = Duration::from_millis(50);

/// The files of all accounts.
pub struct Accounts {
    folder: PathBuf,
}

/// What became of credentials that were taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// They are kept now.
    Taken,
    /// Those that were there stay: they renew themselves, and the others would not.
    Better,
}

impl Accounts {
    pub fn of(folders: &Folders) -> Result<Self> {
        Ok(Self { folder: folders.credentials()? })
    }

    /// What keeps the credentials of this account, whether or not there are any.
    pub fn keeper(&self, name: &str) -> AccountKeeper {
        let folder = self.folder.to_string_lossy().into_owned();
        let item = KeyringItem {
            label: format!("Larder: the Dropbox account {name}"),
            attributes: vec![
                ("application", "larder".to_owned()),
                ("provider", "dropbox".to_owned()),
                ("account", name.to_owned()),
                // Another folder is another Larder, such as that of a test.
                ("folder", folder),
            ],
            hidden: &SECRET_VARIABLES,
        };
        AccountKeeper::new(FileKeeper::at(self.folder.join(format!("{PREFIX}{name}{SUFFIX}"))), item)
    }

    /// Where the credentials of an account are kept, if there are any.
    pub fn kept_in(&self, name: &str) -> Option<KeptIn> {
        self.keeper(name).kept_in()
    }

    /// Looks whether credentials can be kept there.
    pub fn check_place(&self, name: &str, place: KeptIn) -> Result<()> {
        self.keeper(name).check(place).map_err(|error| dropbox_problem(&error, None))
    }

    /// Where the calls of this account are counted.
    pub fn budget_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("calls-{name}{SUFFIX}"))
    }

    /// Where it is kept whose account this is.
    pub fn known_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("known-{name}{SUFFIX}"))
    }

    /// The credentials of an account.
    pub fn get(&self, name: &str) -> Result<Option<Credentials>> {
        self.keeper(name).load().map_err(|error| dropbox_problem(&error, Some(name)))
    }

    /// Those of an account that has to be there.
    pub fn need(&self, name: &str) -> Result<Credentials> {
        self.get(name)?.ok_or_else(|| {
            Problem::new(ProblemKind::Credentials, format!("the Dropbox account `{name}` is not signed in"))
                .hint(format!("sign in: larder auth dropbox --name {name}"))
        })
    }

    /// Of all accounts, sorted.
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(names_in(&self.folder)?.into_iter().collect())
    }

    /// The account that a location without a name is in: the only one that there is.
    pub fn only(&self) -> Result<String> {
        let names = names_in(&self.folder)?;
        match names.len() {
            1 => Ok(names.into_iter().collect()),
            0 => Err(Problem::new(ProblemKind::Credentials, "no Dropbox account is signed in")
                .hint("sign in: larder auth dropbox --name mydropbox")),
            _ => Err(Problem::usage(
                "several Dropbox accounts are signed in, and the location does not say which is meant",
            )
            .hint(format!(
                "use a name: {}",
                names.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// Keeps these credentials, whatever was there: in `place`, else where they are, else in a file.
    pub fn keep(&self, name: &str, credentials: &Credentials, place: Option<KeptIn>) -> Result<()> {
        let _lock = self.lock(name)?;
        let place = place.or_else(|| self.kept_in(name)).unwrap_or(KeptIn::File);
        self.keeper(name).store_in(place, credentials).map_err(|error| dropbox_problem(&error, Some(name)))
    }

    /// Moves the credentials of an account that has to be there.
    pub fn move_to(&self, name: &str, place: KeptIn) -> Result<()> {
        let _lock = self.lock(name)?;
        let credentials = self.need(name)?;
        self.keeper(name).store_in(place, &credentials).map_err(|error| dropbox_problem(&error, Some(name)))
    }

    /// Keeps what rclone had, unless what is there is better.
    pub fn keep_imported(&self, name: &str, imported: Imported) -> Result<Kept> {
        let _lock = self.lock(name)?;
        let keeper = self.keeper(name);
        // What cannot be read is replaced: the person just brought something that can.
        let before = keeper.load().ok().flatten();
        if before.as_ref().is_some_and(|before| before.refresh_token.is_some()) && !imported.is_renewable() {
            return Ok(Kept::Better);
        }
        let credentials = credentials_of(imported, before);
        keeper.store(&credentials).map_err(|error| dropbox_problem(&error, Some(name)))?;
        Ok(Kept::Taken)
    }

    /// Notes whose sign-in this is, unless there is another one by now.
    pub fn note_id(&self, name: &str, sign_in: &Credentials, id: &str) -> Result<()> {
        if sign_in.account_id.as_deref() == Some(id) {
            return Ok(());
        }
        let _lock = self.lock(name)?;
        let mut credentials = self.need(name)?;
        let is_renewable = credentials.refresh_token.is_some();
        let is_same = credentials.refresh_token == sign_in.refresh_token
            && (is_renewable || credentials.access_token == sign_in.access_token);
        if is_same {
            credentials.account_id = Some(id.to_owned());
            let stored = self.keeper(name).store(&credentials);
            stored.map_err(|error| dropbox_problem(&error, Some(name)))?;
        }
        Ok(())
    }

    pub fn remove(&self, name: &str) -> Result<()> {
        // It is of no use without a sign-in, and no secret either.
        drop(fs::remove_file(self.known_file(name)));
        self.keeper(name).remove().map_err(|error| dropbox_problem(&error, Some(name)))
    }

    fn lock(&self, name: &str) -> Result<KeeperLock> {
        make_private_folder(&self.folder).map_err(|error| {
            Problem::failed(format!("cannot make {}: {}", shown(&self.folder), text::reason(&error)))
        })?;
        let end = Instant::now() + LOCK_LIMIT;
        loop {
            match self.keeper(name).try_lock().map_err(|error| dropbox_problem(&error, Some(name)))? {
                Some(lock) => return Ok(lock),
                None if Instant::now() < end => thread::sleep(LOCK_TICK),
                None => return Err(Problem::failed(format!("somebody else is busy with the account `{name}`"))),
            }
        }
    }
}

/// Which remotes use an account: those that name it, and those of its own name that name none.
pub fn users(config: &Path, account: &str) -> Result<Vec<(Role, Remote)>> {
    let file = remotes::read(config)?;
    let mut users = Vec::new();
    for role in Role::ALL {
        let all = file.all(role)?.into_iter();
        users.extend(all.filter(|remote| account_of(remote) == Some(account)).map(|remote| (role, remote)));
    }
    Ok(users)
}

/// The name of the account that a remote uses, if it is of a provider with accounts.
pub fn account_of(remote: &Remote) -> Option<&str> {
    let is_dropbox = remote.location.starts_with("dropbox:");
    is_dropbox.then(|| remote.options.get("account").unwrap_or(&remote.name))
}

fn names_in(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(Problem::failed(format!("cannot list {}: {}", shown(folder), text::reason(&error)))),
    };
    let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let name = |file: String| {
        let rest = file.strip_prefix(PREFIX)?;
        let in_keyring = || rest.strip_suffix(AccountKeeper::MARK_EXTENSION)?.strip_suffix('.');
        rest.strip_suffix(SUFFIX).or_else(in_keyring).map(str::to_owned)
    };
    let names = files.filter_map(name);
    Ok(names.filter(|name| check_name(name).is_ok()).collect())
}

#[cfg(test)]
mod tests;
