//! Files, folders, and what was there before.

use serde::Deserialize;

use super::Timestamp;

/// One entry of a listing.
// Most entries are files, so a box would cost an allocation for nearly each of them and save nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub enum Metadata {
    /// A file, which replaces what was at its path.
    File(FileMetadata),
    /// A folder, which keeps what is below its path.
    Folder(FolderMetadata),
    /// Nothing is at this path any more, nor below it.
    Deleted(DeletedMetadata),
}

impl Metadata {
    /// The last part of the path, in the case that the user gave it.
    pub fn name(&self) -> &str {
        match self {
            Self::File(it) => &it.name,
            Self::Folder(it) => &it.name,
            Self::Deleted(it) => &it.name,
        }
    }

    /// The folded path: what an entry is known by. `None` if it is not mounted.
    pub fn path_lower(&self) -> Option<&str> {
        match self {
            Self::File(it) => it.path_lower.as_deref(),
            Self::Folder(it) => it.path_lower.as_deref(),
            Self::Deleted(it) => it.path_lower.as_deref(),
        }
    }

    /// The path in the user's case, of which only the last part can be relied on.
    pub fn path_display(&self) -> Option<&str> {
        match self {
            Self::File(it) => it.path_display.as_deref(),
            Self::Folder(it) => it.path_display.as_deref(),
            Self::Deleted(it) => it.path_display.as_deref(),
        }
    }

    /// The id, which survives renames; what is deleted has none.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::File(it) => Some(&it.id),
            Self::Folder(it) => Some(&it.id),
            Self::Deleted(_) => None,
        }
    }

    /// The file, if it is one.
    pub fn as_file(&self) -> Option<&FileMetadata> {
        match self {
            Self::File(it) => Some(it),
            _ => None,
        }
    }

    /// The folder, if it is one.
    pub fn as_folder(&self) -> Option<&FolderMetadata> {
        match self {
            Self::Folder(it) => Some(it),
            _ => None,
        }
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FileMetadata {
    /// The last part of the path.
    pub name: String,
    /// The folded path.
    pub path_lower: Option<String>,
    /// The path in the user's case.
    pub path_display: Option<String>,
    /// `id:` and more.
    pub id: String,
    /// What the uploading program said. Not verified by Dropbox.
    pub client_modified: Timestamp,
    /// When Dropbox took it.
    pub server_modified: Timestamp,
    /// Names this content at this path: `rev:` and this can be downloaded as long as the revision is kept.
    pub rev: String,
    /// Bytes. Says nothing when the file cannot be downloaded.
    pub size: u64,
    /// See [`crate::content_hash`]; none for what has no bytes of its own.
    pub content_hash: Option<String>,
    /// Otherwise it is a document that can only be exported.
    #[serde(default = "yes")]
    pub is_downloadable: bool,
    /// Set when it is a symbolic link: its content is empty or the target's.
    pub symlink_info: Option<Symlink>,
    /// Set when it lies in a shared folder.
    pub sharing_info: Option<FileSharing>,
    /// How it can be exported.
    pub export_info: Option<ExportInfo>,
    /// Set when somebody locked it.
    pub file_lock_info: Option<LockInfo>,
    /// Whether others were invited to this very file; only if asked for.
    pub has_explicit_shared_members: Option<bool>,
}

fn yes() -> bool {
    true
}

/// Where a symbolic link points.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Symlink {
    /// As it was on the machine that uploaded it.
    pub target: String,
}

/// A file's place in a shared folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FileSharing {
    /// Whether this account may not write it.
    #[serde(default)]
    pub read_only: bool,
    /// The namespace that it is in.
    pub parent_shared_folder_id: Option<String>,
    /// The account that wrote it last.
    pub modified_by: Option<String>,
}

/// How a document without bytes of its own can be had.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ExportInfo {
    /// What Dropbox chooses, like `xlsx`.
    pub export_as: Option<String>,
    /// What else there is.
    #[serde(default)]
    pub export_options: Option<Vec<String>>,
}

/// Who holds a file's lock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LockInfo {
    /// Whether it is this account.
    pub is_lockholder: Option<bool>,
    /// A person's name.
    pub lockholder_name: Option<String>,
    /// Their account.
    pub lockholder_account_id: Option<String>,
    /// Since when.
    pub created: Option<Timestamp>,
}

/// A folder. It has no times.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FolderMetadata {
    /// The last part of the path.
    pub name: String,
    /// The folded path.
    pub path_lower: Option<String>,
    /// The path in the user's case.
    pub path_display: Option<String>,
    /// `id:` and more.
    pub id: String,
    /// Set when it is shared, or lies in what is.
    pub sharing_info: Option<FolderSharing>,
}

impl FolderMetadata {
    /// The namespace that is mounted here, if one is.
    pub fn mounted_namespace(&self) -> Option<&str> {
        self.sharing_info.as_ref()?.shared_folder_id.as_deref()
    }
}

/// What sharing does to a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FolderSharing {
    /// Whether this account may not write below it.
    #[serde(default)]
    pub read_only: bool,
    /// The namespace that it is in.
    pub parent_shared_folder_id: Option<String>,
    /// The namespace that it is the root of.
    pub shared_folder_id: Option<String>,
    /// Only the way to something below may be seen.
    #[serde(default)]
    pub traverse_only: bool,
    /// Nothing may be seen.
    #[serde(default)]
    pub no_access: bool,
}

/// A path where nothing is any more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeletedMetadata {
    /// The last part of the path.
    pub name: String,
    /// The folded path.
    pub path_lower: Option<String>,
    /// The path in the user's case.
    pub path_display: Option<String>,
}
