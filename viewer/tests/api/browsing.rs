//! Snapshots, folders, items, comparisons and searches, as they are answered.

use larder_engine::Limits;
use larder_model::Kind;
use larder_testkit::{Larder, tree::MemoryTree};
use serde_json::{Value, json};

use crate::kit::{Client, Settings, Viewer, encoded, root, stored};

fn names(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

/// All items of a list, by going on from cursor to cursor.
fn all(client: &Client, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let joint = if path.contains('?') { '&' } else { '?' };
        let more = cursor.map(|cursor| format!("{joint}cursor={cursor}")).unwrap_or_default();
        let list = client.ok(&format!("{path}{more}"));
        items.extend(list["items"].as_array().unwrap().iter().cloned());
        match list["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
}

/// Three snapshots of one tree, and one of another origin.
fn history() -> Larder {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("docs/a.txt", &b"one"[..]);
    tree.lock().write("docs/b.txt", &b"bee"[..]);
    tree.lock().write("large", vec![7; 100_000]);
    larder.backup(&tree);
    tree.lock().write("docs/a.txt", &b"two"[..]);
    tree.lock().write("docs/new/c.txt", &b"see"[..]);
    larder.backup(&tree);
    larder.backup_of(&larder_testkit::bulk::BulkSource { files: 2500, changed: None }).unwrap();
    tree.lock().remove("docs/b.txt");
    larder.backup(&tree);
    larder
}

#[test]
fn snapshots_are_listed_filtered_and_sorted() {
    let larder = history();
    let viewer = Viewer::start(&larder);
    let client = viewer.client();
    let list = client.ok("/api/v1/snapshots");
    assert_eq!(list["total"], 4);
    let starts: Vec<_> = list["items"].as_array().unwrap().iter().map(|it| it["start"].to_string()).collect();
    assert!(starts.windows(2).all(|pair| pair[0] > pair[1]), "the newest first: {starts:?}");
    assert_eq!(all(&client, "/api/v1/snapshots?limit=1").len(), 4);
    let up: Vec<Value> = all(&client, "/api/v1/snapshots?sort=time&limit=3");
    assert_eq!(
        up.iter().rev().map(|it| &it["id"]).collect::<Vec<_>>(),
        list["items"].as_array().unwrap().iter().map(|it| &it["id"]).collect::<Vec<_>>()
    );
    let bulk = client.ok("/api/v1/snapshots?sort=-files")["items"][0].clone();
    assert_eq!((&bulk["files"], &bulk["connector"]), (&json!(2500), &json!("bulk")));
    let of_bulk = client.ok(&format!("/api/v1/snapshots?origin={}", encoded(bulk["origin"].as_str().unwrap())));
    assert_eq!(of_bulk["total"], 1);
    assert_eq!(client.ok("/api/v1/snapshots?completeness=partial")["total"], 0);
    assert_eq!(client.ok("/api/v1/snapshots?host=testkit")["total"], 4);
    assert_eq!(client.ok("/api/v1/snapshots?until=1970-01-01")["total"], 0);
    assert_eq!(client.ok("/api/v1/snapshots?tag=none")["items"], json!([]));
    let id = bulk["id"].as_str().unwrap();
    let one = client.ok(&format!("/api/v1/snapshots/{}", &id[..10]));
    assert_eq!((&one["id"], &one["statistics"]["files_new"]), (&bulk["id"], &json!(2500)));
    for bad in ["limit=0", "limit=1001", "limit=x", "cursor=zz", "sort=size", "since=yesterday", "completeness=whole"] {
        assert_eq!(client.problem(400, &format!("/api/v1/snapshots?{bad}"))["kind"], "usage", "{bad}");
    }
    for bad in ["abc", "zzzz", "0000000000", "latest2", "%2e%2e"] {
        assert_eq!(client.problem(404, &format!("/api/v1/snapshots/{bad}"))["kind"], "not_found", "{bad}");
    }
}

#[test]
fn a_folder_is_shown_in_parts() {
    let larder = history();
    let viewer = Viewer::start(&larder);
    let client = viewer.client();
    let bulk = client.ok("/api/v1/snapshots?sort=-files")["items"][0].clone();
    let base = format!("/api/v1/snapshots/{}/entries?path=/bulk", bulk["id"].as_str().unwrap());
    let whole = all(&client, &format!("{base}&limit=1000"));
    assert_eq!(whole.len(), 2500);
    assert_eq!(all(&client, &format!("{base}&limit=333")), whole);
    let first = client.ok(&base);
    assert_eq!(
        (&first["total"], &first["entry"]["files"], first["items"].as_array().unwrap().len()),
        (&json!(2500), &json!(2500), 100)
    );
    let jumped = client.ok(&format!("{base}&at=1234&limit=3"));
    assert_eq!(jumped["items"].as_array().unwrap()[..], whole[1234..1237]);
    assert_eq!(client.ok(&format!("{base}&at=2500"))["items"], json!([]));
    let down = client.ok(&format!("{base}&order=desc&limit=2"));
    assert_eq!(down["items"][0], whole[2499]);
    let large = client.ok(&format!("{base}&sort=size&order=desc&limit=1"));
    assert!(large["items"][0]["size"].as_u64() >= whole.iter().map(|it| it["size"].as_u64()).max().unwrap());
    assert_eq!(all(&client, &format!("{base}&sort=mtime&limit=700")).len(), 2500);
    assert_eq!(client.ok(&format!("{base}&folders_only=1"))["items"], json!([]));
    for bad in ["at=1&cursor=61", "sort=colour", "order=up", "folders_only=yes", "at=-1"] {
        assert_eq!(client.problem(400, &format!("{base}&{bad}"))["kind"], "usage", "{bad}");
    }
    client.problem(404, "/api/v1/snapshots/latest/entries?path=/no/such");
    client.problem(400, "/api/v1/snapshots/latest/entries?path=relative");
    client.problem(400, &format!("{}&path=%5Cq", base.replace("?path=/bulk", "?")));
}

#[test]
fn folders_come_with_what_they_hold() {
    let viewer = Viewer::start(&history());
    let client = viewer.client();
    let root = root(&client);
    let list = client.ok(&format!("/api/v1/snapshots/latest/entries?path={root}"));
    assert_eq!(names(&list), ["docs", "large"]);
    let docs = &list["items"][0];
    assert_eq!(
        (&docs["kind"], &docs["files"], &docs["folders"], &docs["bytes"]),
        (&json!("folder"), &json!(2), &json!(1), &json!(6))
    );
    let only = client.ok(&format!("/api/v1/snapshots/latest/entries?path={root}&folders_only=1"));
    assert_eq!(names(&only), ["docs"]);
    client.problem(400, &format!("/api/v1/snapshots/latest/entries?path={root}/large"));
    let top = client.ok("/api/v1/snapshots/latest/entry?path=/");
    assert_eq!((&top["entry"]["kind"], &top["entry"]["files"]), (&json!("folder"), &json!(3)));
    let usage = client.ok(&format!("/api/v1/snapshots/latest/usage?path={root}"));
    assert_eq!((&usage["items"][0]["name"], &usage["items"][0]["bytes"]), (&json!("large"), &json!(100_000)));
    let oldest = client.ok("/api/v1/snapshots?sort=time")["items"][0]["id"].as_str().unwrap().to_owned();
    let grown = client.ok(&format!("/api/v1/snapshots/latest/usage?path={root}/docs&compare={oldest}"));
    assert_eq!((&grown["bytes"], &grown["before"]["bytes"]), (&json!(6), &json!(6)));
    let gone: Vec<_> = grown["items"].as_array().unwrap().iter().filter(|it| it["bytes"] == 0).collect();
    assert_eq!((gone.len(), &gone[0]["name"], &gone[0]["before_bytes"]), (1, &json!("b.txt"), &json!(3)));
}

#[test]
fn odd_names_are_shown_and_found_under_what_is_shown() {
    let odd: [&[u8]; 6] = [
        b"not\xffutf8",
        b"<img src=x onerror=alert(1)>",
        b"line\nbreak",
        b"back\\slash",
        "na\u{ef}ve \u{202e}txt".as_bytes(),
        b"100% &?#=+ x",
    ];
    let viewer = Viewer::start(&stored(|tree| {
        for (number, name) in odd.iter().enumerate() {
            tree.write(name, format!("body {number}").into_bytes());
        }
        tree.add_symlink("link", b"../\xff");
        tree.add("pipe", Kind::Fifo);
    }));
    let client = viewer.client();
    let list = client.ok(&format!("/api/v1/snapshots/latest/entries?path={}", root(&client)));
    for item in list["items"].as_array().unwrap() {
        let path = item["path"].as_str().unwrap();
        assert!(!path.chars().any(char::is_control), "{path}");
        let details = client.ok(&format!("/api/v1/snapshots/latest/entry?path={}", encoded(path)));
        assert_eq!(details["entry"]["name"], item["name"]);
        if item["kind"] == "file" {
            let content = client.get(&format!("/api/v1/snapshots/latest/content?path={}", encoded(path)));
            assert_eq!(content.status, 200, "{path}");
            assert!(content.text().starts_with("body "), "{path}");
            assert!(!content.header("content-disposition").contains(['\n', '<', '\\']), "{content:?}");
        }
    }
    assert_eq!(list["items"].as_array().unwrap().iter().filter(|it| it["kind"] == "file").count(), odd.len());
    let link = list["items"].as_array().unwrap().iter().find(|it| it["kind"] == "symlink").unwrap();
    assert_eq!(link["target"], "../\\xff");
    let found = client.ok(&format!("/api/v1/search?q={}", encoded("<img")));
    assert_eq!(found["items"][0]["name"], "<img src=x onerror=alert(1)>");
}

#[test]
fn histories_and_differences_are_told() {
    let viewer = Viewer::start(&history());
    let client = viewer.client();
    let root = root(&client);
    let ids: Vec<String> =
        all(&client, "/api/v1/snapshots?sort=time").iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    let states = |path: &str| -> Vec<String> {
        let rows = all(&client, &format!("/api/v1/history?path={root}/{path}&limit=3"));
        rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states("docs/a.txt"), ["same", "absent", "changed", "added"]);
    assert_eq!(states("docs/b.txt"), ["removed", "absent", "same", "added"]);
    assert_eq!(states("docs/new"), ["same", "absent", "added", "absent"]);
    let diff = format!("/api/v1/diff?from={}&to=latest", ids[0]);
    let whole = all(&client, &diff);
    assert_eq!(all(&client, &format!("{diff}&limit=1")), whole);
    let kinds: Vec<(String, String)> = whole
        .iter()
        .map(|it| (it["change"].as_str().unwrap().to_owned(), it["path"].as_str().unwrap()[root.len()..].to_owned()))
        .filter(|(kind, _)| kind != "metadata")
        .collect();
    let expected =
        [("modified", "/docs/a.txt"), ("removed", "/docs/b.txt"), ("added", "/docs/new"), ("added", "/docs/new/c.txt")];
    assert_eq!(kinds, expected.map(|(kind, path)| (kind.to_owned(), path.to_owned())));
    let added = all(&client, &format!("{diff}&kinds=added,removed&limit=1"));
    assert_eq!(added.len(), 3);
    let first = client.ok(&diff);
    assert_eq!((&first["stat"]["added"], &first["stat"]["removed"]), (&json!(2), &json!(1)));
    assert_eq!(client.ok(&format!("/api/v1/diff?from=latest&to={}", ids[3]))["items"], json!([]));
    let below = all(&client, &format!("{diff}&path={root}/docs/new"));
    assert!(
        below.is_empty()
            || below.iter().all(|it| it["path"].as_str().unwrap().starts_with(&format!("{root}/docs/new")))
    );
    client.problem(400, &format!("{diff}&kinds=all"));
    client.problem(400, "/api/v1/diff?from=latest");
}

#[test]
fn searches_are_answered_by_a_walk() {
    searches(&Viewer::start(&history()));
}

#[test]
fn searches_are_answered_by_the_index() {
    let cache = tempfile::tempdir().unwrap();
    let settings = Settings { cache: Some(cache.path().to_owned()), ..Settings::default() };
    let viewer = Viewer::with(history().open(), settings);
    searches(&viewer);
    assert!(cache.path().join("search").is_dir(), "the index is kept");
    let client = viewer.client();
    let kept = client.ok("/api/v1/search?q=file-*&limit=2");
    assert!(kept["next"].as_str().unwrap().starts_with('i'), "{kept}");
    assert_eq!(kept["searched"]["building"], false);
}

#[test]
fn a_cache_that_cannot_be_used_costs_a_word_and_no_hit() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("file");
    std::fs::write(&cache, b"in the way").unwrap();
    let viewer = Viewer::with(history().open(), Settings { cache: Some(cache), ..Settings::default() });
    searches(&viewer);
    assert_eq!(viewer.log.lock().unwrap().len(), 1, "{:?}", viewer.log);
}

/// A page of hits ends after 4,000 blocks, and goes on there; with nothing to show, it goes on by itself.
#[test]
fn a_long_search_ends_its_pages_and_loses_nothing() {
    const FILES: usize = 9_000;
    let larder = stored(|tree| {
        for number in 0..FILES {
            // Of one power of two, so that no block can be passed over.
            let is_large = number == 10 || number == FILES - 1;
            tree.write(format!("file-{number:05}"), vec![0; if is_large { 1020 } else { 1000 }]);
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let limits = Limits { block_paths: 2, ..Limits::default() };
    let settings = Settings { cache: Some(cache.path().to_owned()), limits, ..Settings::default() };
    let viewer = Viewer::with(larder.open(), settings);
    let client = viewer.client();
    let large = "/api/v1/search?q=file-*&min_size=1010";
    let first = client.ok(large);
    assert_eq!((names(&first), &first["total"]), (vec!["file-00010".to_owned()], &Value::Null));
    let next = first["next"].as_str().expect("there is more to be looked through");
    let second = client.ok(&format!("{large}&cursor={next}"));
    assert_eq!((names(&second), &second["next"]), (vec!["file-08999".to_owned()], &Value::Null));
    let mtime = encoded(second["items"][0]["entry"]["mtime"].as_str().unwrap());
    let last = client.ok(&format!("/api/v1/search?q=file-*&since={mtime}"));
    assert_eq!(names(&last), ["file-08999"], "no empty page while there is more");
    let none = client.ok("/api/v1/search?q=file-*&min_size=1021&max_size=1022");
    assert_eq!((&none["items"], &none["next"]), (&json!([]), &Value::Null));
}

fn searches(viewer: &Viewer) {
    let client = viewer.client();
    let found = client.ok("/api/v1/search?q=a.txt");
    assert_eq!(found["total"].as_u64().unwrap_or(2), 2, "two versions: {found}");
    assert_eq!(found["searched"]["snapshots"], 4);
    assert_eq!(client.ok("/api/v1/search?q=a.txt&snapshot=latest")["items"].as_array().unwrap().len(), 1);
    assert_eq!(all(&client, "/api/v1/search?q=A.TXT&ignore_case=1&limit=1").len(), 2);
    assert_eq!(client.ok("/api/v1/search?q=A.TXT")["items"], json!([]));
    assert_eq!(all(&client, "/api/v1/search?q=file-*&limit=400").len(), 2500);
    assert_eq!(all(&client, "/api/v1/search?q=docs/*.txt").len(), 3);
    assert_eq!(
        all(&client, "/api/v1/search?q=*&kind=folder&snapshot=latest").iter().filter(|it| it["name"] == "new").count(),
        1
    );
    assert_eq!(all(&client, "/api/v1/search?q=*&min_size=50000").len(), 1);
    assert_eq!(client.ok("/api/v1/search?q=*&until=1970-01-01&kind=file")["items"], json!([]));
    let hit = client.ok("/api/v1/search?q=large")["items"][0].clone();
    assert_eq!((&hit["snapshots"], &hit["entry"]["size"]), (&json!(3), &json!(100_000)));
    for bad in ["", "?q=", "?q=[", "?q=a&kind=thing", "?q=a&min_size=-1", "?q=a&cursor=zz"] {
        assert_eq!(client.problem(400, &format!("/api/v1/search{bad}"))["kind"], "usage", "{bad}");
    }
    client.problem(404, "/api/v1/search?q=a&snapshot=ffffffff");
}

#[test]
fn the_store_is_summed_up() {
    let viewer = Viewer::start(&history());
    let client = viewer.client();
    let store = client.ok("/api/v1/store");
    assert_eq!(
        (&store["totals"]["snapshots"], &store["allow_restore"], &store["name"]),
        (&json!(4), &json!(false), &json!("test"))
    );
    assert_eq!(store["origins"].as_array().unwrap().len(), 2);
    assert_eq!(store["health"]["state"], "unknown");
    assert!(client.ok("/api/v1/openapi.json")["paths"]["/api/v1/store"].is_object());
    assert_eq!(client.ok("/api/v1/tasks")["items"], json!([]));
    client.problem(404, "/api/v1/tasks/7");
    let ledger = client.ok("/api/v1/snapshots/latest/ledger");
    assert_eq!((&ledger["items"], &ledger["total"]), (&json!([]), &json!(0)));
}

#[test]
fn new_snapshots_are_seen() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    let viewer = Viewer::start(&larder);
    let client = viewer.client();
    assert_eq!(client.ok("/api/v1/snapshots")["total"], 0);
    client.problem(404, "/api/v1/snapshots/latest");
    tree.lock().write("a", &b"one"[..]);
    larder.backup(&tree);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while client.ok("/api/v1/snapshots")["total"] != 1 {
        assert!(std::time::Instant::now() < deadline, "the new snapshot does not show up");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let path = format!("{}/a", root(&client));
    assert_eq!(client.get(&format!("/api/v1/snapshots/latest/content?path={path}")).body, b"one");
}
