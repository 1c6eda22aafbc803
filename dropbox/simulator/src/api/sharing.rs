//! As much of sharing as tells where shared folders are and who is in them.

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{Call, Outcome, Reply};
use crate::clock::to_text;
use crate::drive::namespace::ROOT;
use crate::drive::node::SpaceId;
use crate::drive::{Access, PathForm, Spot};

pub fn list_folders(call: &mut Call<'_>) -> Outcome {
    call.arg.optional_number("limit", 1, 1000)?;
    call.arg.ignore("actions");
    call.end_of_arg()?;
    let account = call.view.account;
    let members = &call.world.drive.members;
    let mut spaces: Vec<_> =
        members.iter().filter_map(|(space, members)| Some((*space, *members.get(&account)?))).collect();
    spaces.sort_unstable_by_key(|(space, _)| *space);
    let entries: Vec<_> = spaces.into_iter().map(|(space, access)| show(call, space, access)).collect();
    Ok(Reply::Json(json!({"entries": entries})))
}

/// All folders fit into one page, so that no cursor was ever given out.
pub fn list_folders_continue(call: &mut Call<'_>) -> Outcome {
    call.arg.name("cursor")?;
    call.end_of_arg()?;
    Err(Refusal::tag("invalid_cursor"))
}

pub fn list_folder_members(call: &mut Call<'_>) -> Outcome {
    let id = call.arg.text("shared_folder_id")?;
    call.arg.optional_number("limit", 1, 1000)?;
    call.arg.ignore("actions");
    call.arg.ignore("path");
    call.end_of_arg()?;
    let drive = &call.world.drive;
    let space = id.parse().ok().filter(|space| drive.access(call.view.account, *space).is_some());
    let Some(members) = space.and_then(|space: SpaceId| drive.members.get(&space)) else {
        return Err(Refusal::nested("access_error", json!({".tag": "invalid_id"})));
    };
    let user = |(account, access): (&usize, &Access)| {
        let account = &drive.accounts[*account];
        json!({
            "access_type": {".tag": tag(*access)}, "is_inherited": false,
            "user": {"account_id": account.id, "email": account.email, "display_name": account.name, "same_team": false},
        })
    };
    let users: Vec<_> = members.iter().map(user).collect();
    Ok(Reply::Json(json!({"users": users, "groups": [], "invitees": []})))
}

/// Nobody can make links here, so that there are none.
pub fn list_shared_links(call: &mut Call<'_>) -> Outcome {
    let path = match call.arg.peek_text("path") {
        Some(_) => Some(call.arg.path("path", PathForm::Read)?),
        None => None,
    };
    call.arg.optional_text("cursor")?;
    call.arg.flag("direct_only", false)?;
    call.end_of_arg()?;
    if let Some(path) = path {
        call.world.drive.find(call.view, &path)?;
    }
    Ok(Reply::Json(json!({"links": [], "has_more": false})))
}

fn show(call: &Call<'_>, space: SpaceId, access: Access) -> Value {
    let drive = &call.world.drive;
    let path = drive.visible_path(call.view, Spot { space, node: ROOT });
    let own = drive.space(space).map(|space| space.name.clone()).unwrap_or_default();
    let name = path.as_ref().and_then(|path| path.rsplit('/').next()).map_or(own, str::to_owned);
    let mut shown = json!({
        "access_type": {".tag": tag(access)}, "is_inside_team_folder": false, "is_team_folder": false,
        "name": name, "shared_folder_id": space.to_string(),
        "policy": {"acl_update_policy": {".tag": "editors"}, "shared_link_policy": {".tag": "anyone"}},
        "preview_url": format!("https://www.dropbox.com/scl/fo/{space}"), "time_invited": to_text(call.now),
        "access_inheritance": {".tag": "inherit"},
    });
    if let Some(path) = path {
        shown["path_lower"] = crate::drive::name::fold(&path).into();
        shown["path_display"] = path.into();
    }
    shown
}

fn tag(access: Access) -> &'static str {
    match access {
        Access::Owner => "owner",
        Access::Editor => "editor",
        Access::Viewer => "viewer",
    }
}
