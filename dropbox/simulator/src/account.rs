//! An account as its owner sees it, for tests: files are written and changed here without any call of the API.
//!
//! Paths begin at the account's home and are written as in the API, `/Folder/file`. What cannot be done is a defect of
//! the test and panics.

mod sharing;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use crate::content::Content;
use crate::drive::namespace::ROOT;
use crate::drive::node::{Export, SpaceId, Traits};
use crate::drive::{AccountId, Commit, Drive, Mode, PathArg, Relocation, Spot, TeamRoom, View};
use crate::oauth::{DEFAULT_APP, NewAccess};
use crate::world::{Shared, World};

#[derive(Clone)]
pub struct Account {
    shared: Arc<Shared>,
    number: AccountId,
}

impl Account {
    pub(crate) fn new(shared: Arc<Shared>, number: AccountId) -> Self {
        Self { shared, number }
    }

    pub(crate) fn number(&self) -> AccountId {
        self.number
    }

    /// `dbid:…`
    pub fn id(&self) -> String {
        self.shared.lock().drive.accounts[self.number].id.clone()
    }

    pub fn email(&self) -> String {
        self.shared.lock().drive.accounts[self.number].email.clone()
    }

    pub fn home_namespace(&self) -> SpaceId {
        self.shared.lock().drive.accounts[self.number].home
    }

    /// An access token of the default app with every scope.
    pub fn token(&self) -> String {
        self.token_of(DEFAULT_APP, None)
    }

    /// An access token of an app, with its scopes or with some of them.
    pub fn token_of(&self, app: &str, scopes: Option<&[&str]>) -> String {
        let mut world = self.shared.lock();
        let World { oauth, random, clock, options, .. } = &mut *world;
        let all = oauth.app(app).map(|app| app.scopes.clone()).unwrap_or_default();
        let scopes: BTreeSet<String> = scopes.map_or(all, |some| some.iter().map(|it| (*it).to_owned()).collect());
        let expires_at = clock.now() + options.token_life.as_secs() as i64;
        let refresh = Some(oauth.grant(random, app, self.number, scopes.clone(), true));
        let access = NewAccess { app: app.to_owned(), account: self.number, scopes, refresh };
        oauth.issue(random, access, expires_at)
    }

    /// A refresh token of the default app, as PKCE gives it: no secret is needed.
    pub fn refresh_token(&self) -> String {
        self.refresh_token_of(DEFAULT_APP)
    }

    pub fn refresh_token_of(&self, app: &str) -> String {
        let mut world = self.shared.lock();
        let World { oauth, random, .. } = &mut *world;
        let scopes = oauth.app(app).map(|app| app.scopes.clone()).unwrap_or_default();
        oauth.grant(random, app, self.number, scopes, true)
    }

    /// Ends every token of the account, as when its owner takes the app's access away.
    pub fn revoke_tokens(&self) {
        self.shared.lock().oauth.revoke_account(self.number);
    }

    pub fn set_quota(&self, bytes: u64) {
        self.shared.lock().drive.accounts[self.number].quota = bytes;
    }

    /// Makes the account one of a team's, whose room it shares.
    pub fn set_team_room(&self, room: TeamRoom) {
        self.shared.lock().drive.accounts[self.number].team_room = Some(room);
    }

    pub fn set_suspended(&self, is_suspended: bool) {
        self.shared.lock().drive.accounts[self.number].is_suspended = is_suspended;
    }

    /// Writes a file over whatever file is there, and makes its parents.
    pub fn write(&self, path: &str, bytes: &[u8]) {
        self.put(path, Content::from_bytes(Bytes::copy_from_slice(bytes)), None);
    }

    /// The same with the time that the client says the file was modified at, in seconds since 1970.
    pub fn write_at(&self, path: &str, bytes: &[u8], client_modified: i64) {
        self.put(path, Content::from_bytes(Bytes::copy_from_slice(bytes)), Some(client_modified));
    }

    /// A file whose bytes are made from a seed whenever they are asked for, and take no memory.
    pub fn write_generated(&self, path: &str, size: u64, seed: u64) {
        self.put(path, Content::generated(size, seed), None);
    }

    /// The current bytes of a file; nothing where there is no file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let world = self.shared.lock();
        let spot = find(&world.drive, self.view(&world), path)?;
        let revision = world.drive.node(spot)?.file()?.current()?;
        Some(revision.content.to_vec())
    }

    /// The paths of all files and folders, as displayed, in order; mounted folders are entered, folders end with a slash.
    pub fn paths(&self) -> Vec<String> {
        let world = self.shared.lock();
        let view = self.view(&world);
        let mut paths = Vec::new();
        let mut open = vec![Spot { space: view.space, node: ROOT }];
        while let Some(spot) = open.pop() {
            let drive = &world.drive;
            let Some(node) = drive.node(spot) else { continue };
            let path = drive.visible_path(view, spot).unwrap_or_default();
            if node.folder().is_some() {
                let inside = drive.enter(spot);
                let children = drive.space(inside.space).map(|space| space.children(inside.node)).unwrap_or_default();
                open.extend(children.into_iter().map(|node| Spot { space: inside.space, node }));
                paths.push(path + "/");
            } else {
                paths.push(path);
            }
        }
        paths.retain(|path| path != "/");
        paths.sort();
        paths
    }

    /// The API's id of what is at a path.
    pub fn id_of(&self, path: &str) -> Option<String> {
        let world = self.shared.lock();
        let spot = find(&world.drive, self.view(&world), path)?;
        world.drive.node(spot).map(|node| node.id.clone())
    }

    /// The current revision of a file.
    pub fn rev_of(&self, path: &str) -> Option<String> {
        let world = self.shared.lock();
        let spot = find(&world.drive, self.view(&world), path)?;
        world.drive.node(spot)?.file()?.current().map(|revision| revision.rev.clone())
    }

    /// Makes a folder and its parents. One that is there already is left as it is.
    pub fn make_folder(&self, path: &str) {
        self.edit(|world, view| {
            if find(&world.drive, view, path).is_none() {
                let made = world.drive.make_folder(view, &argument(path), false);
                assert!(made.is_ok(), "the folder {path} cannot be made: {made:?}");
            }
        });
    }

    pub fn delete(&self, path: &str) {
        self.edit(|world, view| {
            let spot = must_find(&world.drive, view, path);
            let now = world.clock.now();
            world.drive.delete(spot, now);
        });
    }

    /// Renames or moves. A change of case alone is done too, and no cursor ever tells of it.
    pub fn rename(&self, from: &str, to: &str) {
        self.edit(|world, view| {
            let spot = must_find(&world.drive, view, from);
            let name = to.rsplit('/').next().unwrap_or_default();
            if crate::drive::name::fold(from) == crate::drive::name::fold(to) {
                world.drive.rename_case(spot, name);
                return;
            }
            let relocation = Relocation { from: argument(from), to: argument(to), autorename: false, is_copy: false };
            let now = world.clock.now();
            let moved = world.drive.relocate(view, &relocation, now);
            assert!(moved.is_ok(), "{from} cannot be renamed to {to}: {moved:?}");
        });
    }

    /// Makes downloads of a file fail with `restricted_content`, or no longer.
    pub fn set_restricted(&self, path: &str, restricted: bool) {
        self.edit_traits(path, |traits| traits.restricted = restricted);
    }

    /// Makes a folder one that this account sees and may not look into (`no_access`), or no longer. It must be empty: what would be
    /// in it is nobody's concern.
    pub fn set_closed(&self, path: &str, closed: bool) {
        self.edit(|world, view| {
            let spot = must_find(&world.drive, view, path);
            assert!(world.drive.close(spot, closed), "{path} is no empty folder");
            world.drive.touch(spot);
        });
    }

    /// Makes downloads of a file fail with `locked`, or no longer.
    pub fn set_locked(&self, path: &str, locked: bool) {
        self.edit_traits(path, |traits| traits.locked = locked);
    }

    /// Makes downloads of a file fail with 500, or no longer.
    pub fn set_failing(&self, path: &str, failing: bool) {
        self.edit_traits(path, |traits| traits.failing = failing);
    }

    /// Makes a file one that is neither downloaded nor exported (`unsupported_file`), or no longer.
    pub fn set_unsupported(&self, path: &str, unsupported: bool) {
        self.edit_traits(path, |traits| traits.unsupported = unsupported);
    }

    /// A file that is reported as a symbolic link.
    pub fn add_symlink(&self, path: &str, target: &str) {
        self.write(path, target.as_bytes());
        self.edit_traits(path, |traits| traits.symlink = Some(target.to_owned()));
    }

    /// A Paper document: it cannot be downloaded, only exported, as `markdown` (the default) or `html`. So many exports
    /// are answered with `retry_error` first.
    pub fn add_paper(&self, path: &str, text: &str, retries: u32) {
        self.write(path, text.as_bytes());
        let formats = vec!["markdown".to_owned(), "html".to_owned()];
        self.edit_traits(path, |traits| traits.export = Some(Export { formats, retries }));
    }

    fn put(&self, path: &str, content: Content, client_modified: Option<i64>) {
        self.edit(|world, view| {
            let commit = Commit {
                path: argument(path),
                mode: Mode::Overwrite,
                autorename: false,
                client_modified,
                strict_conflict: false,
            };
            let now = world.clock.now();
            let written = world.drive.commit(view, &commit, content, now);
            assert!(written.is_ok(), "the file {path} cannot be written: {written:?}");
        });
    }

    fn edit_traits(&self, path: &str, edit: impl FnOnce(&mut Traits)) {
        self.edit(|world, view| {
            let spot = must_find(&world.drive, view, path);
            assert!(world.drive.edit_traits(spot, edit), "{path} is not a file");
            world.drive.touch(spot);
        });
    }

    fn edit(&self, edit: impl FnOnce(&mut World, View)) {
        let mut world = self.shared.lock();
        let view = self.view(&world);
        edit(&mut world, view);
        world.note_edit();
    }

    fn view(&self, world: &World) -> View {
        world.drive.home_view(self.number)
    }
}

fn argument(path: &str) -> PathArg {
    PathArg::Path(path.to_owned())
}

fn find(drive: &Drive, view: View, path: &str) -> Option<Spot> {
    drive.find(view, &argument(path)).ok()
}

fn must_find(drive: &Drive, view: View, path: &str) -> Spot {
    let Some(spot) = find(drive, view, path) else { panic!("there is nothing at {path}") };
    spot
}
