//! The targets, one file for each part of the format and each kind of answer from outside; each public function is one.

pub mod answers;
pub mod config;
pub mod container;
pub mod directory;
pub mod dropbox;
pub mod frame;
pub mod index;
mod keys;
pub mod ledger;
pub mod names;
pub mod page;
pub mod rclone;
pub mod records;
pub mod ring;
pub mod slot;
pub mod snapshot;
pub mod zip;

use crate::Target;

/// All targets. A new one also needs a binary in `libfuzzer/` and stored cases in `corpus/`; a test says so.
pub const ALL: &[Target] = &[
    Target { name: "block", run: index::block },
    Target { name: "checkpoint", run: dropbox::checkpoint },
    Target { name: "config", run: config::config },
    Target { name: "container", run: container::container },
    Target { name: "directory", run: directory::directory },
    Target { name: "escaped", run: names::escaped },
    Target { name: "frame", run: frame::frame },
    Target { name: "ids", run: names::ids },
    Target { name: "intent", run: records::intent },
    Target { name: "item", run: dropbox::item },
    Target { name: "ledger", run: ledger::ledger },
    Target { name: "marks", run: records::marks },
    Target { name: "object_name", run: names::object_name },
    Target { name: "page", run: page::page },
    Target { name: "rclone_encrypted", run: rclone::encrypted },
    Target { name: "rclone_ini", run: rclone::ini },
    Target { name: "record", run: records::record },
    Target { name: "refusal", run: answers::refusal },
    Target { name: "retry_after", run: answers::retry_after },
    Target { name: "ring", run: ring::ring },
    Target { name: "slot", run: slot::slot },
    Target { name: "snapshot", run: snapshot::snapshot },
    Target { name: "start", run: records::start },
    Target { name: "statistics", run: ledger::statistics },
    Target { name: "tail", run: index::tail },
    Target { name: "tree_path", run: names::tree_path },
    Target { name: "zip", run: zip::zip },
];
