//! Online documents.

use larder_model::Class;

use super::kit::World;

#[test]
fn documents_are_exported_and_follow_their_originals() {
    let mut world = World::new();
    world.account.add_paper("/notes/Plan.paper", "# Plan", 0);
    world.account.write("/notes/a.txt", b"a");
    world.options.export = Some(vec!["md".into()]);
    let first = world.backup();
    let content = world.content(&first);
    assert_eq!(content.keys().collect::<Vec<_>>(), ["/notes/", "/notes/Plan.paper.md", "/notes/a.txt"]);
    assert!(!content["/notes/Plan.paper.md"].is_empty());
    assert_eq!(first.missing, 0);
    world.backup();
    assert_eq!((world.calls(), world.downloads()), (2, 0));
    world.account.rename("/notes/Plan.paper", "/Moved.paper");
    let moved = world.backup();
    let content = world.content(&moved);
    assert_eq!(content.keys().collect::<Vec<_>>(), ["/Moved.paper.md", "/notes/", "/notes/a.txt"]);
    world.account.delete("/Moved.paper");
    let gone = world.backup();
    assert_eq!(world.content(&gone).keys().collect::<Vec<_>>(), ["/notes/", "/notes/a.txt"]);
}

#[test]
fn a_document_that_is_not_ready_is_asked_for_again() {
    let world = World::new();
    world.account.add_paper("/Plan.paper", "# Plan", 2);
    let report = world.try_backup().unwrap();
    assert_eq!(report.missing, 0, "{:?}", world.ledger(&report));
    assert_eq!(world.content(&report).len(), 1);
}

#[test]
fn without_exports_documents_are_not_taken() {
    let mut world = World::new();
    world.account.add_paper("/Plan.paper", "# Plan", 0);
    world.account.write("/a", b"a");
    world.options.export = None;
    let report = world.backup();
    assert_eq!(world.content(&report).keys().collect::<Vec<_>>(), ["/a"]);
    assert_eq!(world.downloads(), 1);
}

#[test]
fn links_are_links_and_what_cannot_be_downloaded_is_told() {
    let world = World::new();
    world.account.write("/a", b"a");
    world.account.add_symlink("/link", "../elsewhere");
    world.account.write("/odd", b"odd");
    world.account.set_unsupported("/odd", true);
    let report = world.backup();
    let content = world.content(&report);
    assert_eq!(content.get("/link").map(Vec::as_slice), Some(&b"../elsewhere"[..]));
    let rows = world.ledger(&report);
    assert!(rows.iter().any(|row| row.class == Class::Missing && row.path.to_string() == "/odd"), "{rows:?}");
}

#[test]
fn a_file_and_an_export_of_the_same_name_are_both_kept() {
    let mut world = World::new();
    world.options.export = Some(vec!["md".into()]);
    world.account.add_paper("/Plan.paper", "# Plan", 0);
    world.account.write("/Plan.paper.md", b"mine");
    let check = |report: &larder_engine::BackupReport| {
        let content = world.content(report);
        assert_eq!(content.get("/Plan.paper.md").map(Vec::as_slice), Some(&b"mine"[..]));
        assert!(content.contains_key("/Plan.paper.export.md"), "{:?}", content.keys());
    };
    check(&world.backup());
    let mut later = World::new();
    later.options.export = Some(vec!["md".into()]);
    later.account.add_paper("/Plan.paper", "# Plan", 0);
    later.backup();
    later.account.write("/Plan.paper.md", b"mine");
    let report = later.backup();
    assert_eq!(later.content(&report).get("/Plan.paper.md").map(Vec::as_slice), Some(&b"mine"[..]));
    assert!(later.content(&report).contains_key("/Plan.paper.export.md"));
    later.account.delete("/Plan.paper");
    let report = later.backup();
    assert_eq!(later.content(&report).keys().collect::<Vec<_>>(), ["/Plan.paper.md"]);
}
