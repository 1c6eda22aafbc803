//! What a file is to become: known before its content is sent, and needed when it is committed.

use dropbox_client::{CommitInfo, FileMetadata, Finish, SessionCursor, Timestamp, WriteMode};
use larder_connect::{New, Ticket};

use super::{gather::Small, kept::Kept, spare::Spare};
use crate::item::Item;

/// A file on its way to its place.
#[derive(Clone, Debug)]
pub struct Order {
    pub path: String,
    /// The revision that stood there when it was decided to replace it.
    pub over: Option<String>,
    pub modified: Option<Timestamp>,
    pub size: u64,
    /// The content hash of what was sent.
    pub hash: String,
    pub ticket: Ticket,
    /// How often it was committed in vain.
    pub tries: u32,
    /// Its name was refused once, and this is another one.
    pub is_renamed: bool,
}

/// A file whose content is at Dropbox.
pub struct Ready {
    pub order: Order,
    pub session: String,
    /// The note that another run would go on with.
    pub kept: Option<Kept>,
    /// The content, should the session be gone when the file is committed; not of large files, nor of more than a few at a time.
    pub spare: Option<Spare>,
}

impl Order {
    pub fn new(new: &New, path: String) -> Self {
        Self {
            path,
            over: new.over.and_then(Item::of_entry).and_then(|item| item.rev),
            modified: new.entry.meta.mtime.and_then(|time| Timestamp::from_unix(time.secs)),
            size: new.entry.meta.size,
            hash: String::new(),
            ticket: new.ticket,
            tries: 0,
            is_renamed: false,
        }
    }

    /// Never over anything but what was seen.
    pub fn commit(&self) -> CommitInfo {
        let mode = self.over.clone().map_or(WriteMode::Add, |update| WriteMode::Update { update });
        CommitInfo { mode, client_modified: self.modified, strict_conflict: true, ..CommitInfo::add(&self.path) }
    }

    /// True when the file at Dropbox is the one that was sent.
    pub fn is(&self, file: &FileMetadata) -> bool {
        file.size == self.size && file.content_hash.as_deref() == Some(&self.hash)
    }
}

impl Ready {
    /// The file, to be sent once more; `None` where its content is gone, or it was sent too often.
    pub fn again(&mut self, tries_max: u32) -> Option<Small> {
        let spare = self.spare.take().filter(|_| self.order.tries < tries_max)?;
        let order = Order { tries: self.order.tries + 1, ..self.order.clone() };
        Some(Small { order, bytes: spare.bytes.clone(), session: String::new() })
    }

    pub fn finish(&self) -> Finish {
        let cursor = SessionCursor { session_id: self.session.clone(), offset: self.order.size };
        Finish { cursor, commit: self.order.commit() }
    }
}
