//! The flows of Larder over an open store: backup, restore, browse, find, diff, check, removal, gc.
//!
//! The engine knows no provider, no URL, no terminal, no environment variable and no async runtime; it takes its clock as an
//! argument. `ARCHITECTURE.md` follows a byte through it.

mod ahead;
mod backup;
mod blobs;
mod cache;
mod check;
mod content;
mod diff;
mod file_reader;
mod find;
mod folder;
mod gc;
mod health;
mod history;
mod index;
mod info;
mod listing;
mod look;
mod names;
mod own_runs;
mod reader;
mod records;
mod remove;
mod repair;
mod restore;
mod rows;
mod run;
mod runs;
mod search;
mod settings;
mod snapshots;
mod store;
mod stretch;
mod trace;
mod tree;
mod trouble;
mod usage;
mod xattrs;

pub use backup::{BackupOptions, BackupReport, ParentChoice, backup};
pub use check::{CheckLevel, CheckReport, Finding, accept_lost, check};
pub use diff::{Change, DiffRow, DiffStat, Side, diff, diff_trees};
pub use file_reader::{Bytes, Extent, FileReader};
pub use find::find;
pub use gc::{GcOptions, GcReport, gc};
pub use health::LastCheck;
pub use history::{History, Presence};
pub use info::StoreInfo;
pub use larder_format::{
    frame::Compression,
    ledger::Statistics,
    page::{Content, Node, Totals},
    slot::{Unlock, new_key_file},
    snapshot::{Completeness, Snapshot},
};
pub use listing::{Folder, FolderPage};
pub use own_runs::OwnRuns;
pub use reader::Reader;
pub use remove::{Removed, remove, remove_damaged};
pub use repair::{RepairOptions, RepairReport, undelete, undelete_lost_keys};
pub use restore::{Choose, OnConflict, RestoreOptions, RestoreReport, Wanted, restore};
pub use search::{
    Each, Facts, Filter, Found, Hit, Limits, NodeReader, Page, Patterns, Query, Readiness, Search, Tell, Updated,
};
pub use settings::{Amount, Clock, Fate, Interrupt, Monitor, Settings, Unwatched};
pub use snapshots::{SnapshotInfo, SnapshotList};
pub use store::{SlotInfo, Store};
pub use tree::Tree;
pub use usage::{Usage, UsageRow, usage};
