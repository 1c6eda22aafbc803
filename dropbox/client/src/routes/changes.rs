//! Folders, deletions and moves. All are changes: after [`crate::Class::Unclear`] look at the path before trying again.

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use super::check::{self, CHANGE, WRITE};
use crate::client::{Client, Route};
use crate::error::Result;
use crate::types::{Delete, FolderMetadata, Metadata, Relocate};

const CREATE: Route = Route::commit("files/create_folder_v2");
const CREATE_BATCH: Route = Route::commit("files/create_folder_batch");
const CREATE_CHECK: Route = Route::read("files/create_folder_batch/check");
const DELETE: Route = Route::commit("files/delete_v2");
const DELETE_BATCH: Route = Route::commit("files/delete_batch");
const DELETE_CHECK: Route = Route::read("files/delete_batch/check");
const MOVE: Route = Route::commit("files/move_v2");

#[derive(Serialize)]
struct CreateFolder<'a> {
    path: &'a str,
    autorename: bool,
}

#[derive(Serialize)]
struct CreateFolders<'a> {
    paths: &'a [String],
    autorename: bool,
    force_async: bool,
}

#[derive(Serialize)]
struct Deletions<'a> {
    entries: &'a [Delete],
}

/// What the routes with one item answer.
#[derive(serde::Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Wrapped<T> {
    metadata: T,
}

impl Client {
    /// Makes a folder, and those above it. Something there already is [`crate::Class::Conflict`].
    pub fn create_folder(&self, path: &str) -> Result<FolderMetadata> {
        check::path(path, WRITE)?;
        unwrapped(self.call(&CREATE, &CreateFolder { path, autorename: false }, path)?)
    }

    /// Makes up to 10,000 folders, and waits until they are made; results are in the order of the paths, which must differ.
    pub fn create_folder_batch(&self, paths: &[String]) -> Result<Vec<Result<FolderMetadata>>> {
        check::within("Folders", paths.len() as u64, 1, 10_000)?;
        paths.iter().try_for_each(|path| check::path(path, WRITE))?;
        let argument = CreateFolders { paths, autorename: false, force_async: false };
        let items: Vec<&str> = paths.iter().map(String::as_str).collect();
        self.run_job(&CREATE_BATCH, &CREATE_CHECK, &argument, &items)
    }

    /// Deletes a file, or a folder with all below it, and gives what was there.
    pub fn delete(&self, what: &Delete) -> Result<Metadata> {
        check_delete(what)?;
        unwrapped(self.call(&DELETE, what, &what.path)?)
    }

    /// Deletes up to 1,000 items, and waits until they are gone; results are in their order.
    pub fn delete_batch(&self, entries: &[Delete]) -> Result<Vec<Result<Metadata>>> {
        check::within("Deletions", entries.len() as u64, 1, 1000)?;
        entries.iter().try_for_each(check_delete)?;
        let items: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        self.run_job(&DELETE_BATCH, &DELETE_CHECK, &Deletions { entries }, &items)
    }

    /// Moves a file, or a folder with all below it. Ids stay.
    pub fn move_item(&self, arguments: &Relocate) -> Result<Metadata> {
        check::path(&arguments.from_path, CHANGE)?;
        check::path(&arguments.to_path, WRITE)?;
        unwrapped(self.call(&MOVE, arguments, &arguments.from_path)?)
    }
}

fn unwrapped<T>(wrapped: Wrapped<T>) -> Result<T>
where
    T: for<'de> Deserialize<'de>,
{
    Ok(wrapped.metadata)
}

fn check_delete(what: &Delete) -> Result<()> {
    check::path(&what.path, CHANGE)?;
    what.parent_rev.as_deref().map_or(Ok(()), check::rev)
}
