//! An account as its owner sees it, for tests: files are written and changed here without any call of the API.
//!
//! Paths begin at the account's home and are written as in the API, `/Folder/file`. What cannot be done is a defect of
//! the test and panics.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use crate::content::Content;
use crate::drive::namespace::ROOT;
use crate::drive::node::{Export, Folder, Kind, Node, SpaceId, Traits};
use crate::drive::{Access, AccountId, Commit, Drive, Mode, PathArg, Relocation, Spot, View};
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
                let now = world.clock.now();
                let made = world.drive.make_folder(view, &argument(path), false, now);
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

    /// Makes downloads of a file fail with `locked`, or no longer.
    pub fn set_locked(&self, path: &str, locked: bool) {
        self.edit_traits(path, |traits| traits.locked = locked);
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

    /// Turns a folder into a shared one, a namespace of its own that is mounted where the folder was.
    pub fn share(&self, path: &str) -> SpaceId {
        let mut shared = 0;
        self.edit(|world, view| {
            let spot = must_find(&world.drive, view, path);
            let now = world.clock.now();
            shared = share(&mut world.drive, view, spot, now);
        });
        shared
    }

    /// Mounts a shared folder of somebody else's, or one that was unmounted, and makes this account a member of it.
    pub fn mount(&self, space: SpaceId, path: &str, access: Access) {
        let account = self.number;
        self.edit(|world, view| {
            let members = world.drive.members.entry(space).or_default();
            members.entry(account).or_insert(access);
            let place = world.drive.locate(view, &argument(path));
            let place = place.ok().filter(|place| !place.rest.is_empty());
            let Some(place) = place else { panic!("{path} is taken and cannot be a mount") };
            let now = world.clock.now();
            let Ok(parent) = world.drive.make_parents(&place, now) else { panic!("{path} cannot be a mount") };
            let name = place.rest.last().cloned().unwrap_or_default();
            let folder = Folder { mount: Some(space), ..Folder::default() };
            world.drive.add_node(parent, name, Kind::Folder(folder));
        });
    }

    /// Takes a mount away. The account stays a member.
    pub fn unmount(&self, path: &str) {
        self.edit(|world, view| {
            let spot = must_find(&world.drive, view, path);
            assert!(world.drive.node(spot).and_then(Node::mount).is_some(), "{path} is not a mount");
            let now = world.clock.now();
            world.drive.delete(spot, now);
        });
    }

    /// Takes the membership of a shared folder away, and its mount.
    pub fn leave(&self, space: SpaceId) {
        let account = self.number;
        self.edit(|world, view| {
            if let Some(members) = world.drive.members.get_mut(&space) {
                members.remove(&account);
            }
            let mount = world.drive.space(view.space).and_then(|home| home.mounts.get(&space).copied());
            let now = world.clock.now();
            if let Some(node) = mount {
                world.drive.delete(Spot { space: view.space, node }, now);
            }
        });
    }

    /// Gives the account a team's space as its root, in which its home is a folder; the answer is the root's namespace.
    pub fn join_team_space(&self, team: Option<SpaceId>) -> SpaceId {
        let account = self.number;
        let mut root = 0;
        self.edit(|world, view| {
            root = team.unwrap_or_else(|| world.drive.add_space("Team"));
            let name = world.drive.accounts[account].name.clone();
            let folder = Folder { mount: Some(view.space), ..Folder::default() };
            world.drive.add_node(Spot { space: root, node: ROOT }, name, Kind::Folder(folder));
            world.drive.accounts[account].root = root;
        });
        root
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

/// Moves a folder's content into a namespace of its own and mounts that in its place.
fn share(drive: &mut Drive, view: View, spot: Spot, now: i64) -> SpaceId {
    let Some(node) = drive.node(spot).cloned() else { panic!("the folder to share is gone") };
    let space = drive.add_space(&node.name);
    drive.members.entry(space).or_default().insert(view.account, Access::Owner);
    let children = drive.space(spot.space).map(|it| it.children(spot.node)).unwrap_or_default();
    for child in children {
        let from = Spot { space: spot.space, node: child };
        drive.transfer(from, Spot { space, node: ROOT }, now);
    }
    let parent = Spot { space: spot.space, node: node.parent };
    drive.delete(spot, now);
    let folder = Folder { mount: Some(space), ..Folder::default() };
    drive.add_node_with_id(parent, node.name, Kind::Folder(folder), node.id);
    space
}
