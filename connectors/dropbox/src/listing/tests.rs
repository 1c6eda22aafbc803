//! Entries in the order in which Dropbox may tell them, and what the listing makes of them.

use larder_connect::Change;

use super::*;

fn file(rev: &str) -> Item {
    Item { rev: Some(rev.into()), size: Some(1), content_hash: Some(vec![1; 32]), ..Item::default() }
}

fn folder() -> Item {
    Item { is_folder: Some(true), ..Item::default() }
}

fn shown(listing: &Listing) -> Vec<String> {
    let mut paths = Vec::new();
    listing.walk(TOP, &mut |node| paths.push(listing.path(node).to_string()));
    paths.sort();
    paths.remove(0);
    paths
}

fn changes(listing: &Listing, path: &str) -> Option<Vec<(String, Change)>> {
    let mut changes: Vec<_> = listing
        .changes(listing.find(path).unwrap())?
        .into_iter()
        .map(|(name, change)| (String::from_utf8(name.into()).unwrap(), change))
        .collect();
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    Some(changes)
}

#[test]
fn folders_are_written_as_their_own_entries_say() {
    let mut listing = Listing::new(false);
    listing.put("/docs/A.txt", &file("1"));
    listing.put("/Docs", &folder());
    listing.put("/DOCS/inner/É.txt", &file("2"));
    assert_eq!(shown(&listing), ["/Docs", "/Docs/A.txt", "/Docs/inner", "/Docs/inner/É.txt"]);
    let upper = listing.find("/DOCS/INNER/é.TXT").unwrap();
    assert_eq!(listing.item(upper).unwrap().rev.as_deref(), Some("2"));
    assert_eq!(listing.item(listing.find("/docs/inner").unwrap()), None);
}

#[test]
fn later_entries_count() {
    let mut listing = Listing::new(false);
    listing.put("/a", &folder());
    listing.put("/a/b", &file("1"));
    listing.put("/a/b", &file("2"));
    listing.put("/a/c/d", &file("1"));
    listing.remove("/a/c");
    listing.remove("/never/there");
    assert_eq!(shown(&listing), ["/a", "/a/b"]);
    listing.put("/a", &file("3"));
    assert_eq!(shown(&listing), ["/a"], "a file has nothing below it");
    listing.put("/a/x", &file("4"));
    assert_eq!(shown(&listing), ["/a", "/a/x"], "and makes room for a folder");
}

#[test]
fn changes_name_what_was_told_and_the_way_there() {
    let mut listing = Listing::new(true);
    listing.put("/a/b/new", &file("1"));
    listing.remove("/a/Old");
    assert_eq!(changes(&listing, "/"), Some(vec![("a".into(), Change::Below)]));
    assert_eq!(changes(&listing, "/a"), Some(vec![("b".into(), Change::Below), ("old".into(), Change::Gone)]));
    assert_eq!(changes(&listing, "/a/b"), Some(vec![("new".into(), Change::Now)]));
}

#[test]
fn a_folder_keeps_what_the_snapshot_has_unless_it_was_gone_in_between() {
    let mut listing = Listing::new(true);
    listing.put("/kept", &folder());
    listing.remove("/again");
    listing.put("/again", &folder());
    listing.put("/again/x", &file("1"));
    listing.put("/was-file", &file("1"));
    listing.put("/was-file", &folder());
    assert_eq!(changes(&listing, "/kept"), Some(Vec::new()));
    assert_eq!(changes(&listing, "/again"), None);
    assert_eq!(changes(&listing, "/was-file"), None);
    listing.put("/again", &folder());
    assert_eq!(changes(&listing, "/again"), None, "and stays so");
}

#[test]
fn what_was_told_below_a_removed_folder_does_not_come_back() {
    let mut listing = Listing::new(true);
    listing.put("/a/x", &file("1"));
    listing.remove("/a");
    listing.remove("/a/z");
    assert_eq!(changes(&listing, "/"), Some(vec![("a".into(), Change::Gone)]));
    listing.put("/a/y", &file("2"));
    assert_eq!(changes(&listing, "/"), Some(vec![("a".into(), Change::Now)]));
    assert_eq!(changes(&listing, "/a"), None);
    assert_eq!(shown(&listing), ["/a", "/a/y"]);
}

#[test]
fn many_names_are_told_apart() {
    let mut listing = Listing::new(false);
    for number in 0..20_000 {
        listing.put(&format!("/f/{number}"), &file(&number.to_string()));
    }
    for number in (0..20_000).step_by(777) {
        let node = listing.find(&format!("/F/{number}")).unwrap();
        assert_eq!(listing.item(node).unwrap().rev, Some(number.to_string()));
    }
    assert_eq!(listing.find("/f/20000"), None);
}
