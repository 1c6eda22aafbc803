//! Giving an item its owner, mode, extended attributes and times.
//!
//! The order matters: changing the owner clears set-uid bits and file capabilities, a plain user needs the right to write to set
//! attributes, changing the mode changes an ACL's mask, and everything changes the times. What is right already costs no call.

use larder_model::{Kind, Metadata, Owner, Skip, Time, TreePath, Xattr, escape};
use rustix::io::Errno;

use super::{context::Context, subject::Subject};
use crate::sys::{Stat, reason, tag};

const SET_ID: u32 = 0o6000;

/// An item's own ACL, and the one that a folder passes on to what is made in it.
pub const ACLS: [&[u8]; 2] = [b"system.posix_acl_access", b"system.posix_acl_default"];

/// What an item has before it is given anything.
#[derive(Clone, Copy, Debug)]
pub struct Present {
    pub uid: u32,
    pub gid: u32,
    /// `None` when it is not worth asking.
    pub mode: Option<u32>,
    pub attributes: Surplus,
}

/// Extended attributes that may be there and do not belong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surplus {
    None,
    /// ACLs that came from the folder's default ACL.
    Inherited,
    /// Whatever somebody set.
    Any,
}

impl Present {
    pub fn of(stat: &Stat, context: &Context, attributes: Surplus) -> Self {
        let Metadata { owner, mode, .. } = stat.metadata(&context.accounts);
        let Owner { uid, gid, .. } = owner.unwrap_or_default();
        Self { uid, gid, mode, attributes }
    }
}

/// Gives one item what `meta` says, and tells what it could not.
pub struct Giver<'a> {
    pub subject: Subject<'a>,
    pub kind: Kind,
    pub context: &'a Context,
    pub path: &'a TreePath,
    pub skips: &'a mut dyn FnMut(Skip),
}

impl Giver<'_> {
    pub fn give(&mut self, meta: &Metadata, present: Present) {
        let owned = self.give_owner(meta.owner.as_ref(), present);
        let mode = self.open_up(meta, present);
        let old = self.clear(&meta.xattrs, present.attributes);
        self.give_attributes(&meta.xattrs, &old, |name| !ACLS.contains(&name));
        if let Some(wanted) = meta.mode.or(present.mode) {
            self.give_mode(wanted & 0o7777, owned, mode);
        }
        self.give_attributes(&meta.xattrs, &old, |name| ACLS.contains(&name));
        if let Some(mtime) = meta.mtime {
            self.give_time(mtime);
        }
    }

    /// Lets a plain user at the attributes of an item that nobody may read or write. Returns the mode that it has then.
    fn open_up(&self, meta: &Metadata, present: Present) -> Option<u32> {
        let is_needed = !meta.xattrs.is_empty() || present.attributes == Surplus::Any;
        match present.mode {
            Some(mode) if is_needed && mode & 0o600 != 0o600 && !self.context.is_privileged => {
                self.subject.set_mode(mode | 0o600).map_or(present.mode, |()| Some(mode | 0o600))
            }
            mode => mode,
        }
    }

    fn give_owner(&mut self, owner: Option<&Owner>, present: Present) -> Owned {
        let Some(owner) = owner else { return Owned::Right };
        let (uid, gid) = self.context.numbers(owner);
        if (uid, gid) == (present.uid, present.gid) {
            return Owned::Right;
        }
        match self.set_owner(uid, gid) {
            Ok(()) => Owned::Changed,
            Err(errno) => {
                // A plain user may still give a file to another group of theirs.
                let _ = self.set_owner(present.uid, gid);
                let path = self.path;
                self.note("owner", errno, format!("{path} could not be given to owner {uid}:{gid}"));
                Owned::Wrong
            }
        }
    }

    /// To the system, -1 means "as it is".
    fn set_owner(&self, uid: u32, gid: u32) -> Result<(), Errno> {
        if uid == u32::MAX || gid == u32::MAX {
            return Err(Errno::INVAL);
        }
        self.subject.set_owner(Some(uid), Some(gid))
    }

    fn give_mode(&mut self, mode: u32, owned: Owned, present: Option<u32>) {
        if self.kind == Kind::Symlink {
            return;
        }
        // Set-id bits lend the owner's rights: never those of somebody else than was meant.
        let lends = mode & SET_ID != 0 && self.kind != Kind::Directory;
        let mode = if owned == Owned::Wrong && lends { mode & !SET_ID } else { mode };
        if present == Some(mode) && !(owned == Owned::Changed && lends) {
            return;
        }
        if let Err(errno) = self.subject.set_mode(mode) {
            let path = self.path;
            self.note("mode", errno, format!("{path} could not be given the mode {mode:o}"));
        }
    }

    /// Removes what does not belong, before the mode is set: without its ACL, an item's group bits are its group's. Returns what stays.
    fn clear(&mut self, wanted: &[Xattr], surplus: Surplus) -> Vec<Xattr> {
        let is_wanted = |name: &[u8]| wanted.iter().any(|wanted| *wanted.name == *name);
        match surplus {
            Surplus::None => Vec::new(),
            Surplus::Inherited => {
                for acl in ACLS {
                    if !is_wanted(acl) {
                        let _ = self.subject.remove_attribute(acl);
                    }
                }
                Vec::new()
            }
            Surplus::Any => {
                let mut old = self.subject.attributes().unwrap_or_default();
                old.retain(|old| is_wanted(&old.name) || !self.remove(&old.name));
                old
            }
        }
    }

    /// Labels of security modules belong to this machine, not to the snapshot.
    fn remove(&mut self, name: &[u8]) -> bool {
        let is_label = name.starts_with(b"security.") && name != b"security.capability";
        if is_label {
            return false;
        }
        if let Err(errno) = self.subject.remove_attribute(name) {
            let path = self.path;
            self.note("xattr", errno, format!("{path} keeps the extended attribute {}", escape(name)));
            return false;
        }
        true
    }

    fn give_attributes(&mut self, wanted: &[Xattr], old: &[Xattr], which: impl Fn(&[u8]) -> bool) {
        // Changing the owner clears capabilities and changing the mode changes ACLs, so these are set again.
        let is_fragile = |name: &[u8]| ACLS.contains(&name) || name == b"security.capability";
        let is_there = |xattr: &Xattr| !is_fragile(&xattr.name) && old.contains(xattr);
        for xattr in wanted.iter().filter(|xattr| which(&xattr.name) && !is_there(xattr)) {
            if let Err(errno) = self.subject.set_attribute(&xattr.name, &xattr.value) {
                let (path, name) = (self.path, escape(&xattr.name));
                self.note("xattr", errno, format!("{path} could not be given the extended attribute {name}"));
            }
        }
    }

    fn give_time(&mut self, mtime: Time) {
        if let Err(errno) = self.subject.set_mtime(mtime) {
            let path = self.path;
            self.note("times", errno, format!("{path} could not be given its time"));
        }
    }

    fn note(&mut self, word: &str, errno: Errno, message: String) {
        let message = format!("{message}: {}", reason(errno));
        (self.skips)(Skip::note(self.path.clone(), word, message).tagged(tag(errno)));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owned {
    Right,
    Changed,
    Wrong,
}
