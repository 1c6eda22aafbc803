//! What is known of an account, kept beside its credentials, so that a backup need not ask each time whose account it is.
//!
//! It holds no secrets, and counts only for the account that the credentials are of. One that cannot be read costs a call.

use std::{fs, path::Path};

use larder_dropbox::Account;
use larder_model::{Problem, Result};
use serde_json::{Value, json};

use crate::{location::shown, text, whole_file::write_whole};

/// What `file` says of the account `id`.
pub fn load(file: &Path, id: &str) -> Option<Account> {
    known_account(file).filter(|account| account.id == id)
}

/// What `file` says, of whatever account.
pub fn known_account(file: &Path) -> Option<Account> {
    let kept: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let field = |key: &str| kept[key].as_str().map(str::to_owned);
    Some(Account {
        id: field("id")?,
        email: field("email")?,
        root_namespace: field("root_namespace")?,
        home_namespace: field("home_namespace")?,
        home_path: field("home_path"),
    })
}

pub fn save(file: &Path, account: &Account) -> Result<()> {
    let kept = json!({
        "id": account.id,
        "email": account.email,
        "root_namespace": account.root_namespace,
        "home_namespace": account.home_namespace,
        "home_path": account.home_path,
    });
    write_whole(file, format!("{kept}\n").as_bytes())
        .map_err(|error| Problem::failed(format!("cannot write {}: {}", shown(file), text::reason(&error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_for_the_same_account_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known");
        assert_eq!(load(&file, "dbid:1"), None);
        let account = Account {
            id: "dbid:1".to_owned(),
            email: "ann@example.com".to_owned(),
            root_namespace: "2".to_owned(),
            home_namespace: "3".to_owned(),
            home_path: Some("/Ann".to_owned()),
        };
        for account in [&account, &Account { home_path: None, ..account.clone() }] {
            save(&file, account).unwrap();
            assert_eq!(load(&file, "dbid:1").as_ref(), Some(account));
        }
        assert_eq!(load(&file, "dbid:2"), None);
        fs::write(&file, "{").unwrap();
        assert_eq!(load(&file, "dbid:1"), None);
    }
}
