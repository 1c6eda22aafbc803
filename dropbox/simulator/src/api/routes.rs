//! The table of routes: style, host, authentication and scope as in the published specification.

use super::{Call, Outcome};
use super::{batch, download, folders, listing, metadata, relocate, revisions, session, sharing, upload, users, zip};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Rpc,
    Upload,
    Download,
}

/// The host that the real route is on. It is checked where a caller comes by one of Dropbox's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    Api,
    Content,
    Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    User,
    App,
    Nobody,
}

pub struct Route {
    pub name: &'static str,
    pub style: Style,
    pub host: Host,
    pub auth: Auth,
    /// Empty for none.
    pub scope: &'static str,
    /// Apps with a folder of their own may call it.
    pub app_folder: bool,
    pub handler: fn(&mut Call<'_>) -> Outcome,
}

impl Host {
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api.dropboxapi.com",
            Self::Content => "content.dropboxapi.com",
            Self::Notify => "notify.dropboxapi.com",
        }
    }
}

pub fn find(name: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.name == name)
}

/// The long poll waits, which handlers do not: its handler only reads the argument.
pub const LONGPOLL: &str = "files/list_folder/longpoll";

const fn rpc(name: &'static str, scope: &'static str, handler: fn(&mut Call<'_>) -> Outcome) -> Route {
    Route { name, style: Style::Rpc, host: Host::Api, auth: Auth::User, scope, app_folder: true, handler }
}

const fn upload(name: &'static str, handler: fn(&mut Call<'_>) -> Outcome) -> Route {
    Route { style: Style::Upload, host: Host::Content, ..rpc(name, "files.content.write", handler) }
}

const fn download(name: &'static str, handler: fn(&mut Call<'_>) -> Outcome) -> Route {
    Route { style: Style::Download, host: Host::Content, ..rpc(name, "files.content.read", handler) }
}

const ACCOUNT: &str = "account_info.read";
const META: &str = "files.metadata.read";
const WRITE: &str = "files.content.write";
const SHARING: &str = "sharing.read";

const ROUTES: &[Route] = &[
    rpc("auth/token/revoke", "", users::revoke),
    Route { auth: Auth::App, ..rpc("check/app", "", users::echo) },
    rpc("check/user", ACCOUNT, users::echo),
    rpc("users/get_current_account", ACCOUNT, users::current_account),
    rpc("users/get_space_usage", ACCOUNT, users::space_usage),
    rpc("users/features/get_values", ACCOUNT, users::features),
    rpc("files/list_folder", META, listing::list_folder),
    rpc("files/list_folder/continue", META, listing::list_folder_continue),
    rpc("files/list_folder/get_latest_cursor", META, listing::latest_cursor),
    Route { auth: Auth::Nobody, host: Host::Notify, ..rpc(LONGPOLL, "", listing::longpoll_now) },
    rpc("files/get_metadata", META, metadata::get_metadata),
    rpc("files/list_revisions", META, revisions::list_revisions),
    rpc("files/restore", WRITE, revisions::restore),
    download("files/download", download::download),
    download("files/download_zip", zip::download_zip),
    download("files/export", download::export),
    upload("files/upload", upload::upload),
    upload("files/upload_session/start", session::start),
    upload("files/upload_session/append", session::append_v1),
    upload("files/upload_session/append_v2", session::append),
    upload("files/upload_session/append_batch", session::append_batch),
    upload("files/upload_session/finish", session::finish),
    rpc("files/upload_session/start_batch", WRITE, session::start_batch),
    rpc("files/upload_session/finish_batch", WRITE, session::finish_batch_v1),
    rpc("files/upload_session/finish_batch_v2", WRITE, session::finish_batch),
    rpc("files/upload_session/finish_batch/check", WRITE, batch::check),
    rpc("files/create_folder_v2", WRITE, folders::create_folder),
    rpc("files/create_folder_batch", WRITE, folders::create_folder_batch),
    rpc("files/create_folder_batch/check", WRITE, batch::check),
    rpc("files/delete_v2", WRITE, folders::delete),
    rpc("files/delete_batch", WRITE, folders::delete_batch),
    rpc("files/delete_batch/check", WRITE, batch::check),
    rpc("files/move_v2", WRITE, relocate::move_one),
    rpc("files/move_batch_v2", WRITE, relocate::move_batch),
    rpc("files/move_batch/check_v2", WRITE, batch::check),
    rpc("files/copy_v2", WRITE, relocate::copy_one),
    rpc("files/copy_batch_v2", WRITE, relocate::copy_batch),
    rpc("files/copy_batch/check_v2", WRITE, batch::check),
    Route { app_folder: false, ..rpc("sharing/list_folders", SHARING, sharing::list_folders) },
    Route { app_folder: false, ..rpc("sharing/list_folders/continue", SHARING, sharing::list_folders_continue) },
    Route { app_folder: false, ..rpc("sharing/list_folder_members", SHARING, sharing::list_folder_members) },
    rpc("sharing/list_shared_links", SHARING, sharing::list_shared_links),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found_by_their_whole_name() {
        let route = find("files/upload_session/start").unwrap();
        assert_eq!((route.style, route.host, route.scope), (Style::Upload, Host::Content, WRITE));
        assert!(find("files/upload_session").is_none());
        let mut names: Vec<_> = ROUTES.iter().map(|route| route.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROUTES.len());
    }
}
