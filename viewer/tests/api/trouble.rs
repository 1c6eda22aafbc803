//! A store that is damaged, goes away and comes back.

use std::{fs, sync::Arc, time::Duration};

use larder_engine::{BackupOptions, Store, Unwatched, backup};
use larder_fs::{FsStorage, StayingStorage};
use larder_model::ProblemKind;
use larder_testkit::{
    Larder,
    storage::{Fault, FaultyStorage, Operation, Rule},
    tree::{MemorySource, MemoryTree},
};

use crate::kit::{Settings, Viewer, root, stored};

#[test]
fn a_store_that_vanishes_is_unreachable_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (place, away) = (folder.path().join("save"), folder.path().join("away"));
    let larder = Larder::new();
    let storage = Arc::new(FsStorage::new(&place));
    let store = larder.create_on(storage.clone()).unwrap();
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("a", vec![5; 300_000]);
    larder.clock.advance_secs(10);
    backup(&store, &MemorySource::new(&tree.shared()), &BackupOptions::default(), &Unwatched).unwrap();
    let storage = Arc::new(StayingStorage::new(&place));
    let store = Store::open(storage, &mut |_| Ok(Larder::unlock()), larder.settings()).unwrap();
    let hidden = vec![place.display().to_string()];
    let viewer = Viewer::with(store, Settings { hidden, ..Settings::default() });
    let client = viewer.client();
    let path = format!("{}/a", root(&client));
    fs::rename(&place, &away).unwrap();
    std::thread::sleep(Duration::from_millis(2200));
    for address in ["/api/v1/snapshots", "/api/v1/store", &format!("/api/v1/snapshots/latest/content?path={path}")] {
        let problem = client.problem(503, address);
        assert_eq!(problem["kind"], "unreachable", "{address}: {problem}");
        assert!(!problem.to_string().contains(folder.path().to_str().unwrap()), "{problem}");
    }
    fs::rename(&away, &place).unwrap();
    assert_eq!(client.ok("/api/v1/snapshots")["total"], 1);
    assert_eq!(client.get(&format!("/api/v1/snapshots/latest/content?path={path}")).body.len(), 300_000);
}

#[test]
fn a_storage_that_fails_is_told_as_such() {
    let larder = stored(|tree| {
        tree.write("a", vec![5; 30_000]);
    });
    for (kind, status, word) in [
        (ProblemKind::Unreachable, 503, "unreachable"),
        (ProblemKind::Budget, 503, "rate_limited"),
        (ProblemKind::Credentials, 502, "credentials"),
    ] {
        let rule =
            Rule { operation: Operation::List, folder: "snapshots", calls: 1..u64::MAX, fault: Fault::Fail(kind) };
        let viewer = Viewer::on(&larder, Arc::new(FaultyStorage::new(larder.storage.clone(), [rule])));
        let client = viewer.client();
        client.ok("/api/v1/snapshots");
        std::thread::sleep(Duration::from_millis(2100));
        assert_eq!(client.problem(status, "/api/v1/snapshots")["kind"], word);
    }
}

#[test]
fn damage_is_named_and_the_rest_is_shown() {
    let larder = stored(|tree| {
        tree.write("a", &b"one"[..]);
    });
    let name = larder.storage.names("snapshots").remove(0);
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("b", &b"two"[..]);
    larder.backup(&tree.shared());
    let mut body = larder.storage.body(&name).unwrap().to_vec();
    let end = body.len() - 40;
    body[end] ^= 1;
    larder.storage.overwrite(&name, body);
    let viewer = Viewer::start(&larder);
    let client = viewer.client();
    let store = client.ok("/api/v1/store");
    assert_eq!(
        (store["health"]["state"].as_str(), store["health"]["damaged_snapshots"].as_u64()),
        (Some("damaged"), Some(1))
    );
    assert_eq!(client.ok("/api/v1/snapshots")["total"], 1);
    let problem = client.problem(500, &format!("/api/v1/snapshots/{}", name.name()));
    assert_eq!((problem["kind"].as_str(), problem["title"].as_str()), (Some("damaged"), Some("damaged data")));
}
