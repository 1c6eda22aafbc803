//! What listings and look-ups take and give.

use serde::{Deserialize, Serialize};

use super::Metadata;

/// Arguments of `files/list_folder` and `files/list_folder/get_latest_cursor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListFolder {
    /// `""` for the root, `/a/b`, `id:…` or `ns:…`. Never `/`.
    pub path: String,
    /// Everything below as well, the folder itself included.
    pub recursive: bool,
    /// Also what was there before.
    pub include_deleted: bool,
    /// Whether files that others were invited to shall say so.
    pub include_has_explicit_shared_members: bool,
    /// Whether namespaces that are mounted below shall be followed.
    pub include_mounted_folders: bool,
    /// Whether to name what can only be exported.
    pub include_non_downloadable_files: bool,
    /// Entries a page, 1 to 2000: a wish, pages may be shorter or longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl ListFolder {
    /// One folder, with mounted namespaces and documents, in pages of 2000.
    pub fn of(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            recursive: false,
            include_deleted: false,
            include_has_explicit_shared_members: false,
            include_mounted_folders: true,
            include_non_downloadable_files: true,
            limit: Some(2000),
        }
    }

    /// The same with everything below.
    pub fn recursively(mut self) -> Self {
        self.recursive = true;
        self
    }
}

/// Some entries of a listing. They are to be applied in order: later ones may replace earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// May be empty even though there is more.
    pub entries: Vec<Metadata>,
    /// Where the next page, or the next change, begins. The latest one is to be kept, also after an empty page.
    pub cursor: String,
    /// Only `false` is the end.
    pub has_more: bool,
}

/// Arguments of `files/get_metadata`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GetMetadata {
    /// `/a/b`, `id:…`, `rev:…` or `ns:…`; the root has no metadata.
    pub path: String,
    /// Answer with [`Metadata::Deleted`] instead of `not_found` where something was.
    pub include_deleted: bool,
    /// Whether a file that others were invited to shall say so.
    pub include_has_explicit_shared_members: bool,
}

impl GetMetadata {
    /// What is at this path now.
    pub fn of(path: impl Into<String>) -> Self {
        Self { path: path.into(), include_deleted: false, include_has_explicit_shared_members: false }
    }
}
