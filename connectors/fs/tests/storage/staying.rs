//! A store's folder that goes away and comes back.

use std::fs;

use larder_connect::{Durability, ObjectName, Storage};
use larder_fs::{FsStorage, StayingStorage};
use larder_model::ProblemKind;

fn put(storage: &FsStorage, name: &str, body: &[u8]) {
    storage.put(&ObjectName::parse(name).unwrap(), &[body], Durability::Barrier).unwrap();
}

#[test]
fn what_is_gone_is_unreachable_and_what_is_back_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (place, away) = (folder.path().join("save"), folder.path().join("away"));
    let storage = FsStorage::new(&place);
    storage.prepare(&["config", "packs"]).unwrap();
    put(&storage, "packs/a", b"one");
    let staying = StayingStorage::new(&place);
    let name = ObjectName::parse("packs/a").unwrap();
    assert_eq!(staying.get(&name, None).unwrap(), b"one");
    fs::rename(&place, &away).unwrap();
    assert_eq!(staying.get(&name, None).unwrap_err().kind(), ProblemKind::Unreachable);
    assert_eq!(staying.list("packs").unwrap_err().kind(), ProblemKind::Unreachable);
    // An empty mount point is no store.
    fs::create_dir(&place).unwrap();
    assert_eq!(staying.list("packs").unwrap_err().kind(), ProblemKind::Unreachable);
    fs::remove_dir(&place).unwrap();
    fs::rename(&away, &place).unwrap();
    assert_eq!(staying.list("packs").unwrap().len(), 1);
    // Another disk with a copy of it.
    let copy = FsStorage::new(&away);
    copy.prepare(&["config", "packs"]).unwrap();
    put(&copy, "packs/b", b"two");
    fs::remove_dir_all(&place).unwrap();
    fs::rename(&away, &place).unwrap();
    assert_eq!(staying.list("packs").unwrap()[0].name.as_str(), "packs/b");
    assert_eq!(staying.get(&name, None).unwrap_err().kind(), ProblemKind::NotFound);
    assert_eq!(staying.delete(&name).unwrap_err().kind(), ProblemKind::Denied);
    assert!(staying.put(&name, &[b"x"], Durability::Barrier).is_err());
}
