//! Upload sessions: bytes first, many in parallel, and one commit for many files.
//!
//! Sending bytes locks nothing; only the commit does. A session lives 7 days, so its id is worth keeping over a crash. An
//! append whose answer was lost is sent again; that it was there already is told by the offset, and is a success.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::{self, CHANGE};
use super::reply::{entries, parse};
use crate::client::{Call, Client, Route, Style};
use crate::content::Content;
use crate::error::{Class, Error, Result};
use crate::header::header_safe;
use crate::types::{Append, CommitInfo, FileMetadata, Finish, SessionCursor, SessionKind};

/// The most pieces of one `append_batch`.
pub const APPENDS_MAX: usize = 500;

const START: Route = Route::data("files/upload_session/start", Style::Upload);
const APPEND: Route = Route::data("files/upload_session/append_v2", Style::Upload);
const FINISH: Route = Route { style: Style::Upload, ..Route::commit("files/upload_session/finish") };
const START_BATCH: Route = Route::data("files/upload_session/start_batch", Style::Rpc);
const APPEND_BATCH: Route =
    Route { has_other_way: true, ..Route::data("files/upload_session/append_batch", Style::Upload) };
const FINISH_BATCH: Route = Route::commit("files/upload_session/finish_batch_v2");

#[derive(Serialize)]
struct Start {
    close: bool,
    session_type: SessionKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
}

#[derive(Deserialize)]
struct Started {
    session_id: String,
}

#[derive(Serialize)]
struct StartBatch {
    session_type: SessionKind,
    num_sessions: u64,
}

#[derive(Deserialize)]
struct StartedBatch {
    session_ids: Vec<String>,
}

#[derive(Serialize)]
struct AppendOne<'a> {
    cursor: &'a SessionCursor,
    close: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
}

#[derive(Serialize)]
struct AppendMany<'a> {
    entries: &'a [Append],
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
}

#[derive(Serialize)]
struct FinishOne<'a> {
    cursor: &'a SessionCursor,
    commit: &'a CommitInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
}

#[derive(Serialize)]
struct FinishMany<'a> {
    entries: &'a [Finish],
}

impl Client {
    /// Starts a session with its first bytes and gives its id. A [`SessionKind::Concurrent`] one starts without bytes and
    /// open. When the answer is lost another one is started, and the first is forgotten by Dropbox.
    pub fn start_session(&self, kind: SessionKind, content: &Content, close: bool) -> Result<String> {
        check::body(content)?;
        let argument = Start { close, session_type: kind, content_hash: content.hash() };
        let call = Call::new(&START, &argument, "")?.with_content(content);
        let started: Started = self.run_until_clear(&call)?;
        Ok(started.session_id)
    }

    /// Puts bytes into a session; `close` says that they were the last. An offset that is not the session's is an error of
    /// [`Class::Session`] with [`Error::correct_offset`].
    pub fn append_session(&self, cursor: &SessionCursor, content: &Content, close: bool) -> Result<()> {
        check::body(content)?;
        let argument = AppendOne { cursor, close, content_hash: content.hash() };
        let call = Call::new(&APPEND, &argument, &cursor.session_id)?.with_content(content);
        let (was_lost, result) = self.run_noting_loss(&call);
        let end = cursor.offset + content.length();
        match result {
            Err(error) if was_lost && is_there(&error, end, close) => Ok(()),
            result => result.map(drop),
        }
    }

    /// Makes a file of a session, with its last bytes if `content` is not empty. A change: after [`Class::Unclear`] look at
    /// the path and its content hash before finishing again.
    pub fn finish_session(
        &self,
        cursor: &SessionCursor,
        commit: &CommitInfo,
        content: &Content,
    ) -> Result<FileMetadata> {
        check::path(&commit.path, CHANGE)?;
        check::body(content)?;
        let argument = FinishOne { cursor, commit, content_hash: content.hash() };
        let call = Call::new(&FINISH, &argument, &commit.path)?.with_content(content);
        parse(&call, &self.run(&call)?)
    }

    /// Starts 1 to 1,000 sessions at once, all open and empty.
    pub fn start_session_batch(&self, kind: SessionKind, count: u64) -> Result<Vec<String>> {
        check::within("Sessions", count, 1, 1000)?;
        let started: StartedBatch =
            self.call(&START_BATCH, &StartBatch { session_type: kind, num_sessions: count }, "")?;
        Ok(started.session_ids)
    }

    /// Puts bytes into up to [`APPENDS_MAX`] sessions: `content` is all their pieces behind each other. Results are in the
    /// order of the pieces. How many fit is bounded by the header: see [`Client::append_batch_header_bytes`].
    pub fn append_session_batch(&self, pieces: &[Append], content: &Content) -> Result<Vec<Result<()>>> {
        check::within("Pieces", pieces.len() as u64, 1, APPENDS_MAX as u64)?;
        check::body(content)?;
        let sum: u64 = pieces.iter().map(|piece| piece.length).sum();
        check::within("The bytes of all pieces together", sum, content.length(), content.length())?;
        let call = Call::new(&APPEND_BATCH, &AppendMany { entries: pieces, content_hash: content.hash() }, "")?;
        let call = call.with_content(content);
        let (was_lost, value) = self.run_until_clear_noting_loss::<Value>(&call);
        let value = value?;
        let results = entries::<serde::de::IgnoredAny>(&call, &value, None, pieces.len())?;
        let one = |(result, piece): (Result<_>, &Append)| match result {
            Err(error) if was_lost && is_there(&error, piece.cursor.offset + piece.length, piece.close) => Ok(()),
            result => result.map(drop).map_err(|error: Error| error.about(&piece.cursor.session_id)),
        };
        Ok(results.into_iter().zip(pieces).map(one).collect())
    }

    /// How long the header of such a batch is. Proxies take 8 to 60 KiB of headers in all; 16 KiB is on the safe side.
    pub fn append_batch_header_bytes(pieces: &[Append]) -> usize {
        let hash = Some("0".repeat(64));
        let json = serde_json::to_string(&AppendMany { entries: pieces, content_hash: hash }).unwrap_or_default();
        header_safe(&json).len()
    }

    /// Makes files of up to 1,000 closed sessions, in one change. Results are in their order; each
    /// `too_many_write_operations` ([`Class::Retry`]) can be finished again. After [`Class::Unclear`] look at the paths.
    pub fn finish_session_batch(&self, files: &[Finish]) -> Result<Vec<Result<FileMetadata>>> {
        check::within("Files", files.len() as u64, 1, 1000)?;
        files.iter().try_for_each(|file| check::path(&file.commit.path, CHANGE))?;
        let call = Call::new(&FINISH_BATCH, &FinishMany { entries: files }, "")?;
        let value: Value = parse(&call, &self.run(&call)?)?;
        let results = entries(&call, &value, None, files.len())?;
        let named = results.into_iter().zip(files);
        Ok(named.map(|(result, file)| result.map_err(|error: Error| error.about(&file.commit.path))).collect())
    }
}

/// Whether an append was refused because an earlier sending of it, whose answer was lost, had come through.
fn is_there(error: &Error, end: u64, close: bool) -> bool {
    let is_closed = close && error.tags().last().is_some_and(|tag| tag == "closed");
    error.class() == Class::Session && (error.correct_offset() == Some(end) || is_closed)
}
