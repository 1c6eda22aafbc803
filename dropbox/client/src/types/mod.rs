//! What routes take and give, as the specification has it. Unknown fields are ignored; open unions keep an `Other`.

mod account;
mod changes;
mod listing;
mod metadata;
mod path_root;
mod timestamp;
mod upload;

pub use account::{Account, Name, RootInfo, SpaceAllocation, SpaceUsage, Team};
pub use changes::{Delete, ListRevisions, Relocate, RevisionMode, Revisions};
pub use listing::{GetMetadata, ListFolder, Page};
pub use metadata::{
    DeletedMetadata, ExportInfo, FileMetadata, FileSharing, FolderMetadata, FolderSharing, LockInfo, Metadata, Symlink,
};
pub use path_root::PathRoot;
pub use timestamp::Timestamp;
pub use upload::{Append, CommitInfo, Finish, SessionCursor, SessionKind, WriteMode};
