//! Archives: what other programs take out of them is what went in, and a broken one is taken for broken.

use std::{fs, path::Path, process::Command};

use larder_connect::ObjectName;
use larder_model::{Kind, Time};
use larder_testkit::{
    Larder, Rng,
    tree::{Body, MemoryTree},
};
use serde_json::json;

use crate::kit::{Client, Viewer, root, stored};

fn fill(tree: &mut MemoryTree) {
    tree.write("docs/a.txt", "text ".repeat(5000).into_bytes());
    tree.write("docs/deep/er/b.bin", Rng::new(1).bytes(150_000));
    tree.write("docs/photo.jpg", Rng::new(2).bytes(20_000));
    tree.write("docs/empty", Vec::new());
    tree.write("docs/holes", Body::default().with_hole(300_000).with_data(b"end".to_vec()));
    tree.write(format!("docs/{}", "long-name-".repeat(20)), &b"long"[..]);
    tree.write("docs/na\u{ef}ve", &b"umlaut"[..]);
    tree.add("docs/folder", Kind::Directory);
    tree.add("docs/pipe", Kind::Fifo);
    tree.add_symlink("docs/link", b"a.txt");
    tree.write("other", &b"not wanted"[..]);
    let inode = tree.lookup(&larder_model::TreePath::new("docs/a.txt")).unwrap();
    tree.edit(inode, |inode| {
        inode.meta.mtime = Some(Time::new(1_700_000_000, 500_000_000));
        inode.meta.mode = Some(0o640);
    });
}

fn ask(client: &mut Client, paths: &[String], format: &str) -> (String, serde_json::Value) {
    let reply = client.post("/api/v1/downloads", &json!({"snapshot": "latest", "paths": paths, "format": format}));
    assert_eq!(reply.status, 201, "{}", reply.text());
    let answer = reply.json();
    (answer["url"].as_str().unwrap().to_owned(), answer)
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> bool {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    output.status.success()
}

fn check(folder: &Path) {
    let read = |name: &str| fs::read(folder.join("docs").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(read("a.txt"), "text ".repeat(5000).into_bytes());
    assert_eq!(read("deep/er/b.bin"), Rng::new(1).bytes(150_000));
    assert_eq!(read("photo.jpg"), Rng::new(2).bytes(20_000));
    assert_eq!(read("empty"), b"");
    assert_eq!(read("holes"), [vec![0; 300_000], b"end".to_vec()].concat());
    assert_eq!(read(&"long-name-".repeat(20)), b"long");
    assert_eq!(read("na\u{ef}ve"), b"umlaut");
    assert_eq!(fs::read_link(folder.join("docs/link")).unwrap().to_str(), Some("a.txt"));
    assert!(folder.join("docs/folder").is_dir());
    assert!(!folder.join("other").exists());
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(folder.join("docs/a.txt")).unwrap();
    assert_eq!((found.mtime(), found.mode() & 0o7777), (1_700_000_000, 0o640));
}

#[test]
fn other_programs_take_out_what_went_in() {
    let viewer = Viewer::start(&stored(fill));
    let mut client = viewer.client();
    let docs = format!("{}/docs", root(&client));
    // Python's zipfile sets neither modes nor links; it is there to check every checksum.
    let unzip = "import sys, zipfile, os, stat, datetime\nz = zipfile.ZipFile('a.zip')\nassert z.testzip() is None\n\
        for i in z.infolist():\n    mode = i.external_attr >> 16\n    if stat.S_ISLNK(mode): os.symlink(z.read(i), i.filename); continue\n    p = z.extract(i)\n\
        \x20   e = i.extra\n    if not i.is_dir() and e[:2] == b'UT': os.chmod(p, mode & 0o7777); t = int.from_bytes(e[5:9], 'little'); os.utime(p, (t, t))\n";
    for format in ["zip", "tar", "tar.zst"] {
        let folder = tempfile::tempdir().unwrap();
        let (url, answer) = ask(&mut client, &[docs.clone(), format!("{docs}/a.txt")], format);
        assert_eq!(answer["name"], format!("docs.{format}"));
        assert_eq!(client.ok(&format!("{url}/status"))["state"], "waiting");
        let reply = client.get(&url);
        assert!(reply.status == 200 && reply.is_whole, "{format}");
        assert!(reply.header("content-disposition").contains(&format!("filename=\"docs.{format}\"")));
        fs::write(folder.path().join(format!("a.{format}")), &reply.body).unwrap();
        let taken_out = match format {
            "zip" => run("python3", &["-c", unzip], folder.path()),
            "tar" => run("tar", &["-xf", "a.tar"], folder.path()),
            _ => {
                let bytes = zstd_safe_decompress(&reply.body);
                fs::write(folder.path().join("a.tar"), bytes).unwrap();
                run("tar", &["-xf", "a.tar"], folder.path())
            }
        };
        assert!(taken_out, "{format}");
        check(folder.path());
        let status = ended(&client, &format!("{url}/status"));
        assert_eq!(status["state"], "done", "{status}");
        assert_eq!(status["left_out"], if format == "zip" { 1 } else { 0 });
    }
}

fn zstd_safe_decompress(bytes: &[u8]) -> Vec<u8> {
    let mut context = zstd_safe::DCtx::create();
    let mut out = Vec::with_capacity(4 << 20);
    context.decompress(&mut out, bytes).unwrap();
    out
}

#[test]
fn a_selection_keeps_its_place_below_what_holds_all_of_it() {
    let viewer = Viewer::start(&stored(fill));
    let mut client = viewer.client();
    let root = root(&client);
    let (url, _) = ask(&mut client, &[format!("{root}/docs/deep"), format!("{root}/other")], "tar");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.tar"), client.get(&url).body).unwrap();
    assert!(run("tar", &["-xf", "a.tar"], folder.path()));
    assert!(folder.path().join("docs/deep/er/b.bin").exists() && folder.path().join("other").exists());
    let (url, answer) = ask(&mut client, &["/".to_owned()], "zip");
    assert!(answer["name"].as_str().unwrap().starts_with("larder-"));
    assert!(client.get(&url).is_whole);
}

/// Turns a bit in the middle of each large pack but these.
fn spoil(larder: &Larder, but: &[ObjectName]) {
    for name in larder.storage.names("packs").into_iter().filter(|name| !but.contains(name)) {
        let mut body = larder.storage.body(&name).unwrap().to_vec();
        if body.len() > 100_000 {
            let middle = body.len() / 2;
            body[middle] ^= 1;
            larder.storage.overwrite(&name, body);
        }
    }
}

#[test]
fn a_damaged_file_breaks_the_archive() {
    let larder = Larder::new();
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("a", Rng::new(5).bytes(900_000));
    tree.write("b", &b"fine"[..]);
    larder.backup(&tree.shared());
    spoil(&larder, &[]);
    let viewer = Viewer::start(&larder);
    let mut client = viewer.client();
    let root = root(&client);
    for format in ["zip", "tar", "tar.zst"] {
        let (url, _) = ask(&mut client, std::slice::from_ref(&root), format);
        let reply = client.get(&url);
        assert!(!reply.is_whole || reply.status == 500, "{format}: the connection has to break off");
        let status = ended(&client, &format!("{url}/status"));
        assert_eq!((status["state"].as_str(), status["problem"]["kind"].as_str()), (Some("broken"), Some("damaged")));
        assert!(status["problem"]["detail"].as_str().unwrap().contains("/a"), "{status}");
        let hint = status["problem"]["hint"].as_str().unwrap();
        assert!(
            hint.contains("the next backup mends") && !hint.contains("larder"),
            "a page is no command line: {hint}"
        );
    }
    assert!(viewer.log.lock().unwrap().iter().any(|line| line.contains("/a") && line.contains("cut off")));
    let whole = client.get(&format!("/api/v1/snapshots/latest/content?path={root}/a"));
    assert!(whole.status == 500 || !whole.is_whole, "never a body that looks whole");
}

/// Asks for a file as it is; where it is fetched, and where its status is.
fn ask_for_file(client: &mut Client, path: &str) -> (String, String) {
    let reply = client.post("/api/v1/downloads", &json!({"snapshot": "latest", "paths": [path]}));
    assert_eq!(reply.status, 201, "{}", reply.text());
    let part = |name: &str| reply.json()[name].as_str().unwrap().to_owned();
    (part("url"), part("status_url"))
}

/// The status of a download of which the last byte has been received: whoever sent it takes note a moment later.
fn ended(client: &Client, status_url: &str) -> serde_json::Value {
    let asked = std::iter::repeat_with(|| client.ok(status_url));
    asked.take(10_000).find(|status| status["state"] != "running").expect("a download that ends")
}

#[test]
fn a_file_as_it_is_tells_how_its_download_goes() {
    let body = Rng::new(3).bytes(700_000);
    let viewer = Viewer::start(&stored(|tree| {
        tree.write("a & b%.bin", body.clone());
        tree.write("empty", Vec::new());
        tree.add("folder", Kind::Directory);
    }));
    let mut client = viewer.client();
    let root = root(&client);
    let (url, status_url) = ask_for_file(&mut client, &format!("{root}/a & b%.bin"));
    assert_eq!(client.ok(&status_url)["state"], "waiting");
    assert_eq!(client.send("HEAD", &url, &[], b"").status, 200);
    assert_eq!(client.ok(&status_url)["state"], "waiting", "nothing was fetched yet");
    let reply = client.get(&url);
    assert!(reply.status == 200 && reply.is_whole && reply.body == body);
    assert!(reply.header("content-disposition").starts_with("attachment; filename=\"a & b_.bin\""), "{reply:?}");
    let status = ended(&client, &status_url);
    assert_eq!((status["state"].as_str(), status["bytes_done"].as_u64()), (Some("done"), Some(700_000)), "{status}");
    // A browser that goes on where it was.
    let rest = client.get_with(&url, &[("range", "bytes=600000-")]);
    assert_eq!((rest.status, rest.body == body[600_000..]), (206, true));
    let (url, status_url) = ask_for_file(&mut client, &format!("{root}/empty"));
    assert!(client.get(&url).is_whole);
    assert_eq!(ended(&client, &status_url)["state"], "done");
    for paths in [json!([format!("{root}/empty"), format!("{root}/a & b%.bin")]), json!([format!("{root}/folder")])] {
        let reply = client.post("/api/v1/downloads", &json!({"snapshot": "latest", "paths": paths, "format": null}));
        assert_eq!(reply.status, 400, "{paths}: {}", reply.text());
    }
    let id = status_url.split('/').rev().nth(1).unwrap();
    client.problem(404, &format!("/api/v1/downloads/{id}"));
    // An id that is forgotten costs the status alone.
    let forgotten = url.replace(id, "forgotten");
    assert!(forgotten != url && client.get(&forgotten).is_whole);
}

#[test]
fn a_file_that_is_damaged_in_its_middle_tells_why_it_broke_off() {
    let (larder, body) = (Larder::new(), Rng::new(6).bytes(9_000_000));
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("film", body[..6_000_000].to_vec());
    larder.backup(&tree.clone().shared());
    let sound = larder.storage.names("packs");
    tree.write("film", body);
    larder.backup(&tree.shared());
    spoil(&larder, &sound);
    let viewer = Viewer::start(&larder);
    let mut client = viewer.client();
    let path = format!("{}/film", root(&client));
    let (url, status_url) = ask_for_file(&mut client, &path);
    let reply = client.get(&url);
    assert_eq!((reply.status, reply.is_whole), (200, false));
    let status = ended(&client, &status_url);
    assert_eq!((status["state"].as_str(), status["problem"]["kind"].as_str()), (Some("broken"), Some("damaged")));
    assert!(status["problem"]["detail"].as_str().unwrap().starts_with(&format!("{path}: ")), "{status}");
    let line = viewer.log.lock().unwrap().last().cloned().unwrap();
    assert!(line.starts_with(&format!("{path}: ")) && line.ends_with("its download was cut off"), "{line}");
    // What is damaged from its beginning is not begun.
    spoil(&larder, &[]);
    let viewer = Viewer::start(&larder);
    let mut client = viewer.client();
    let reply = client.post("/api/v1/downloads", &json!({"snapshot": "latest", "paths": [path]}));
    assert_eq!((reply.status, reply.json()["kind"].as_str()), (500, Some("damaged")), "{}", reply.text());
}

#[test]
fn absurd_selections_are_refused() {
    let viewer = Viewer::start(&stored(fill));
    let mut client = viewer.client();
    let mut post = |paths: serde_json::Value, format: &str| {
        client.post("/api/v1/downloads", &json!({"snapshot": "latest", "paths": paths, "format": format})).status
    };
    assert_eq!(post(json!([]), "zip"), 400);
    assert_eq!(post(json!(["/no/such"]), "zip"), 404);
    assert_eq!(post(json!(["relative"]), "zip"), 400);
    assert_eq!(post(json!(["/"]), "rar"), 422);
    assert_eq!(client.problem(404, "/api/v1/downloads/none")["kind"], "not_found");
}
