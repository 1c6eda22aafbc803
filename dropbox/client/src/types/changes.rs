//! What deletions, moves and looks at the past take and give.

use serde::{Deserialize, Serialize};

use super::{FileMetadata, Timestamp};

/// What to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delete {
    /// `/a/b`, `id:…` or `ns:…/b`.
    pub path: String,
    /// Only if the file is still at this revision. Files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_rev: Option<String>,
}

impl Delete {
    /// Whatever is at this path, with all below it.
    pub fn of(path: impl Into<String>) -> Self {
        Self { path: path.into(), parent_rev: None }
    }
}

/// Arguments of `files/move_v2`. Changing only the case of a name is not supported by Dropbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Relocate {
    /// What.
    pub from_path: String,
    /// Where to.
    pub to_path: String,
    /// Whether Dropbox may choose another name in case of a conflict.
    pub autorename: bool,
    /// Whether the move may give the file to another owner.
    pub allow_ownership_transfer: bool,
}

/// What a history is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub enum RevisionMode {
    /// What was at this path.
    #[default]
    Path,
    /// What this file was, wherever.
    Id,
}

/// Arguments of `files/list_revisions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListRevisions {
    /// `/a/b` or `id:…`.
    pub path: String,
    /// What the history is of.
    pub mode: RevisionMode,
    /// 1 to 100.
    pub limit: u32,
    /// Only what was before this one; with [`RevisionMode::Path`] only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_rev: Option<String>,
}

impl ListRevisions {
    /// The latest 100 at this path.
    pub fn of(path: impl Into<String>) -> Self {
        Self { path: path.into(), mode: RevisionMode::Path, limit: 100, before_rev: None }
    }
}

/// What was there, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Revisions {
    /// Whether nothing is there now.
    pub is_deleted: bool,
    /// Since when.
    pub server_deleted: Option<Timestamp>,
    /// Each can be had as `rev:…` and restored.
    pub entries: Vec<FileMetadata>,
    /// Whether there are older ones.
    #[serde(default)]
    pub has_more: bool,
}
