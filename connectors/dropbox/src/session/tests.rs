//! What a session makes of entries that no simulator gives.

use dropbox_client::Metadata;
use larder_model::Class;

use super::*;
use crate::options::SourceOptions;

fn entry(json: &str) -> Metadata {
    serde_json::from_str(json).unwrap()
}

/// Dropbox takes no such names; whoever stands in its place may.
#[test]
fn names_that_no_snapshot_can_hold_are_missing_in_every_run() {
    let rules = Rules::new(&SourceOptions::default()).unwrap();
    let mut session = Session::full(&rules, None);
    let file = |path: &str, name: &str| {
        entry(&format!(
            r#"{{".tag":"file","name":"{name}","path_lower":"{path}","path_display":"{path}","id":"id:1","rev":"0123456789",
            "client_modified":"2024-01-31T12:00:00Z","server_modified":"2024-01-31T12:00:00Z","size":1}}"#
        ))
    };
    assert!(session.take(&rules, &file("/a/..", ".."), None));
    assert!(session.take(&rules, &file("/a/b", "b"), None));
    // The folder itself, as some answer it.
    assert!(!session.take(&rules, &entry(r#"{".tag":"folder","name":"","path_lower":"","id":"id:2"}"#), None));
    assert_eq!(session.listing.find("/a/..").map(|node| session.listing.entry(node)), None);
    assert!(session.listing.find("/a/b").is_some());
    let mut next = Session::delta(&rules, session.checkpoint("rules"));
    for session in [&session, &next] {
        let rows: Vec<_> = session.rows_of_out_of_reach().collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!((rows[0].class, rows[0].tag.as_deref()), (Class::Missing, Some("malformed_path")));
        assert!(rows[0].message.contains("\"/a/..\"") && rows[0].message.contains("id:1"), "{}", rows[0].message);
    }
    next.take(&rules, &entry(r#"{".tag":"deleted","name":"..","path_lower":"/a/.."}"#), None);
    assert_eq!(next.rows_of_out_of_reach().count(), 0);
}
