//! Large folders and large files, counted: what is read for one answer does not grow with what is there.

use std::sync::Arc;

use larder_connect::CountedStorage;
use larder_testkit::{Larder, Rng, bulk::BulkSource, storage::MemoryStorage, tree::MemoryTree};
use serde_json::Value;

use crate::kit::{Client, Viewer, root, stored};

const FILES: u32 = 60_000;

fn paths(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item["path"].as_str().unwrap().to_owned()).collect()
}

fn mtimes(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item["mtime"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_large_folder_is_opened_by_little_reading_and_shown_in_any_order() {
    let larder = Larder::with_default_chunks(MemoryStorage::new(larder_testkit::SimClock::default()));
    larder.backup_of(&BulkSource { files: FILES, changed: Some(12_345) }).unwrap();
    let storage = Arc::new(CountedStorage::new(larder.storage.clone()));
    let viewer = Viewer::on(&larder, storage.clone());
    let client = viewer.client();
    let folder = "/api/v1/snapshots/latest/entries?path=/bulk&limit=200";
    let costs = |path: &str| {
        let before = storage.counts();
        let list = client.ok(path);
        let after = storage.counts();
        (list, after.gets - before.gets, after.bytes_got - before.bytes_got)
    };
    let (first, gets, bytes) = costs(folder);
    assert_eq!((first["total"].as_u64(), paths(&first).len()), (Some(u64::from(FILES)), 200));
    println!("opened with {gets} reads of {bytes} bytes");
    assert!(gets <= 12 && bytes <= 2 << 20, "{gets} reads of {bytes} bytes");
    let (middle, gets, bytes) = costs(&format!("{folder}&at=30000"));
    assert!(gets <= 8 && bytes <= 2 << 20, "{gets} reads of {bytes} bytes");
    // From the other end, without looking at what is between.
    let (down, gets, _) = costs(&format!("{folder}&order=desc&at={}", FILES - 30_200));
    assert!(gets <= 8, "{gets} reads");
    let mut up = paths(&middle);
    up.reverse();
    assert_eq!(paths(&down), up);
    // Another order takes one look at everything, and none after that.
    let (newest, ..) = costs(&format!("{folder}&sort=mtime&order=desc"));
    let (times, all) = (mtimes(&newest), newest["next"].as_str().unwrap().to_owned());
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let (next, gets, _) = costs(&format!("{folder}&sort=mtime&order=desc&cursor={all}"));
    assert!(gets <= 8, "{gets} reads");
    assert!(mtimes(&next)[0] <= times[199]);
    let (largest, ..) = costs(&format!("{folder}&sort=size&order=desc&at={}", FILES - 1));
    assert_eq!((paths(&largest).len(), &largest["next"]), (1, &Value::Null));
    for (from, sort) in [(0, "size"), (59_900, "mtime"), (100_000, "kind")] {
        let (list, ..) = costs(&format!("{folder}&sort={sort}&at={from}"));
        assert_eq!(paths(&list).len(), 200.min(60_000_usize.saturating_sub(from)), "{sort} from {from}");
    }
    client.problem(400, &format!("{folder}&sort=size&at=1&cursor=31"));
    client.problem(400, &format!("{folder}&order=desc&cursor=zz"));
}

/// What each order is, told by sorting what is listed by name.
#[test]
fn orders_are_what_they_say() {
    let viewer = Viewer::start(&stored(|tree| {
        let mut random = Rng::new(5);
        for number in 0..1500 {
            let ending = random.pick(&["txt", "jpg", "", "rs"]).to_owned();
            tree.write(format!("f{number}.{ending}"), vec![0; random.below(40)]);
        }
        tree.write("folder/one", vec![1; 17]);
        tree.add_symlink("link", b"f1");
    }));
    let client = viewer.client();
    let base = format!("/api/v1/snapshots/latest/entries?path={}", root(&client));
    let whole = all(&client, &format!("{base}&limit=1000"));
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let number = |item: &Value| match item["kind"].as_str() {
        Some("folder") => item["bytes"].as_u64().unwrap(),
        _ => item["size"].as_u64().unwrap(),
    };
    let mut sizes = whole.clone();
    sizes.sort_by_key(number);
    assert!(all(&client, &format!("{base}&sort=size&limit=1000")) == sizes);
    sizes.reverse();
    assert!(all(&client, &format!("{base}&sort=size&order=desc&limit=333")) == sizes);
    let mut times = whole.clone();
    times.sort_by_key(|item| text(item, "mtime").trim_end_matches('Z').to_owned());
    assert!(all(&client, &format!("{base}&sort=mtime&limit=1000")) == times);
    let mut names = whole.clone();
    names.reverse();
    assert!(all(&client, &format!("{base}&order=desc&limit=100")) == names);
    let kinds = all(&client, &format!("{base}&sort=kind&limit=700"));
    let groups: Vec<_> = kinds.iter().map(|item| (text(item, "kind"), text(item, "media_type"))).collect();
    let mut distinct = groups.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 6, "each kind and type stands together: {distinct:?}");
}

fn all(client: &Client, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let list = client.ok(&format!("{path}{cursor}"));
        items.extend(list["items"].as_array().unwrap().iter().cloned());
        match list["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[test]
fn the_middle_of_a_large_file_is_read_alone() {
    const LEN: usize = 48 << 20;
    let larder = Larder::with_default_chunks(MemoryStorage::new(larder_testkit::SimClock::default()));
    let mut tree = MemoryTree::new(&larder.clock);
    let body = Rng::new(9).bytes(LEN);
    tree.write("film", body.clone());
    larder.backup(&tree.shared());
    let storage = Arc::new(CountedStorage::new(larder.storage.clone()));
    let viewer = Viewer::on(&larder, storage.clone());
    let client = viewer.client();
    let path = format!("/api/v1/snapshots/latest/content?path={}/film", root(&client));
    let before = storage.counts();
    let part = client.get_with(&path, &[("range", "bytes=25000000-25999999")]);
    let read = storage.counts().bytes_got - before.bytes_got;
    assert_eq!((part.status, part.body == body[25_000_000..26_000_000]), (206, true));
    println!("{read} bytes were read for a million");
    // Chunks have up to 1.5 MiB, and three of them may lie in what was asked for.
    assert!(read < 5 << 20, "{read} bytes were read for a million");
    let before = storage.counts();
    let head = client.send("HEAD", &path, &[("range", "bytes=1000-")], b"");
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, format!("{LEN}").as_str()),
        "a range is for GET alone"
    );
    assert!(storage.counts().bytes_got - before.bytes_got < 5 << 20, "a HEAD reads no more than its first piece");
}
