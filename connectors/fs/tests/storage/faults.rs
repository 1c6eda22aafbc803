//! What goes wrong is named, and nothing half-made stays.

use std::fs;

use larder_connect::{Durability, ObjectName, Storage};
use larder_fs::FsStorage;
use larder_model::ProblemKind;

use crate::common::{SmallDisk, tree};

fn name(text: &str) -> ObjectName {
    ObjectName::parse(text).unwrap()
}

#[test]
fn a_store_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no such\tstore");
    let storage = FsStorage::new(&path);
    let problems = [
        storage.list("packs").unwrap_err(),
        storage.get(&name("packs/aa"), None).unwrap_err(),
        storage.put(&name("packs/aa"), &[b"x"], Durability::Barrier).unwrap_err(),
    ];
    for problem in problems {
        assert!(problem.is(ProblemKind::NotFound), "{problem}");
        assert!(problem.message().contains(r"no such\tstore"), "{problem}");
    }
    fs::write(&path, "a file").unwrap();
    assert!(storage.prepare(&["packs"]).unwrap_err().message().contains("not a directory"));
}

fn full_disk_leaves_nothing(disk: &SmallDisk, storage: &FsStorage) {
    storage.put(&name("packs/small"), &[b"fits"], Durability::Barrier).unwrap();
    let large = vec![5; 100 << 10];
    let parts = vec![large.as_slice(); 100];
    let problem = storage.put(&name("packs/large"), &parts, Durability::Barrier).unwrap_err();
    assert!(problem.is(ProblemKind::NoSpace), "{problem}");
    assert!(problem.hint_text().is_some());
    assert_eq!(storage.list("packs").unwrap().len(), 1);
    let left = tree(disk.path());
    assert_eq!(left.len(), 2, "{left:?}");
    storage.barrier().unwrap();
    // The space is free again.
    storage.put(&name("packs/half"), &parts[..4], Durability::Barrier).unwrap();
    storage.barrier().unwrap();
}

#[test]
fn a_full_disk_leaves_no_part_of_an_object() {
    if let Some(disk) = SmallDisk::mount("size=1m") {
        full_disk_leaves_nothing(&disk, &FsStorage::new(disk.path()));
    }
}

#[test]
fn a_full_disk_without_unnamed_files_leaves_no_part_of_an_object() {
    if let Some(disk) = SmallDisk::mount("size=1m") {
        full_disk_leaves_nothing(&disk, &FsStorage::new(disk.path()).with_named_drafts());
    }
}

#[test]
fn reads_from_a_disk_that_cannot_be_written() {
    let Some(disk) = SmallDisk::mount("size=1m") else {
        return;
    };
    FsStorage::new(disk.path()).put(&name("packs/aa"), &[b"body"], Durability::Barrier).unwrap();
    let remount = ["-o", "remount,ro"];
    assert!(std::process::Command::new("mount").args(remount).arg(disk.path()).status().unwrap().success());
    let storage = FsStorage::new(disk.path());
    assert_eq!(storage.get(&name("packs/aa"), Some(1..3)).unwrap(), b"od");
    assert_eq!(storage.list("packs").unwrap().len(), 1);
    storage.barrier().unwrap();
    let problem = storage.put(&name("packs/bb"), &[b"body"], Durability::Barrier).unwrap_err();
    assert!(problem.is(ProblemKind::Denied), "{problem}");
}

#[test]
fn foreign_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FsStorage::new(folder.path());
    storage.put(&name("packs/aa"), &[b"x"], Durability::Barrier).unwrap();
    for foreign in ["packs/Thumbs.db", "packs/.DS_Store", "packs/with space", "readme"] {
        fs::write(folder.path().join(foreign), "").unwrap();
    }
    fs::create_dir(folder.path().join("packs/folder")).unwrap();
    assert_eq!(storage.list("packs").unwrap().len(), 1);
    let problem = storage.get(&name("packs/folder"), None).unwrap_err();
    assert!(!problem.is(ProblemKind::NotFound) && !problem.is(ProblemKind::Damaged), "{problem}");
}

#[test]
fn an_object_cut_short_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FsStorage::new(folder.path());
    storage.put(&name("packs/aa"), &[&[1; 100]], Durability::Barrier).unwrap();
    fs::write(folder.path().join("packs/aa"), [1; 50]).unwrap();
    let problem = storage.get(&name("packs/aa"), Some(40..60)).unwrap_err();
    assert!(problem.is(ProblemKind::Damaged), "{problem}");
    assert!(problem.message().contains("packs/aa has 50 bytes"), "{problem}");
}
