//! What is at one place.

use super::refusal::Refusal;
use super::{Call, Outcome, Reply};
use crate::drive::{LookupProblem, PathForm};

pub fn get_metadata(call: &mut Call<'_>) -> Outcome {
    let is_root = call.arg.peek_text("path").is_some_and(|text| text.is_empty());
    if is_root {
        return Err(call.arg.refuse("path", "The root folder is unsupported."));
    }
    let path = call.arg.path("path", PathForm::Read)?;
    let with_deleted = call.arg.flag("include_deleted", false)?;
    call.arg.flag("include_media_info", false)?;
    call.arg.flag("include_has_explicit_shared_members", false)?;
    call.arg.ignore("include_property_groups");
    call.end_of_arg()?;
    let drive = &call.world.drive;
    let place = drive.locate(call.view, &path)?;
    if let Some(spot) = place.found() {
        if drive.is_root(call.view, spot) {
            return Err(Refusal::BadRequest("request body: path: The root folder is unsupported.".into()));
        }
        if drive.is_unseen(&path, spot, call.world.options.read_lag) {
            return Err(LookupProblem::NotFound.into());
        }
        return Ok(Reply::Json(call.show(spot)?));
    }
    let deleted = drive.deleted_at(&place).filter(|_| with_deleted);
    let shown = deleted.and_then(|it| drive.show_deleted(call.view, place.spot.space, &it.display));
    shown.map(Reply::Json).ok_or_else(|| LookupProblem::NotFound.into())
}
