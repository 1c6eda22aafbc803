//! Storages, sources and targets in memory keep the contracts that all others keep.

use larder_connect::{Source, conformance};
use larder_testkit::{
    SimClock,
    storage::{CrashingStorage, FaultyStorage, MemoryStorage},
    tree::{MemorySource, MemoryTarget, MemoryTree, SharedTree},
};

#[test]
fn memory_keeps_the_contract_of_storages() {
    conformance::storage::run(MemoryStorage::default);
}

#[test]
fn wrappers_that_do_nothing_keep_it_too() {
    conformance::storage::run(|| CrashingStorage::new(MemoryStorage::default(), None));
    conformance::storage::run(|| FaultyStorage::new(MemoryStorage::default(), []));
}

#[test]
fn memory_keeps_the_contract_of_sources() {
    conformance::source::run(|| Place(MemoryTree::new(&SimClock::default()).shared()));
}

#[test]
fn memory_keeps_the_contract_of_targets() {
    conformance::target::run(|| MemoryTarget::empty(&SimClock::default()));
}

struct Place(SharedTree);

impl conformance::source::Place for Place {
    fn source(&self) -> Box<dyn Source> {
        Box::new(MemorySource::new(&self.0))
    }

    fn write(&self, path: &str, body: &[u8]) {
        self.0.lock().write(path, body);
    }

    fn make_folder(&self, path: &str) {
        self.0.lock().add(path, larder_model::Kind::Directory);
    }

    fn rename(&self, from: &str, to: &str) {
        self.0.lock().rename(from, to);
    }

    fn remove(&self, path: &str) {
        self.0.lock().remove(path);
    }

    fn link(&self, path: &str, target: &str) -> bool {
        self.0.lock().add_symlink(path, target.as_bytes());
        true
    }
}
