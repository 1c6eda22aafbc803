//! The storage `fs`: the suite that all storages pass, and what is particular to folders.

mod common;
mod storage {
    mod conformance;
    mod faults;
    mod syncs;
    mod temporary;
}
