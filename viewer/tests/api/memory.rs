//! What is given up ends at once, and what is held has a bound. Each test has a process of its own.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use larder_testkit::{
    Larder,
    memory::assert_peak_below,
    storage::MemoryStorage,
    tree::{Body, MemoryTree},
};
use serde_json::json;

use crate::kit::{Viewer, root};

const LIMIT_MIB: u64 = 200;

/// A file of a gigabyte, most of which is a hole, and some real bytes at both ends.
fn huge() -> Larder {
    let larder = Larder::with_default_chunks(MemoryStorage::new(larder_testkit::SimClock::default()));
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("huge", Body::default().with_data(vec![1; 5_000_000]).with_hole(1 << 30).with_data(vec![2; 1000]));
    larder.backup(&tree.shared());
    larder
}

fn wait_until_idle(viewer: &Viewer) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while viewer.app.open_streams() > 0 {
        assert!(Instant::now() < deadline, "{} streams are still open", viewer.app.open_streams());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn downloads_that_are_given_up_end_at_once() {
    let viewer = Viewer::start(&huge());
    let mut client = viewer.client();
    let root = root(&client);
    let order = json!({"snapshot": "latest", "paths": [root], "format": "tar"});
    let url = client.post("/api/v1/downloads", &order).json()["url"].as_str().unwrap().to_owned();
    for path in [format!("/api/v1/snapshots/latest/content?path={root}/huge"), url.clone()] {
        let mut streams: Vec<_> = (0..10).map(|_| client.begin("GET", &path, &[], b"")).collect();
        let mut some = vec![0; 500_000];
        streams.iter_mut().for_each(|stream| stream.read_exact(&mut some).unwrap());
        assert_eq!(viewer.app.open_streams(), 10);
        drop(streams);
        wait_until_idle(&viewer);
    }
    assert_eq!(client.ok(&format!("{url}/status"))["state"], "stopped");
    assert_peak_below(LIMIT_MIB, "ten downloads at a time");
}

#[test]
fn a_slow_client_holds_no_more_than_some_pieces() {
    let viewer = Viewer::start(&huge());
    let client = viewer.client();
    let path = format!("/api/v1/snapshots/latest/content?path={}/huge", root(&client));
    let streams: Vec<_> = (0..20).map(|_| client.begin("GET", &path, &[], b"")).collect();
    std::thread::sleep(Duration::from_millis(500));
    // Others are answered meanwhile.
    client.ok("/api/v1/store");
    drop(streams);
    wait_until_idle(&viewer);
    assert_peak_below(LIMIT_MIB, "twenty clients that do not read");
}

/// A picture of so many pixels, all black, without anybody holding them.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let row = vec![0; 1 + 3 * width as usize];
    (0..height).for_each(|_| packed.write_all(&row).unwrap());
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in [(b"IHDR", head), (b"IDAT", packed.finish().unwrap()), (b"IEND", Vec::new())] {
        png.extend((body.len() as u32).to_be_bytes());
        let start = png.len();
        png.extend_from_slice(kind);
        png.extend(body);
        png.extend(crc32fast::hash(&png[start..]).to_be_bytes());
    }
    png
}

#[test]
fn large_pictures_are_made_small_one_at_a_time() {
    let larder = Larder::with_default_chunks(MemoryStorage::new(larder_testkit::SimClock::default()));
    let mut tree = MemoryTree::new(&larder.clock);
    for number in 0..4 {
        tree.write(format!("{number}.png"), picture(5000, 5000 + number));
    }
    tree.write("bomb.png", picture(20_000, 20_000));
    larder.backup(&tree.shared());
    let viewer = Viewer::start(&larder);
    let client = viewer.client();
    let at = |name: &str| format!("/api/v1/snapshots/latest/thumbnail?size=128&path={}/{name}", root(&client));
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (client, path) = (client.clone(), at(&format!("{number}.png")));
            scope.spawn(move || assert_eq!(client.get(&path).status, 200));
        }
    });
    client.problem(413, &at("bomb.png"));
    assert_peak_below(LIMIT_MIB, "four pictures of 25 million pixels");
}

#[test]
fn the_viewer_ends_although_somebody_is_listening() {
    let mut viewer = Viewer::start(&huge());
    let client = viewer.client();
    let _events = client.begin("GET", "/api/v1/tasks/events", &[], b"");
    let path = format!("/api/v1/snapshots/latest/content?path={}/huge", root(&client));
    let _download = client.begin("GET", &path, &[], b"");
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    viewer.end();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
