//! Nothing is written outside the target, whatever stands in the way and whatever happens meanwhile.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
};

use larder_connect::{Removal, Ticket};
use larder_fs::TargetOptions;
use larder_model::{Kind, ProblemKind};

use super::kit::{self, Place, With, entry, file, folder};
use crate::common::{SmallDisk, tree};

#[test]
fn links_in_the_way_are_replaced_and_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "outside").unwrap();
    let place = Place::new();
    for name in ["file", "symlink", "fifo", "link"] {
        symlink(outside.path().join("file"), place.path(name)).unwrap();
    }
    place.write(&file("file").mode(0o777), b"restored");
    place.make(&kit::symlink("symlink", "elsewhere"));
    place.make(&entry("fifo", Kind::Fifo).mode(0o777));
    place.top.link(b"link", &*place.top, b"file", &mut place.skips()).unwrap();
    assert_eq!(fs::read(place.path("file")).unwrap(), b"restored");
    assert_eq!(fs::read(place.path("link")).unwrap(), b"restored");
    assert_eq!(fs::read(outside.path().join("file")).unwrap(), b"outside");
    let mode = fs::metadata(outside.path().join("file")).unwrap().permissions().mode();
    assert_ne!(mode & 0o777, 0o777);
    assert_eq!(tree(outside.path()).len(), 1);
    assert_eq!(tree(&place.path("")).len(), 4, "no temporary name stays");
}

#[test]
fn a_link_is_no_folder() {
    let outside = tempfile::tempdir().unwrap();
    let place = Place::new();
    symlink(outside.path(), place.path("folder")).unwrap();
    assert!(place.top.open(b"folder").unwrap().is_none());
    let problem = place.top.make_folder(&folder("folder"), Ticket(0), &mut place.skips()).err().unwrap();
    assert!(problem.is(ProblemKind::Conflict), "{problem}");
    assert_eq!(place.top.look(b"folder").unwrap().unwrap().kind, Kind::Symlink);
    assert!(place.top.update(&folder("folder").mode(0o777), &mut place.skips()).is_err());
    assert!(place.top.read(&file("folder")).is_err());
}

#[test]
fn a_folder_that_is_swapped_for_a_link_leads_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    let place = Place::new();
    let made = place.folder("folder");
    fs::rename(place.path("folder"), place.path("moved")).unwrap();
    symlink(outside.path(), place.path("folder")).unwrap();
    place.write_in(&*made, &file("file"), b"content");
    made.make_folder(&folder("deeper"), Ticket(0), &mut place.skips()).unwrap();
    made.settle(&folder("folder").mode(0o751).meta, &mut place.skips()).unwrap();
    assert_eq!(tree(outside.path()).len(), 0);
    assert_eq!(tree(&place.path("moved")).len(), 2);
    assert_eq!(fs::metadata(place.path("moved")).unwrap().permissions().mode() & 0o7777, 0o751);
}

#[test]
fn removing_does_not_follow_links() {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("kept")).unwrap();
    let place = Place::new();
    fs::create_dir_all(place.path("folder/a/b")).unwrap();
    symlink(outside.path(), place.path("folder/a/link")).unwrap();
    symlink(outside.path(), place.path("link")).unwrap();
    place.top.remove(b"folder", Removal::InTheWay).unwrap();
    place.top.remove(b"link", Removal::InTheWay).unwrap();
    assert_eq!(tree(outside.path()).len(), 1);
    assert_eq!(tree(&place.path("")).len(), 0);
}

#[test]
fn removing_goes_as_deep_as_folders_go() {
    const DEPTH: usize = 3000;
    let place = Place::new();
    let mut deepest = place.folder("deep");
    for _ in 0..DEPTH {
        place.write_in(&*deepest, &file("file"), b"");
        deepest = deepest
            .make_folder(
                &folder("a folder with a long name, so that no path holds them all"),
                Ticket(0),
                &mut place.skips(),
            )
            .unwrap()
            .0;
    }
    drop(deepest);
    place.top.remove(b"deep", Removal::InTheWay).unwrap();
    assert!(place.top.names().unwrap().is_empty());
}

#[test]
fn removing_stops_at_what_is_mounted_there() {
    let place = Place::new();
    let Some(disk) = SmallDisk::mount("size=1m") else { return };
    fs::write(disk.path().join("kept"), "").unwrap();
    fs::create_dir_all(place.path("folder/mount")).unwrap();
    let mounted = Command::new("mount").arg("--bind").arg(disk.path()).arg(place.path("folder/mount")).status();
    assert!(mounted.unwrap().success());
    let problem = place.top.remove(b"folder", Removal::InTheWay).unwrap_err();
    let kept = disk.path().join("kept").exists();
    assert!(Command::new("umount").arg(place.path("folder/mount")).status().unwrap().success());
    assert!(kept && problem.message().contains("mounted"), "{problem}");
}

#[test]
fn a_target_may_be_reached_by_a_link_that_the_user_named() {
    let real = tempfile::tempdir().unwrap();
    let links = tempfile::tempdir().unwrap();
    symlink(real.path(), links.path().join("link")).unwrap();
    let place = Place::at(&links.path().join("link/new"), TargetOptions::default());
    place.write(&file("file"), b"content");
    assert!(real.path().join("new/file").exists());
}
