//! Rate limits, locks, latency and bandwidth.

use std::time::{Duration, Instant};

use dropbox_simulator::Options;
use serde_json::json;

use crate::kit::{start, start_with};

#[test]
fn whoever_does_not_wait_is_found_out() {
    let mut options = Options::default();
    options.limits.calls_per_second = Some(1.0);
    options.limits.burst = 1.0;
    options.limits.grace = Duration::from_millis(50);
    let (simulator, _account, client) = start_with(options);
    let call = || client.rpc("files/list_folder", json!({"path": ""}));
    assert_eq!(call().status, 200);
    let refused = call();
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert_eq!(refused.json()["error"], json!({"reason": {".tag": "too_many_requests"}, "retry_after": 1}));
    assert_eq!(simulator.violations(), []);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(call().status, 429);
    assert_eq!(simulator.violations().len(), 1);
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(call().status, 200);
    assert_eq!(simulator.violations().len(), 1);
    simulator.configure(|options| options.limits.plain_text = true);
    let plain = call();
    assert_eq!((plain.status, plain.header("content-type")), (429, "text/plain; charset=utf-8"));
}

#[test]
fn one_commit_at_a_time_in_a_namespace() {
    let mut options = Options::default();
    options.limits.write_hold = Duration::from_millis(300);
    let (_simulator, account, client) = start_with(options);
    let session = client.upload("files/upload_session/start", json!({"close": true}), b"x").ok()["session_id"].clone();
    let (single, batch) = std::thread::scope(|scope| {
        let first = scope.spawn(|| client.upload("files/upload", json!({"path": "/first"}), b"1"));
        std::thread::sleep(Duration::from_millis(100));
        let single = client.upload("files/upload", json!({"path": "/second"}), b"1");
        let entry = json!({"cursor": {"session_id": session, "offset": 1}, "commit": {"path": "/third"}});
        let batch = client.rpc("files/upload_session/finish_batch_v2", json!({"entries": [entry]})).ok();
        assert_eq!(first.join().unwrap().status, 200);
        (single, batch)
    });
    assert_eq!(single.status, 429);
    assert_eq!(single.json()["error"]["reason"][".tag"], "too_many_write_operations");
    assert_eq!(batch["entries"][0]["failure"], json!({".tag": "too_many_write_operations"}));
    assert_eq!(account.paths(), ["/first"]);
    // Who waits for the answer never meets a lock.
    for name in ["/4", "/5"] {
        client.upload("files/upload", json!({"path": name}), b"1").ok();
    }
}

#[test]
fn the_line_has_its_speed() {
    let (simulator, account, client) = start();
    account.write_generated("/a", 250_000, 1);
    simulator.configure(|options| {
        options.limits.megabits_per_second = Some(10.0);
        options.limits.latency = Duration::from_millis(50);
    });
    let start = Instant::now();
    client.download("files/download", json!({"path": "/a"}), &[]);
    let taken = start.elapsed();
    assert!(taken >= Duration::from_millis(240), "{taken:?} for 2 Mbit at 10 Mbit/s");
    let start = Instant::now();
    client.upload("files/upload", json!({"path": "/b"}), &vec![0; 250_000]);
    assert!(start.elapsed() >= Duration::from_millis(240));
}
