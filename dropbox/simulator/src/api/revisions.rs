//! Old revisions of files, and taking one for the present again.

use std::sync::Arc;

use serde_json::{Value, json};

use super::refusal::{Refusal, write_refusal};
use super::{Call, Outcome, Reply};
use crate::clock::to_text;
use crate::drive::node::{File, Revision};
use crate::drive::{LookupProblem, PathForm, Place, name};

pub fn list_revisions(call: &mut Call<'_>) -> Outcome {
    let path = call.arg.path("path", PathForm::PathOrId)?;
    call.arg.union("mode", &["path", "id"])?;
    let limit = call.arg.optional_number("limit", 1, 100)?.unwrap_or(10) as usize;
    let before = call.arg.optional_rev("before_rev")?;
    call.arg.flag("include_restorable_info", false)?;
    call.end_of_arg()?;
    let drive = &call.world.drive;
    let place = drive.locate(call.view, &path)?;
    let (file, id, deleted) = file_at(call, &place)?;
    let mut revisions: Vec<&Arc<Revision>> = file.revisions.iter().rev().collect();
    if let Some(before) = before {
        let at = revisions.iter().position(|it| it.rev == before);
        let Some(at) = at else { return Err(Refusal::tag("invalid_before_rev")) };
        revisions.drain(..=at);
    }
    let has_more = revisions.len() > limit;
    let shown = revisions.iter().take(limit).filter_map(|it| show(call, &place, &id, file, it));
    let mut answer = json!({
        "is_deleted": deleted.is_some(), "entries": shown.collect::<Vec<_>>(), "has_more": has_more,
    });
    if let Some(at) = deleted {
        answer["server_deleted"] = to_text(at).into();
    }
    Ok(Reply::Json(answer))
}

pub fn restore(call: &mut Call<'_>) -> Outcome {
    let path = call.arg.path("path", PathForm::Write)?;
    let rev = call.arg.optional_rev("rev")?.ok_or_else(|| call.arg.refuse("rev", "missing required field 'rev'"))?;
    call.end_of_arg()?;
    let place = call.world.drive.locate(call.view, &path).map_err(|it| Refusal::nested("path_lookup", it.to_json()))?;
    let (file, ..) =
        file_at(call, &place).map_err(|_| Refusal::nested("path_lookup", LookupProblem::NotFound.to_json()))?;
    if !file.revisions.iter().any(|revision| revision.rev == rev) {
        return Err(Refusal::tag("invalid_revision"));
    }
    call.take_lock(place.spot.space, 1).map_err(|it| write_refusal("path_write", &it))?;
    let now = call.now;
    let spot = call.world.drive.restore(call.view, &path, &rev, now).map_err(|it| write_refusal("path_write", &it))?;
    Ok(Reply::Json(call.show_untagged(spot)?))
}

/// The file at a place, its id, and when it was deleted, if it was.
fn file_at<'a>(call: &'a Call<'_>, place: &Place) -> Result<(&'a File, String, Option<i64>), Refusal> {
    let drive = &call.world.drive;
    if let Some(spot) = place.found() {
        let node = drive.node(spot).ok_or(LookupProblem::NotFound)?;
        let file = node.file().ok_or(LookupProblem::NotFile)?;
        return Ok((file, node.id.clone(), None));
    }
    let deleted = drive.deleted_at(place).ok_or(LookupProblem::NotFound)?;
    let (id, file) = deleted.file.as_ref().ok_or(LookupProblem::NotFile)?;
    Ok((file, id.clone(), Some(deleted.at)))
}

fn show(call: &Call<'_>, place: &Place, id: &str, file: &File, revision: &Revision) -> Option<Value> {
    let drive = &call.world.drive;
    if let Some(spot) = place.found() {
        return drive.show_revision(call.view, spot, revision).map(Value::Object);
    }
    let display = &drive.deleted_at(place)?.display;
    let mut shown = json!({
        "name": display.rsplit('/').next(), "path_lower": name::fold(display), "path_display": display, "id": id,
        "client_modified": to_text(revision.client_modified), "server_modified": to_text(revision.server_modified),
        "rev": revision.rev, "size": revision.content.size(), "is_downloadable": file.is_downloadable(),
    });
    if file.is_downloadable() {
        shown["content_hash"] = revision.content.hash().into();
    }
    Some(shown)
}
