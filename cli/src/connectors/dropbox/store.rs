//! A folder in an account as the place of a store.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dropbox_client::PathRoot;
use larder_connect::{CacheFolder, CachedStorage, Storage};
use larder_dropbox::{Account, DropboxStorage, StorageOptions};
use larder_model::Result;

use super::{Connection, STORE_FOLDER, connect, for_account, known, source::whose};
use crate::{
    accounts::Accounts,
    connectors::StorePlace,
    context::Context,
    remotes::{Options, Place},
};

/// Of what lies in Dropbox, so many bytes are kept on this machine: keys, indexes, snapshots and pages.
const CACHE_LEN_MAX: u64 = 256 << 20;

/// What people should know before they have a store in Dropbox.
const ON_EVERY_COMPUTER: &str = "Dropbox's desktop program copies this folder to every computer that is linked to the account, unless it is made \
                                 online-only there (or deselected under Selective Sync)";

/// The place of a store; an account that is met for the first time costs a call.
pub fn store(place: &Place, context: &Context) -> Result<StorePlace> {
    let mut connection = connect(place, context)?;
    let accounts = Accounts::of(&context.folders)?;
    let (account, _) =
        whose(&connection, &accounts, context).map_err(|problem| for_account(problem, &connection.account))?;
    let namespace = place.options.get("root_namespace");
    let root = namespace.map_or_else(|| account.path_root(), PathRoot::namespace);
    let client = connection.client.with_path_root(root);
    let named = dropbox_client::names::fold(&connection.path);
    let identity = format!("dropbox:{}:{}:{named}", account.id, namespace.unwrap_or_default());
    connection.path = store_path(&connection.path, place, account.home_path.as_deref());
    let location = format!("dropbox:{}", connection.path);
    let options = options(place, context, &connection, &accounts, account.clone());
    let storage = DropboxStorage::new(&client, connection.path.clone(), options);
    Ok(StorePlace {
        storage: cached(storage, context),
        location,
        identity: identity.into_bytes(),
        folder: None,
        warning: Some(ON_EVERY_COMPUTER),
    })
}

/// Without a path the store lies in the account's own folder, also in a team, where all paths begin at the team's root and members may
/// not put anything there.
pub fn store_path(path: &str, place: &Place, home: Option<&str>) -> String {
    let is_default = path == STORE_FOLDER && place.options.get("root_namespace").is_none();
    home.filter(|_| is_default).map_or_else(|| path.to_owned(), |home| format!("{home}{STORE_FOLDER}"))
}

fn options(
    place: &Place,
    context: &Context,
    connection: &Connection,
    accounts: &Accounts,
    account: Account,
) -> StorageOptions {
    let (name, file) = (connection.account.clone(), accounts.known_file(&connection.account));
    let (output, root_namespace) = (context.output.clone(), account.root_namespace.clone());
    let is_in_home = account.home_path.is_some() && place.rest != *connection.path;
    let account = Mutex::new(account);
    StorageOptions {
        shown: place.name.as_ref().filter(|_| place.rest == STORE_FOLDER).map(|name| format!("@{name}")),
        visibility_delay: delay(&place.options),
        explain: Arc::new(move |problem| for_account(problem, &name)),
        is_in_home,
        keeps_root: place.options.get("root_namespace").is_some(),
        moved: Arc::new(move |root| {
            let mut account = account.lock().unwrap_or_else(PoisonError::into_inner);
            account.take_root(root.clone());
            if let Err(problem) = known::save(&file, &account) {
                output.warn(problem);
            }
        }),
        root_namespace: Some(root_namespace),
        folder_of_apps: if is_in_home { connection.path.clone() } else { STORE_FOLDER.to_owned() },
    }
}

fn delay(options: &Options) -> Duration {
    options.number("visibility").map_or(StorageOptions::VISIBILITY_DELAY_DEFAULT, Duration::from_secs)
}

/// Without a folder for caches nothing is kept for the next command, which costs calls and nothing else.
fn cached(storage: DropboxStorage, context: &Context) -> Arc<dyn Storage> {
    let output = context.output.clone();
    let in_folder = |folder: &std::path::Path| {
        CacheFolder::new(folder.join("objects"), CACHE_LEN_MAX, move |warning| output.warn(warning))
    };
    Arc::new(CachedStorage::new(storage, context.folders.cache().map(in_folder)))
}
