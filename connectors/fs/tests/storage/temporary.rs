//! Objects are whole or not there, and dead writers leave nothing.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use larder_connect::{Durability, ObjectName, Storage};
use larder_fs::FsStorage;

use crate::common::tree;

const STORE: &str = "LARDER_TEST_STORE";
const NAMED: &str = "LARDER_TEST_NAMED";

fn put(storage: &FsStorage, object: &str) {
    storage.put(&ObjectName::parse(object).unwrap(), &[b"body"], Durability::Barrier).unwrap();
}

/// What a writer that died, or lives, has in a folder: a temporary name, perhaps locked.
fn leave_temporary(store: &Path, name: &str) -> File {
    let folder = store.join("packs");
    fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join(name)).unwrap();
    file.set_len(100).unwrap();
    file
}

#[test]
fn what_dead_writers_left_is_removed_and_what_living_ones_hold_is_not() {
    let store = tempfile::tempdir().unwrap();
    drop(leave_temporary(store.path(), ".tmp-dead"));
    let living = leave_temporary(store.path(), ".tmp-living");
    living.lock().unwrap();
    File::create(store.path().join("packs/.foreign")).unwrap();

    let storage = FsStorage::new(store.path());
    assert!(storage.list("packs").unwrap().is_empty());
    assert!(store.path().join("packs/.tmp-dead").exists(), "reading removes nothing");
    put(&storage, "packs/aa");
    let left = tree(&store.path().join("packs"));
    assert_eq!(left, [".foreign", ".tmp-living", "aa"].map(Into::<std::path::PathBuf>::into));
    assert_eq!(storage.list("packs").unwrap().len(), 1);

    drop(living);
    put(&FsStorage::new(store.path()), "packs/bb");
    assert!(!store.path().join("packs/.tmp-living").exists());
}

/// The writer that the next test kills: no test of its own.
#[test]
fn writer_to_be_killed() {
    let Ok(store) = std::env::var(STORE) else {
        return;
    };
    let storage = match std::env::var(NAMED) {
        Ok(_) => FsStorage::new(store).with_named_drafts(),
        Err(_) => FsStorage::new(store),
    };
    let body = vec![1; 3 << 20];
    for number in 0..u32::MAX {
        let name = ObjectName::new("packs", number);
        storage.put(&name, &[&body, &body, &body], Durability::Barrier).unwrap();
        println!("\nput {number}");
    }
}

fn kill_a_writer_in(store: &Path, named: bool, after: Duration) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    if named {
        command.env(NAMED, "1");
    }
    let mut writer = command
        .args(["--exact", "storage::temporary::writer_to_be_killed", "--nocapture"])
        .env(STORE, store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().starts_with("put ")).unwrap().unwrap();
    let drain = thread::spawn(move || lines.count());
    thread::sleep(after);
    writer.kill().unwrap();
    writer.wait().unwrap();
    drain.join().unwrap();
}

fn killed_writers_leave_whole_objects_in(store: &Path, named: bool) {
    for round in 0..10 {
        kill_a_writer_in(store, named, Duration::from_millis(5 * round));
        let storage = FsStorage::new(store);
        let objects = storage.list("packs").unwrap();
        assert!(!objects.is_empty());
        for object in objects {
            assert_eq!(object.size, 9 << 20, "{}", object.name);
            storage.delete(&object.name).unwrap();
        }
        put(&storage, "packs/next");
        storage.delete(&ObjectName::parse("packs/next").unwrap()).unwrap();
        assert_eq!(tree(&store.join("packs")).len(), 0);
    }
}

#[test]
fn killed_writers_leave_whole_objects_and_nothing_else() {
    let store = tempfile::tempdir().unwrap();
    killed_writers_leave_whole_objects_in(store.path(), false);
}

#[test]
fn killed_writers_leave_nothing_without_unnamed_files_either() {
    let store = tempfile::tempdir().unwrap();
    killed_writers_leave_whole_objects_in(store.path(), true);
}

#[test]
fn objects_are_their_owners_alone() {
    let store = tempfile::tempdir().unwrap();
    let path = store.path().join("deep/er/store");
    let storage = FsStorage::new(&path);
    storage.prepare(&["packs"]).unwrap();
    put(&storage, "packs/aa");
    for (item, mode) in [("", 0o700), ("packs", 0o700), ("packs/aa", 0o600)] {
        let found = fs::metadata(path.join(item)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(found, mode, "{item}");
    }
    let mut body = String::new();
    File::open(path.join("packs/aa")).unwrap().read_to_string(&mut body).unwrap();
    assert_eq!(body, "body");
}
