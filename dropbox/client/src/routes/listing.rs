//! What is there (namespace `files`).

use serde::{Deserialize, Serialize};

use super::check::{self, LIST, READ};
use crate::client::{Client, Route};
use crate::error::Result;
use crate::types::{GetMetadata, ListFolder, Metadata, Page};

const LIST_FOLDER: Route = Route::read("files/list_folder");
const CONTINUE: Route = Route::read("files/list_folder/continue");
const LATEST: Route = Route::read("files/list_folder/get_latest_cursor");
const METADATA: Route = Route::read("files/get_metadata");

#[derive(Serialize, Deserialize)]
struct Cursor {
    cursor: String,
}

impl Client {
    /// The first page of a listing.
    pub fn list_folder(&self, arguments: &ListFolder) -> Result<Page> {
        check_list(arguments)?;
        self.call(&LIST_FOLDER, arguments, &arguments.path)
    }

    /// The next page, or what has changed since. An error of [`crate::Class::Relist`] says that the cursor is worth
    /// nothing any more.
    pub fn list_folder_continue(&self, cursor: &str) -> Result<Page> {
        self.call(&CONTINUE, &Cursor { cursor: cursor.to_string() }, "")
    }

    /// A cursor from which only what changes from now on is told.
    pub fn latest_cursor(&self, arguments: &ListFolder) -> Result<String> {
        check_list(arguments)?;
        let latest: Cursor = self.call(&LATEST, arguments, &arguments.path)?;
        Ok(latest.cursor)
    }

    /// What is at a path.
    pub fn get_metadata(&self, arguments: &GetMetadata) -> Result<Metadata> {
        check::path(&arguments.path, READ)?;
        self.call(&METADATA, arguments, &arguments.path)
    }
}

fn check_list(arguments: &ListFolder) -> Result<()> {
    check::path(&arguments.path, LIST)?;
    arguments.limit.map_or(Ok(()), |limit| check::within("Entries a page", limit.into(), 1, 2000))
}
