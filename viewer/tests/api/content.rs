//! Bytes of files: ranges, types, pictures, and what must never run.

use std::io::Cursor;

use larder_testkit::{Rng, tree::Body};

use crate::kit::{Client, Viewer, root, stored};

fn content(client: &Client, name: &str) -> String {
    format!("/api/v1/snapshots/latest/content?path={}/{name}", root(client))
}

#[test]
fn ranges_are_exact() {
    let body = Rng::new(3).bytes(700_000);
    let viewer = Viewer::start(&stored(|tree| {
        tree.write("large", body.clone());
        tree.write("empty", Vec::new());
        tree.write("holes", Body::default().with_data(b"a".to_vec()).with_hole(5_000_000_000).with_data(b"z".to_vec()));
    }));
    let client = viewer.client();
    let path = content(&client, "large");
    let whole = client.get(&path);
    assert_eq!((whole.status, whole.is_whole, whole.body == body), (200, true, true));
    assert_eq!((whole.header("accept-ranges"), whole.header("content-length")), ("bytes", "700000"));
    for (range, from, to) in
        [("0-9", 0, 10), ("-5", 699_995, 700_000), ("500000-", 500_000, 700_000), ("650000-800000", 650_000, 700_000)]
    {
        let part = client.get_with(&path, &[("range", &format!("bytes={range}"))]);
        assert_eq!((part.status, part.body == body[from..to]), (206, true), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/700000", to - 1));
    }
    for range in ["bytes=700000-", "bytes=9-1", "bytes=x", "bytes=-0"] {
        let reply = client.get_with(&path, &[("range", range)]);
        assert_eq!(
            (reply.status, reply.header("content-range"), reply.json()["kind"].as_str()),
            (416, "bytes */700000", Some("range")),
            "{range}"
        );
    }
    // What kind of file it is does not depend on what is asked for.
    for range in ["bytes=0-0", "Bytes=600-700"] {
        let part = client.get_with(&path, &[("range", range)]);
        assert_eq!((part.status, part.header("content-type")), (206, "application/octet-stream"), "{range}");
    }
    let etag = whole.header("etag").to_owned();
    assert_eq!(client.get_with(&path, &[("if-none-match", &etag)]).status, 304);
    assert_eq!(client.get_with(&path, &[("range", "bytes=0-1"), ("if-range", &etag)]).status, 206);
    assert_eq!(client.get_with(&path, &[("range", "bytes=0-1"), ("if-range", "\"other\"")]).status, 200);
    let head = client.send("HEAD", &path, &[], b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "700000", 0));
    let head = client.send("HEAD", &path, &[("range", "bytes=0-9")], b"");
    assert_eq!((head.status, head.header("content-length")), (200, "700000"), "ranges are for GET alone");
    let empty = client.get(&content(&client, "empty"));
    assert_eq!((empty.status, empty.body.len(), empty.header("content-length")), (200, 0, "0"));
    // In the middle and at the end of a file that nobody could read through in a test.
    let holes = content(&client, "holes");
    assert_eq!(client.get_with(&holes, &[("range", "bytes=5000000000-")]).body, b"\0z");
    assert_eq!(client.get_with(&holes, &[("range", "bytes=2500000000-2500000003")]).body, [0; 4]);
}

#[test]
fn what_could_run_is_sent_as_a_download() {
    let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let viewer = Viewer::start(&stored(|tree| {
        for name in ["a.svg", "a.html", "a.xhtml", "a.xml", "a.js", "a.md", "noname", "a.txt", "a.pdf", "a.png"] {
            tree.write(name, script.to_vec());
        }
    }));
    let client = viewer.client();
    for name in ["a.svg", "a.html", "a.xhtml", "a.xml", "a.js", "a.md", "noname", "a.txt", "a.pdf", "a.png"] {
        let reply = client.get(&content(&client, name));
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        let (kind, policy) = (reply.header("content-type"), reply.header("content-security-policy"));
        let is_inline = reply.header("content-disposition").starts_with("inline");
        assert!(policy.contains("default-src 'none'"), "{name}: {policy}");
        assert!(policy.contains("sandbox") || kind == "application/pdf", "{name}: {policy}");
        assert_eq!(is_inline, ["noname", "a.txt", "a.pdf", "a.png"].contains(&name), "{name}");
        if is_inline {
            assert!(!kind.contains("html") && !kind.contains("svg") && !kind.contains("xml"), "{name}: {kind}");
        }
        let saved = client.get(&format!("{}&download=1", content(&client, name)));
        assert!(saved.header("content-disposition").starts_with("attachment"), "{name}");
    }
    client.problem(400, &content(&client, ""));
    client.problem(404, &content(&client, "none"));
}

#[test]
fn text_is_text_and_pictures_are_small() {
    let picture = image::DynamicImage::new_rgb8(800, 400);
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png = png.into_inner();
    let viewer = Viewer::start(&stored(|tree| {
        tree.write("a.png", png.clone());
        tree.write("broken.png", png[..png.len() / 2].to_vec());
        tree.write("a.txt", "naïve\nlines\n".as_bytes().to_vec());
        tree.write("long.txt", vec![b'x'; 3 << 20]);
        tree.write("a.bin", b"a\0b".to_vec());
    }));
    let client = viewer.client();
    let at = |kind: &str, name: &str| format!("/api/v1/snapshots/latest/{kind}?path={}/{name}", root(&client));
    let text = client.ok(&at("text", "a.txt"));
    assert_eq!(
        (text["text"].as_str(), text["lines"].as_u64(), text["encoding"].as_str()),
        (Some("naïve\nlines\n"), Some(2), Some("utf-8"))
    );
    assert_eq!(client.ok(&at("text", "a.bin"))["binary"], true);
    let long = client.ok(&at("text", "long.txt"));
    assert_eq!((long["truncated"].as_bool(), long["text"].as_str().map(str::len)), (Some(true), Some(1 << 20)));
    assert_eq!(client.ok(&format!("{}&limit=10", at("text", "long.txt")))["text"], "xxxxxxxxxx");
    client.problem(400, &format!("{}&limit=5000000", at("text", "a.txt")));
    client.problem(400, &at("text", ""));
    let small = client.get(&format!("{}&size=64", at("thumbnail", "a.png")));
    assert_eq!((small.status, small.header("content-type")), (200, "image/jpeg"));
    let back = image::load_from_memory(&small.body).unwrap();
    assert_eq!((back.width(), back.height()), (64, 32));
    let etag = small.header("etag");
    assert_eq!(client.get_with(&at("thumbnail", "a.png"), &[("if-none-match", etag)]).status, 304);
    client.problem(415, &at("thumbnail", "broken.png"));
    client.problem(415, &at("thumbnail", "a.txt"));
    client.problem(400, &format!("{}&size=1000", at("thumbnail", "a.png")));
}
