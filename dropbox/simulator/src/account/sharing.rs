//! Shared folders and team spaces: namespaces that are seen in more than one place.

use super::{Account, argument, must_find};
use crate::drive::namespace::ROOT;
use crate::drive::node::{Folder, Kind, Node, SpaceId};
use crate::drive::{Access, Drive, Spot, View};

impl Account {
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

    /// Mounts a shared folder of somebody else's, or one that was unmounted, and makes this account a member of it with
    /// this access; an owner stays one.
    pub fn mount(&self, space: SpaceId, path: &str, access: Access) {
        let account = self.number;
        self.edit(|world, view| {
            let members = world.drive.members.entry(space).or_default();
            if members.get(&account) != Some(&Access::Owner) {
                members.insert(account, access);
            }
            let place = world.drive.locate(view, &argument(path));
            let place = place.ok().filter(|place| !place.rest.is_empty());
            let Some(place) = place else { panic!("{path} is taken and cannot be a mount") };
            let Ok(parent) = world.drive.make_parents(&place) else { panic!("{path} cannot be a mount") };
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
