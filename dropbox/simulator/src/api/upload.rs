//! Uploading in one call, and what all commits have in common.

use bytes::Bytes;
use serde_json::json;

use super::arg::Fields;
use super::refusal::Refusal;
use super::{Call, Outcome, Reply};
use crate::content::Content;
use crate::drive::{Commit, Mode, PathForm, Spot, WriteProblem, is_rev};
use crate::sessions::SessionCursor;

/// `files.CommitInfo`.
pub fn read_commit(fields: &mut Fields) -> Result<Commit, Refusal> {
    let path = fields.path("path", PathForm::WriteOrId)?;
    let mode = match fields.union("mode", &["add", "overwrite", "update"])? {
        None => Mode::Add,
        Some((tag, value)) => match (tag.as_str(), value.as_str()) {
            ("update", Some(rev)) if is_rev(rev) => Mode::Update(rev.to_owned()),
            ("update", _) => return Err(fields.refuse("mode", "update: did not match pattern '[0-9a-f]+'")),
            ("overwrite", _) => Mode::Overwrite,
            _ => Mode::Add,
        },
    };
    fields.flag("mute", false)?;
    fields.ignore("property_groups");
    Ok(Commit {
        path,
        mode,
        autorename: fields.flag("autorename", false)?,
        client_modified: fields.optional_time("client_modified")?,
        strict_conflict: fields.flag("strict_conflict", false)?,
    })
}

pub fn upload(call: &mut Call<'_>) -> Outcome {
    let mut arg = std::mem::take(&mut call.arg);
    let commit = read_commit(&mut arg)?;
    let hash = arg.optional_hash("content_hash")?;
    arg.finish()?;
    require_hash(call, hash)?;
    let body = std::mem::take(&mut call.body);
    match write(call, &commit, Content::from_bytes(body.clone())) {
        Ok(spot) => Ok(Reply::Json(call.show_untagged(spot)?)),
        Err(WriteProblem::Busy) => Err(Refusal::contention()),
        Err(problem) => {
            // What was sent is kept: the caller may finish it elsewhere.
            let session = keep_for_later(call, body);
            Err(Refusal::Endpoint(json!({".tag": "path", "reason": problem.to_json(), "upload_session_id": session})))
        }
    }
}

/// Compares the body with the hash that the caller says it has.
pub fn require_hash(call: &Call<'_>, wanted: Option<String>) -> Result<(), Refusal> {
    match (wanted, &call.body_hash) {
        (Some(wanted), Some(hash)) if wanted != *hash => Err(Refusal::tag("content_hash_mismatch")),
        _ => Ok(()),
    }
}

/// Takes the namespace's lock and commits.
pub fn write(call: &mut Call<'_>, commit: &Commit, content: Content) -> Result<Spot, WriteProblem> {
    super::folders::lock_for(call, &commit.path, 1)?;
    call.world.drive.commit(call.view, commit, content, call.now)
}

pub fn new_session_id(call: &mut Call<'_>) -> String {
    format!("pid_upload_session:{}", call.world.random.letters(55))
}

fn keep_for_later(call: &mut Call<'_>, body: Bytes) -> String {
    let id = new_session_id(call);
    let account = call.view.account;
    call.world.sessions.start(id.clone(), account, false, call.now);
    let cursor = SessionCursor { session: id.clone(), offset: 0 };
    // A session that was just made takes its first bytes.
    let _ = call.world.sessions.append(account, &cursor, body, false, call.now);
    id
}
