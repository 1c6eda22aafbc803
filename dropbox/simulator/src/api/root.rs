//! Whose eyes a call looks through: the account's, from the folder that its paths begin at.

use hyper::HeaderMap;
use serde_json::{Value, json};

use super::arg::Fields;
use super::refusal::Refusal;
use crate::drive::namespace::ROOT;
use crate::drive::node::{Folder, Kind};
use crate::drive::{AccountId, Drive, Spot, View};
use crate::oauth::Access;
use crate::world::World;

/// The view of a token, moved by the `Dropbox-API-Path-Root` header.
pub fn view_of(world: &mut World, access: &Access, headers: &HeaderMap) -> Result<View, Refusal> {
    let folder = world.oauth.app(&access.app).and_then(|app| app.folder.clone());
    let header = headers.get("dropbox-api-path-root");
    if let Some(name) = folder {
        if header.is_some() {
            return Err(Refusal::BadRequest("Path root is not supported for sandbox app".into()));
        }
        return Ok(app_view(&mut world.drive, access.account, &name));
    }
    let home = world.drive.home_view(access.account);
    match header {
        Some(header) => moved(&world.drive, home, header.as_bytes()),
        None => Ok(home),
    }
}

/// `common.RootInfo`.
pub fn root_info(drive: &Drive, account: AccountId) -> Value {
    let owner = &drive.accounts[account];
    let (root, home) = (owner.root.to_string(), owner.home.to_string());
    if root == home {
        return json!({".tag": "user", "root_namespace_id": root, "home_namespace_id": home});
    }
    let view = View { account, space: owner.root, node: ROOT };
    let home_path = drive.visible_path(view, Spot { space: owner.home, node: ROOT });
    json!({".tag": "team", "root_namespace_id": root, "home_namespace_id": home, "home_path": home_path})
}

fn moved(drive: &Drive, home: View, header: &[u8]) -> Result<View, Refusal> {
    let place = "HTTP header \"Dropbox-API-Path-Root\"";
    let bad = || Refusal::BadRequest(format!("{place}: could not decode input as JSON"));
    let value: Value = serde_json::from_slice(header).map_err(|_| bad())?;
    let mut fields = Fields::new(json!({"path_root": value}), place)?;
    let union = fields.union("path_root", &["home", "root", "namespace_id"])?;
    let Some((tag, value)) = union else { return Ok(home) };
    let space = value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    match tag.as_str() {
        "home" => Ok(home),
        "root" if space != drive.accounts[home.account].root => {
            Err(Refusal::PathRoot(json!({".tag": "invalid_root", "invalid_root": root_info(drive, home.account)})))
        }
        _ if !drive.spaces.contains_key(&space) || !drive.may_read(home.account, space) => {
            Err(Refusal::PathRoot(json!({".tag": "no_permission"})))
        }
        _ => Ok(View { space, node: ROOT, ..home }),
    }
}

/// The app's own folder, made when it is first needed.
fn app_view(drive: &mut Drive, account: AccountId, name: &str) -> View {
    let space = drive.accounts[account].home;
    let mut at = Spot { space, node: ROOT };
    for name in ["Apps", name] {
        let known = drive.space(space).and_then(|it| it.child(at.node, name));
        at = match known {
            Some(node) => Spot { space, node },
            None => drive.add_node(at, name.to_owned(), Kind::Folder(Folder::default())),
        };
    }
    View { account, space, node: at.node }
}
