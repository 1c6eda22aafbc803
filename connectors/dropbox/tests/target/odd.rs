//! Names that Dropbox does not take as they are, and names that it does not tell apart.

use larder_model::Kind;

use super::kit::{World, bytes, overwrite};

#[test]
fn odd_names_come_from_an_account_and_go_back_into_it() {
    let world = World::new();
    for name in ["😀", "dot.", "new\nline", "e\u{301}", "100 %", "a:b*c?<>|\"", "~$lock", "x~larder-escaped"] {
        world.account.write(&format!("/Odd/{name}"), name.as_bytes());
        world.account.write(&format!("/Folder {name}/file"), name.as_bytes());
    }
    let long = "字".repeat(255);
    world.account.write(&format!("/{long}"), b"long");
    let (snapshot, before) = (world.snapshot(), world.content());
    for path in world.account.paths().iter().filter(|path| path.matches('/').count() == 1 || path.ends_with('/')) {
        if world.account.id_of(path.trim_end_matches('/')).is_some() {
            world.account.delete(path.trim_end_matches('/'));
        }
    }
    let report = world.restore(&snapshot, "");
    assert_eq!(report.notes, 0);
    assert_eq!(world.content(), before);
    assert_eq!(world.content_of(&world.snapshot()), world.content_of(&snapshot));
    world.restore(&snapshot, "");
    assert_eq!(world.writes(), 0);
}

#[test]
fn names_that_dropbox_refuses_are_written_escaped_and_told() {
    let world = World::new();
    let mut tree = world.tree();
    let names: [&[u8]; 8] =
        [b"back\\slash", b"space ", b"Desktop.ini", b".DROPBOX", b"\xff\xfe", b"del\x7f", b"plain", b"A%\\"];
    for name in names {
        tree.write(name, name.to_vec());
    }
    tree.write([b"folder \\ ".as_slice(), b"/inside"].concat(), bytes(5, 1));
    tree.add(b"empty \xff", Kind::Directory);
    tree.write("字".repeat(256), bytes(6, 1));
    let snapshot = world.snapshot_of(&tree.shared());
    let (report, rows) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.folders, report.missing), (10, 2, 0));
    let renamed = rows.all().into_iter().filter(|skip| skip.reason == "renamed").count();
    assert_eq!(renamed, 10, "{:?}", rows.all());
    let read = |name: &str| world.account.read(&format!("/Back/{name}"));
    assert_eq!(read("back%5Cslash~larder-escaped").unwrap(), b"back\\slash");
    assert_eq!(read("space%20~larder-escaped").unwrap(), b"space ");
    assert_eq!(read("%FF%FE~larder-escaped").unwrap(), b"\xff\xfe");
    assert_eq!(read("A%25%5C~larder-escaped").unwrap(), b"A%\\");
    assert_eq!(read("folder %5C%20~larder-escaped/inside").unwrap(), bytes(5, 1));
    let (again, _) = world.restore_with(&snapshot, "/Back", &Default::default());
    assert_eq!((again.files, again.unchanged, world.writes()), (0, 10, 0), "they are found again");
}

#[test]
fn names_that_are_one_name_at_dropbox_both_come_back() {
    let world = World::new();
    let mut tree = world.tree();
    for (number, name) in ["A", "a", "e\u{301}", "\u{e9}", "B/x", "b/x", "b/X", "ΣΣ", "σσ"].iter().enumerate() {
        tree.write(name, vec![number as u8; 10]);
    }
    let snapshot = world.snapshot_of(&tree.shared());
    let (report, rows) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.folders, report.missing), (9, 2, 0), "{:?}", rows.all());
    let mut contents: Vec<_> =
        world.content().into_values().filter(|body| !body.is_empty()).map(|body| body[0]).collect();
    contents.sort_unstable();
    assert_eq!(contents, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(world.account.paths().iter().any(|path| path.starts_with("/Back/a~larder-")));
    let how = larder_engine::RestoreOptions { delete: true, verify: true, ..Default::default() };
    let (again, _) = world.restore_with(&snapshot, "/Back", &how);
    assert_eq!((again.files, again.unchanged, again.deleted, world.writes()), (0, 9, 0, 0));
}

/// Of a Dropbox that does not take emoji yet.
#[test]
fn a_name_that_is_refused_unexpectedly_is_written_in_another_form() {
    let world = World::new();
    world.simulator.configure(|options| options.only_basic_plane = true);
    let mut tree = world.tree();
    tree.write("😀", bytes(100, 1));
    tree.write("folder 😀/file", bytes(100, 2));
    for number in 0..20 {
        tree.write(format!("plain {number}"), bytes(100, number));
    }
    let snapshot = world.snapshot_of(&tree.shared());
    let (report, rows) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.missing), (22, 0), "{:?}", rows.all());
    assert_eq!(world.account.read("/Back/%F0%9F%98%80~larder-escaped"), Some(bytes(100, 1)));
    assert_eq!(world.account.read("/Back/folder %F0%9F%98%80~larder-escaped/file"), Some(bytes(100, 2)));
    assert!(rows.reasons().contains(&"renamed".to_owned()));
    let (again, _) = world.restore_with(&snapshot, "/Back", &Default::default());
    assert_eq!((again.unchanged, world.writes()), (22, 0));
}

#[test]
fn what_dropbox_cannot_hold_is_counted_by_kind() {
    let world = World::new();
    let mut tree = world.tree();
    for number in 0..5 {
        let inode = tree.write(format!("{number}"), bytes(10, number));
        tree.edit(inode, |inode| inode.meta.mode = Some(0o644));
    }
    tree.set_xattr("1", "user.x", b"y");
    tree.add_link("another name", "2");
    tree.add_symlink("link", b"1");
    tree.add("pipe", Kind::Fifo);
    let snapshot = world.snapshot_of(&tree.shared());
    let (report, rows) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.missing), (6, 2));
    assert_eq!(world.account.read("/Back/another name"), world.account.read("/Back/2"));
    let missing: Vec<_> = rows.missing().into_iter().map(|skip| skip.tag.unwrap()).collect();
    assert_eq!(missing, ["symlink", "fifo"]);
    let notes = rows.reasons();
    for kind in ["modes", "attributes", "hard-links"] {
        assert_eq!(notes.iter().filter(|reason| *reason == kind).count(), 1, "{notes:?}");
    }
}

/// It stands there, so nothing of it is missing.
#[test]
fn a_link_that_stands_there_is_kept() {
    let world = World::new();
    world.account.add_symlink("/Files/link", "elsewhere");
    world.account.write("/Files/file", b"x");
    let snapshot = world.snapshot();
    let (report, rows) = world.restore_with(&snapshot, "", &overwrite());
    assert_eq!((report.files, report.unchanged, report.missing), (0, 2, 0), "{:?}", rows.all());
}

#[test]
fn a_place_that_dropbox_cannot_name_is_refused() {
    let world = World::new();
    for place in ["/Back ", "/a\\b", &"x".repeat(256)] {
        let options = larder_dropbox::TargetOptions { path: place.into(), ..Default::default() };
        let known = larder_dropbox::Account::ask(&world.client()).unwrap();
        let problem = larder_dropbox::DropboxTarget::new(&world.client(), known, options).err().unwrap();
        assert_eq!(problem.kind(), larder_model::ProblemKind::Usage, "{problem}");
    }
}

/// A folder that is so large that only the one file is asked for: its other name is found, and is nothing that should not be there.
#[test]
fn a_name_in_another_form_is_known_in_a_folder_that_was_not_listed() {
    let world = World::new();
    world.simulator.configure(|options| {
        options.only_basic_plane = true;
        options.listing.page = 50;
    });
    (0..120).for_each(|number| world.account.write(&format!("/Back/plain {number}"), b"x"));
    let mut tree = world.tree();
    tree.write("😀", bytes(100, 1));
    let snapshot = world.snapshot_of(&tree.shared());
    let path = "/Back/%F0%9F%98%80~larder-escaped";
    world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!(world.account.read(path), Some(bytes(100, 1)));
    let how = larder_engine::RestoreOptions { delete: true, ..overwrite() };
    let (report, rows) = world.restore_with(&snapshot, "/Back", &how);
    assert_eq!((report.files, report.unchanged, report.deleted), (0, 1, 120), "{:?}", rows.all());
    assert_eq!(world.account.read(path), Some(bytes(100, 1)));
}
