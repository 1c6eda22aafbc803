//! What uploads and their sessions take.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// How a file gets its place. See `WriteMode` in the specification: identical content is never a conflict and never written
/// again, unless `strict_conflict` is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub enum WriteMode {
    /// Only where nothing is.
    #[default]
    Add,
    /// Whatever file is there.
    Overwrite,
    /// Only if the file is still at this revision.
    Update {
        /// A `rev`.
        update: String,
    },
}

/// Where a file goes, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommitInfo {
    /// `/a/b`, `ns:…/b`, or `id:…` to replace a file. NFC.
    pub path: String,
    /// What may be replaced.
    pub mode: WriteMode,
    /// Whether Dropbox may choose another name in case of a conflict.
    pub autorename: bool,
    /// The time that the file shall say it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_modified: Option<Timestamp>,
    /// Whether desktop clients shall keep quiet about it.
    pub mute: bool,
    /// Conflict also when the content is the same, and for `Update` when the file is gone: with `Add` this is "create it if
    /// nobody has", with `Update` "swap it if nobody else has".
    pub strict_conflict: bool,
}

impl CommitInfo {
    /// Adds a file, quietly, under this name or not at all.
    pub fn add(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            mode: WriteMode::Add,
            autorename: false,
            client_modified: None,
            mute: true,
            strict_conflict: false,
        }
    }

    /// Replaces whatever file is there.
    pub fn overwrite(path: impl Into<String>) -> Self {
        Self { mode: WriteMode::Overwrite, ..Self::add(path) }
    }
}

/// Whether pieces of a session come in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub enum SessionKind {
    /// One after the other.
    #[default]
    Sequential,
    /// In any order, at multiples of 4 MiB, each but the last as long as a multiple of it. The start carries no data.
    Concurrent,
}

/// A place in an upload session. Sessions live 7 days and survive the process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionCursor {
    /// From a start.
    pub session_id: String,
    /// Bytes that are there.
    pub offset: u64,
}

/// One piece of an `append_batch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Append {
    /// Where it belongs.
    pub cursor: SessionCursor,
    /// Bytes of the common body that are its.
    pub length: u64,
    /// Whether the session is complete with it.
    pub close: bool,
}

/// One file of a `finish_batch_v2`. Its session must be closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finish {
    /// The session and its whole length.
    pub cursor: SessionCursor,
    /// Where the file goes.
    pub commit: CommitInfo,
}
