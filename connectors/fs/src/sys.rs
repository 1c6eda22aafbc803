//! What source, target and storage share below: thin helpers over the operating system's calls.

mod draft;
mod errno;
mod write;

pub use draft::{Draft, Style, TempNames, create_over, is_draft, remove_dead};
pub use errno::{problem, reason, shown, tag};
pub use write::{write_at, write_parts, write_uncached};

mod accounts;
mod attributes;
mod directory;
mod filesystem;
mod listing;
mod machine;
mod stat;

pub use accounts::Accounts;
pub use attributes::{Holder, read as read_attributes};
pub use filesystem::{AUTOFS, pseudo, pseudo_at};
pub use listing::list;
pub use machine::{file_clock, give_way, machine_name, raise_open_files_limit};
pub use stat::{FileId, Stat};
