//! The accounts that are signed in: each under a name, with its credentials in a file in the data folder, or in the system keyring.
//!
//! The name is that of a remote, and remotes in any of the three lists may use the same account. Credentials are never in the
//! configuration file, never in arguments, and never shown. They are read and written by `dropbox_client`, which also renews them;
//! here is which are whose.

mod people;

use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use dropbox_client::{
    Secret,
    credentials::{AccountKeeper, Credentials, FileKeeper, Keeper, KeeperLock, KeptIn, KeyringItem},
};
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

/// A refresh token that only rclone's app can use is left behind: it would be a secret without a use.
fn credentials_of(imported: Imported, before: Option<Credentials>) -> Credentials {
    let is_renewable = imported.is_renewable();
    let secret = |text: &str| Secret::new(text);
    let refresh_token = imported.token.refresh.as_deref().filter(|_| is_renewable).map(|text| secret(text));
    let is_same =
        before.as_ref().is_some_and(|before| before.refresh_token.is_some() && before.refresh_token == refresh_token);
    // Whose they are is known only if they are the same as before.
    let known = before.filter(|_| is_same);
    Credentials {
        version: Credentials::VERSION,
        app_key: imported.app_key.unwrap_or_default(),
        app_secret: imported.app_secret.as_deref().map(|text| secret(text)),
        account_id: known.as_ref().and_then(|known| known.account_id.clone()),
        scopes: known.map(|known| known.scopes).unwrap_or_default(),
        refresh_token,
        access_token: Some(secret(&imported.token.access)),
        access_seconds: None,
        access_ends: imported.token.expires.map(|end| u64::try_from(end.as_second()).unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use larder_rclone::{read_dropbox, sections};

    fn accounts() -> (tempfile::TempDir, Accounts) {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts { folder: folder.path().join("credentials") };
        (folder, accounts)
    }

    fn imported(app: &str, refresh: &str) -> Imported {
        let token =
            format!(r#"{{"access_token":"access","refresh_token":"{refresh}","expiry":"2024-01-31T12:00:00Z"}}"#);
        let text = format!("[x]\ntype = dropbox\ntoken = {token}\n{app}\n");
        read_dropbox(&sections(&text).unwrap()[0]).unwrap()
    }

    const OWN_APP: &str = "client_id = key\nclient_secret = s";

    #[test]
    fn credentials_are_one_file_an_account() {
        let (_folder, accounts) = accounts();
        assert!(accounts.only().is_err());
        assert_eq!(accounts.keep_imported("a.b", imported(OWN_APP, "one")).unwrap(), Kept::Taken);
        let credentials = accounts.need("a.b").unwrap();
        assert_eq!(credentials.refresh_token.as_ref().unwrap().expose(), "one");
        assert_eq!(credentials.access_ends, Some(1_706_702_400));
        assert_eq!(accounts.only().unwrap(), "a.b");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(accounts.keeper("a.b").file()), mode(&accounts.folder)), (0o600, 0o700));
        accounts.keep_imported("a-b", imported(OWN_APP, "two")).unwrap();
        assert_eq!(accounts.names().unwrap(), ["a-b", "a.b"]);
        assert_eq!(accounts.only().unwrap_err().kind(), ProblemKind::Usage);
        accounts.remove("a-b").unwrap();
        assert_eq!(accounts.need("a-b").err().unwrap().kind(), ProblemKind::Credentials);
    }

    #[test]
    fn whose_they_are_is_noted_of_the_same_sign_in_only() {
        let (_folder, accounts) = accounts();
        accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
        let old = accounts.need("x").unwrap();
        accounts.keep_imported("x", imported(OWN_APP, "two")).unwrap();
        accounts.note_id("x", &old, "dbid:1").unwrap();
        assert_eq!(accounts.need("x").unwrap().account_id, None);
        let new = accounts.need("x").unwrap();
        accounts.note_id("x", &new, "dbid:2").unwrap();
        assert_eq!(accounts.need("x").unwrap().account_id.as_deref(), Some("dbid:2"));
    }

    #[test]
    fn what_cannot_be_renewed_replaces_nothing_that_can() {
        let (_folder, accounts) = accounts();
        accounts.keep_imported("x", imported("", "rclone-s")).unwrap();
        assert_eq!(accounts.need("x").unwrap().refresh_token, None);
        accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
        assert_eq!(accounts.keep_imported("x", imported("", "rclone-s")).unwrap(), Kept::Better);
        assert_eq!(accounts.need("x").unwrap().app_key, "key");
    }

    #[test]
    fn whose_they_are_is_forgotten_with_another_sign_in() {
        let (_folder, accounts) = accounts();
        accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
        let known = Credentials { account_id: Some("dbid:1".to_owned()), ..accounts.need("x").unwrap() };
        accounts.keep("x", &known, None).unwrap();
        accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
        assert!(accounts.need("x").unwrap().account_id.is_some());
        accounts.keep_imported("x", imported(OWN_APP, "two")).unwrap();
        assert!(accounts.need("x").unwrap().account_id.is_none());
    }
}
