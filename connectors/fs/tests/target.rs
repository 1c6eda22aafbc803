//! The target `fs`: the suite that all targets pass, and what is particular to the file system.

mod common;
mod target {
    // mod attributes;
    mod conformance;
    // mod faults;
    // mod hostile;
    // mod names;
    // mod nodes;
    // mod plain_user;
}
