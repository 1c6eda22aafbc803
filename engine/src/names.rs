//! The names of objects (docs/format.md §2).

use larder_connect::ObjectName;
use larder_model::{Hash, PackId, RunId, SnapshotId};

pub const CONFIG: &str = "config";
pub const KEYS: &str = "keys";
pub const PACKS: &str = "packs";
pub const INDEX: &str = "index";
pub const SNAPSHOTS: &str = "snapshots";
pub const RUNS: &str = "runs";
pub const MARKS: &str = "marks";
pub const RECORDS: &str = "records";

/// Every folder that objects are put into.
pub const FOLDERS: [&str; 8] = [CONFIG, KEYS, PACKS, INDEX, SNAPSHOTS, RUNS, MARKS, RECORDS];

/// Config and keys are stored twice: without them all else is lost.
pub const COPIES: u32 = 2;

pub fn config(generation: u32, copy: u32) -> ObjectName {
    ObjectName::new(CONFIG, format_args!("{generation:08}-{copy}"))
}

pub fn slot(number: u32, copy: u32) -> ObjectName {
    ObjectName::new(KEYS, format_args!("slot-{number:08}-{copy}"))
}

pub fn ring(epoch: u32, generation: u32, copy: u32) -> ObjectName {
    ObjectName::new(KEYS, format_args!("ring-{epoch:08}-{generation:08}-{copy}"))
}

pub fn pack(id: PackId) -> ObjectName {
    ObjectName::new(PACKS, id)
}

pub fn index(hash: Hash) -> ObjectName {
    ObjectName::new(INDEX, hash)
}

pub fn snapshot(id: SnapshotId) -> ObjectName {
    ObjectName::new(SNAPSHOTS, id)
}

pub fn start(run: RunId) -> ObjectName {
    ObjectName::new(RUNS, format_args!("{run}.start"))
}

pub fn intent(run: RunId) -> ObjectName {
    ObjectName::new(RUNS, format_args!("{run}.intent"))
}
