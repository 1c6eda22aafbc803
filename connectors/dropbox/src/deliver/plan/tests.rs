//! Which folders come as zips, and what comes singly.

use super::*;
use crate::{item::Item, options::SourceOptions, rules::Rules};

fn session(is_delta: bool) -> Session {
    let mut session = Session::full(&Rules::new(&SourceOptions::default()).unwrap(), None);
    session.listing = Listing::new(is_delta);
    session
}

fn add_folder(session: &mut Session, path: &str) {
    session.listing.put(path, &Item { id: Some(format!("id:{path}")), is_folder: Some(true), ..Item::default() });
}

fn add(session: &mut Session, path: &str, size: u64, is_wanted: bool) {
    let item = Item {
        size: Some(size),
        content_hash: Some(dropbox_client::ContentHash::of(path.as_bytes()).into_bytes()),
        ..Item::default()
    };
    let node = session.listing.put(path, &item);
    if is_wanted {
        session.listing.set(node, State::WANTED);
    }
}

fn planned(session: &Session) -> Vec<String> {
    let sums = sums(session);
    let mut jobs: Vec<_> = plan(session, &sums, TOP, true, false)
        .jobs
        .into_iter()
        .map(|job| match job {
            Job::Zip(node) => format!("zip {}", session.listing.path_text(node)),
            Job::File(node) => format!("file {}", session.listing.path_text(node)),
        })
        .collect();
    jobs.sort();
    jobs
}

#[test]
fn the_largest_folders_that_fit_are_zips_and_what_lies_beside_them_comes_singly() {
    let mut session = session(false);
    add(&mut session, "/beside", 10, true);
    add_folder(&mut session, "/large");
    add(&mut session, "/large/beside", 10, true);
    for part in ["a", "b"] {
        add_folder(&mut session, &format!("/large/{part}"));
        (0..6_000).for_each(|number| add(&mut session, &format!("/large/{part}/{number}"), 10, true));
    }
    add_folder(&mut session, "/small");
    add_folder(&mut session, "/small/deep");
    (0..50).for_each(|number| add(&mut session, &format!("/small/deep/{number}"), 10, true));
    add(&mut session, "/small/one", 10, true);
    assert_eq!(planned(&session), ["file /beside", "file /large/beside", "zip /large/a", "zip /large/b", "zip /small"]);
}

#[test]
fn ten_thousand_entries_are_one_too_many() {
    for (files, is_zip) in [(9_998, true), (9_999, false)] {
        let mut session = session(false);
        add_folder(&mut session, "/a");
        (0..files).for_each(|number| add(&mut session, &format!("/a/{number}"), 1, true));
        assert_eq!(planned(&session)[0].starts_with("zip"), is_zip, "{files} files and their folder");
    }
}

#[test]
fn what_a_zip_brings_in_vain_is_bounded() {
    let mut session = session(false);
    add_folder(&mut session, "/a");
    add(&mut session, "/a/1", 1000, true);
    add(&mut session, "/a/2", 1000, true);
    add(&mut session, "/a/unwanted", 60 << 10, false);
    assert_eq!(planned(&session), ["zip /a"]);
    add(&mut session, "/a/unwanted", 70 << 10, false);
    assert_eq!(planned(&session), ["file /a/1", "file /a/2"]);
    add(&mut session, "/a/unwanted", 0, false);
    let folder = session.listing.find("/a").unwrap();
    session.hidden.insert(folder, (1, 1 << 30));
    assert_eq!(
        planned(&session),
        ["file /a/1", "file /a/2"],
        "what is left out of the backup is in the zip all the same"
    );
}

#[test]
fn one_file_and_large_files_come_singly() {
    let mut session = session(false);
    add_folder(&mut session, "/a");
    add(&mut session, "/a/only", 10, true);
    add_folder(&mut session, "/b");
    add(&mut session, "/b/film", 65 << 20, true);
    add(&mut session, "/b/text", 10, true);
    assert_eq!(planned(&session), ["file /a/only", "file /b/film", "file /b/text"]);
}

#[test]
fn of_changes_only_new_folders_are_zips() {
    let mut session = session(true);
    (0..5).for_each(|number| add(&mut session, &format!("/old/{number}"), 10, true));
    add_folder(&mut session, "/old/new");
    (0..5).for_each(|number| add(&mut session, &format!("/old/new/{number}"), 10, true));
    let jobs = planned(&session);
    assert_eq!(jobs.len(), 6);
    assert_eq!(jobs[5], "zip /old/new");
}
