//! Upload sessions: start, append, finish, alone and in batches.

use bytes::Bytes;
use serde_json::{Value, json};

use super::arg::Fields;
use super::batch::{failure, launch, success};
use super::folders::{busy_space, lock_all};
use super::refusal::Refusal;
use super::upload::{new_session_id, read_commit, require_hash, write};
use super::{Call, Outcome, Reply};
use crate::drive::{Commit, WriteProblem};
use crate::sessions::{SessionCursor, SessionProblem};

pub fn start(call: &mut Call<'_>) -> Outcome {
    let close = call.arg.flag("close", false)?;
    let is_concurrent = session_type(&mut call.arg)?;
    let hash = call.arg.optional_hash("content_hash")?;
    call.end_of_arg()?;
    if is_concurrent && !call.body.is_empty() {
        return Err(Refusal::tag("concurrent_session_data_not_allowed"));
    }
    if is_concurrent && close {
        return Err(Refusal::tag("concurrent_session_close_not_allowed"));
    }
    require_hash(call, hash)?;
    let session = begin(call, is_concurrent);
    if !is_concurrent {
        let cursor = SessionCursor { session: session.clone(), offset: 0 };
        let body = std::mem::take(&mut call.body);
        let appended = call.world.sessions.append(call.view.account, &cursor, body, close, call.now);
        appended.map_err(|problem| Refusal::Endpoint(problem.to_json()))?;
    }
    Ok(Reply::Json(json!({"session_id": session})))
}

pub fn start_batch(call: &mut Call<'_>) -> Outcome {
    let is_concurrent = session_type(&mut call.arg)?;
    let count = call.arg.optional_number("num_sessions", 1, 1000)?;
    let Some(count) = count else {
        return Err(Refusal::BadRequest("request body: missing required field 'num_sessions'".into()));
    };
    call.end_of_arg()?;
    let ids: Vec<_> = (0..count).map(|_| begin(call, is_concurrent)).collect();
    Ok(Reply::Json(json!({"session_ids": ids})))
}

pub fn append(call: &mut Call<'_>) -> Outcome {
    let cursor = read_cursor(call.arg.object("cursor")?)?;
    let close = call.arg.flag("close", false)?;
    let hash = call.arg.optional_hash("content_hash")?;
    call.end_of_arg()?;
    require_hash(call, hash)?;
    put(call, &cursor, close)
}

/// The first version, whose argument is the cursor itself.
pub fn append_v1(call: &mut Call<'_>) -> Outcome {
    let cursor = read_cursor(std::mem::take(&mut call.arg))?;
    put(call, &cursor, false)
}

pub fn append_batch(call: &mut Call<'_>) -> Outcome {
    let most = call.world.options.limits.append_batch;
    let list = call.arg.list("entries", 1, most)?;
    let hash = call.arg.optional_hash("content_hash")?;
    let mut parts = Vec::with_capacity(list.len());
    for (index, entry) in list.into_iter().enumerate() {
        let mut fields = call.arg.member(entry, "entries", index)?;
        let cursor = read_cursor(fields.object("cursor")?)?;
        let length = fields.number("length")?;
        let close = fields.flag("close", false)?;
        fields.finish()?;
        parts.push((cursor, length, close));
    }
    call.end_of_arg()?;
    require_hash(call, hash)?;
    let mut body = std::mem::take(&mut call.body);
    let total = parts.iter().try_fold(0u64, |sum, (_, length, _)| sum.checked_add(*length));
    if total != Some(body.len() as u64) {
        return Err(Refusal::tag("length_mismatch"));
    }
    let mut entries = Vec::with_capacity(parts.len());
    for (cursor, length, close) in parts {
        // A copy, so that a small piece does not keep the whole request's body in memory.
        let data = Bytes::copy_from_slice(&body.split_to(length as usize));
        let appended = call.world.sessions.append(call.view.account, &cursor, data, close, call.now);
        entries.push(match appended {
            Ok(()) => success(json!({})),
            Err(problem) => failure(problem.to_json()),
        });
    }
    Ok(Reply::Json(json!({"entries": entries})))
}

pub fn finish(call: &mut Call<'_>) -> Outcome {
    let finish = Finish::read(&mut call.arg)?;
    let hash = call.arg.optional_hash("content_hash")?;
    call.end_of_arg()?;
    require_hash(call, hash)?;
    let body = std::mem::take(&mut call.body);
    match commit(call, &finish, body, false, true) {
        Ok(metadata) => Ok(Reply::Json(metadata)),
        Err(FinishProblem::Write(WriteProblem::Busy)) => Err(Refusal::contention()),
        Err(FinishProblem::Shown(refusal)) => Err(refusal),
        Err(problem) => Err(Refusal::Endpoint(problem.to_json())),
    }
}

pub fn finish_batch(call: &mut Call<'_>) -> Outcome {
    let entries = finish_all(call)?;
    Ok(Reply::Json(json!({"entries": entries})))
}

/// The first version, which may become a job.
pub fn finish_batch_v1(call: &mut Call<'_>) -> Outcome {
    let entries = finish_all(call)?;
    launch(call, "files/upload_session/finish_batch/check", entries, false)
}

struct Finish {
    cursor: SessionCursor,
    commit: Commit,
}

enum FinishProblem {
    Session(SessionProblem),
    Write(WriteProblem),
    Shown(Refusal),
}

impl Finish {
    fn read(fields: &mut Fields) -> Result<Self, Refusal> {
        let cursor = read_cursor(fields.object("cursor")?)?;
        let mut inner = fields.object("commit")?;
        let commit = read_commit(&mut inner)?;
        inner.finish()?;
        Ok(Self { cursor, commit })
    }
}

impl FinishProblem {
    fn to_json(&self) -> Value {
        match self {
            Self::Session(problem) => problem.to_finish_json(),
            Self::Write(WriteProblem::Busy) => json!({".tag": "too_many_write_operations"}),
            Self::Write(problem) => json!({".tag": "path", "path": problem.to_json()}),
            Self::Shown(_) => json!({".tag": "other"}),
        }
    }
}

fn finish_all(call: &mut Call<'_>) -> Result<Vec<Value>, Refusal> {
    let list = call.arg.list("entries", 0, 1000)?;
    let mut finishes = Vec::with_capacity(list.len());
    for (index, entry) in list.into_iter().enumerate() {
        let mut fields = call.arg.member(entry, "entries", index)?;
        finishes.push(Finish::read(&mut fields)?);
        fields.optional_hash("content_hash")?;
        fields.finish()?;
    }
    call.end_of_arg()?;
    let paths: Vec<_> = finishes.iter().map(|it| it.commit.path.clone()).collect();
    let busy = lock_all(call, &paths);
    let mut entries = Vec::with_capacity(finishes.len());
    for finish in &finishes {
        let committed = match busy_space(call, &busy, &finish.commit.path) {
            true => Err(FinishProblem::Write(WriteProblem::Busy)),
            false => commit(call, finish, Bytes::new(), true, false),
        };
        entries.push(match committed {
            Ok(metadata) => success(metadata),
            Err(problem) => failure(problem.to_json()),
        });
    }
    Ok(entries)
}

/// Commits a session's content. The session stays when that fails.
fn commit(
    call: &mut Call<'_>,
    finish: &Finish,
    data: Bytes,
    must_be_closed: bool,
    takes_lock: bool,
) -> Result<Value, FinishProblem> {
    let account = call.view.account;
    let content = call.world.sessions.finish(account, &finish.cursor, data, must_be_closed, call.now);
    let content = content.map_err(FinishProblem::Session)?;
    let spot = match takes_lock {
        true => write(call, &finish.commit, content),
        false => call.world.drive.commit(call.view, &finish.commit, content, call.now),
    };
    let spot = spot.map_err(FinishProblem::Write)?;
    call.world.sessions.forget(&finish.cursor.session);
    call.show_untagged(spot).map_err(FinishProblem::Shown)
}

fn put(call: &mut Call<'_>, cursor: &SessionCursor, close: bool) -> Outcome {
    let body = std::mem::take(&mut call.body);
    let appended = call.world.sessions.append(call.view.account, cursor, body, close, call.now);
    appended.map_err(|problem| Refusal::Endpoint(problem.to_json()))?;
    Ok(Reply::Json(Value::Null))
}

fn begin(call: &mut Call<'_>, is_concurrent: bool) -> String {
    let id = new_session_id(call);
    call.world.sessions.start(id.clone(), call.view.account, is_concurrent, call.now);
    id
}

fn session_type(fields: &mut Fields) -> Result<bool, Refusal> {
    let union = fields.union("session_type", &["sequential", "concurrent"])?;
    Ok(union.is_some_and(|(tag, _)| tag == "concurrent"))
}

fn read_cursor(mut fields: Fields) -> Result<SessionCursor, Refusal> {
    let session = fields.text("session_id")?;
    let offset = fields.number("offset")?;
    fields.finish()?;
    Ok(SessionCursor { session, offset })
}
