//! Listing folders, whole and by what changed.

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{Call, Outcome, Reply};
use crate::cursors::{Cursor, CursorProblem, Scope};
use crate::drive::{LookupProblem, PathForm};
use crate::world::World;

pub fn list_folder(call: &mut Call<'_>) -> Outcome {
    let cursor = begin(call)?;
    answer(call, cursor)
}

pub fn latest_cursor(call: &mut Call<'_>) -> Outcome {
    let mut cursor = begin(call)?;
    cursor.skip_to_latest();
    let name = call.world.cursors.keep(cursor, &mut call.world.random);
    Ok(Reply::Json(json!({"cursor": name})))
}

pub fn list_folder_continue(call: &mut Call<'_>) -> Outcome {
    let name = call.arg.name("cursor")?;
    call.end_of_arg()?;
    let cursor = call.world.cursors.get(&name, call.view.account).map_err(refuse)?;
    answer(call, cursor)
}

/// The long poll's answer if it had to be given now; the waiting is done by the server.
pub fn longpoll_now(call: &mut Call<'_>) -> Outcome {
    let name = call.arg.name("cursor")?;
    call.arg.optional_number("timeout", 30, 480)?;
    call.end_of_arg()?;
    let changes = changes_since(call.world, &name)?;
    Ok(Reply::Json(json!({"changes": changes})))
}

/// Whether a cursor has something to tell.
pub fn changes_since(world: &World, cursor: &str) -> Result<bool, Refusal> {
    match world.cursors.any(cursor) {
        Ok(cursor) => Ok(cursor.has_more(&world.drive)),
        Err(problem) => Err(refuse(problem)),
    }
}

fn begin(call: &mut Call<'_>) -> Result<Cursor, Refusal> {
    let arg = &mut call.arg;
    let path = arg.path("path", PathForm::Folder)?;
    let scope = Scope {
        recursive: arg.flag("recursive", false)?,
        deleted: arg.flag("include_deleted", false)?,
        mounted: arg.flag("include_mounted_folders", true)?,
        non_downloadable: arg.flag("include_non_downloadable_files", true)?,
    };
    arg.flag("include_media_info", false)?;
    arg.flag("include_has_explicit_shared_members", false)?;
    arg.flag("include_restorable_info", false)?;
    arg.ignore("include_property_groups");
    let limit = arg.optional_number("limit", 1, 2000)?;
    if arg.optional_text("shared_link").is_err() {
        return Err(arg.refuse("shared_link", "shared links are not part of this simulator"));
    }
    call.end_of_arg()?;
    let drive = &call.world.drive;
    let spot = drive.find(call.view, &path)?;
    if drive.node(spot).is_none_or(|node| node.folder().is_none()) {
        return Err(LookupProblem::NotFolder.into());
    }
    let limit = limit.map_or(call.world.options.listing.page, |limit| limit as usize);
    Ok(Cursor::begin(drive, call.view, spot, scope, limit, call.world.options.listing.lag))
}

fn answer(call: &mut Call<'_>, mut cursor: Cursor) -> Outcome {
    let World { drive, options, random, cursors, .. } = &mut *call.world;
    let page = cursor.page(drive, &options.listing, random).map_err(refuse)?;
    let name = cursors.keep(cursor, random);
    Ok(Reply::Json(json!({"entries": Value::Array(page.entries), "cursor": name, "has_more": page.has_more})))
}

fn refuse(problem: CursorProblem) -> Refusal {
    match problem {
        CursorProblem::Unknown => Refusal::BadRequest("request body: cursor: Invalid \"cursor\" parameter".into()),
        CursorProblem::Reset => Refusal::tag("reset"),
        CursorProblem::NotFound => LookupProblem::NotFound.into(),
    }
}
