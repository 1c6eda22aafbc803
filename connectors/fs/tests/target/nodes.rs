//! Symlinks, hard links, FIFOs, sockets and devices.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
};

use larder_fs::TargetOptions;
use larder_model::{Device, Kind};

use super::kit::{Place, With, entry, file, is_root, missing, note, symlink};
use crate::common::SmallDisk;

#[test]
fn fifos_and_sockets() {
    let place = Place::new();
    place.make(&entry("fifo", Kind::Fifo).mode(0o620).mtime(5, 6));
    place.make(&entry("socket", Kind::Socket).mode(0o755).mtime(7, 8));
    let fifo = fs::symlink_metadata(place.path("fifo")).unwrap();
    let socket = fs::symlink_metadata(place.path("socket")).unwrap();
    assert!(fifo.file_type().is_fifo() && socket.file_type().is_socket());
    assert_eq!((fifo.mode() & 0o7777, fifo.mtime(), fifo.mtime_nsec()), (0o620, 5, 6));
    assert_eq!((socket.mode() & 0o7777, socket.mtime(), socket.mtime_nsec()), (0o755, 7, 8));
    place.assert_no_skips();
}

#[test]
fn devices() {
    let place = Place::new();
    for (name, kind, major, minor) in [
        ("null", Kind::CharDevice, 1, 3),
        ("disk", Kind::BlockDevice, 7, 1000),
        ("far", Kind::CharDevice, 4095, 70_000),
    ] {
        let mut device = entry(name, kind).mode(0o640).owner(0, 6).mtime(9, 0);
        device.meta.device = Some(Device { major, minor });
        place.make(&device);
        let skips = place.take_skips();
        if !skips.is_empty() {
            println!("skipped: devices cannot be made here");
            assert_eq!(skips, [missing("unsupported", "EPERM")]);
            return;
        }
        let found = fs::symlink_metadata(place.path(name)).unwrap();
        assert_eq!(found.file_type().is_char_device(), kind == Kind::CharDevice);
        assert_eq!(found.rdev(), rustix::fs::makedev(major, minor));
        assert_eq!((found.mode() & 0o7777, found.gid(), found.mtime()), (0o640, 6, 9));
    }
}

#[test]
fn a_device_without_a_number_is_damage() {
    let place = Place::new();
    let problem = place.top.make(&entry("device", Kind::CharDevice), &mut place.skips()).unwrap_err();
    assert!(problem.is(larder_model::ProblemKind::Damaged), "{problem}");
    assert!(place.top.make(&file("file"), &mut place.skips()).is_err());
    assert!(place.top.names().unwrap().is_empty());
}

#[test]
fn symlinks_keep_their_own_attributes() {
    let place = Place::new();
    let mut link = symlink("link", "/no/such/\u{ff}").mtime(1_111, 2_222);
    if is_root() {
        link = link.owner(70, 71).xattr("trusted.t", b"on a link");
    }
    place.make(&link);
    let found = fs::symlink_metadata(place.path("link")).unwrap();
    assert_eq!((found.mtime(), found.mtime_nsec()), (1_111, 2_222));
    assert_eq!(fs::read_link(place.path("link")).unwrap().to_str(), Some("/no/such/\u{ff}"));
    if is_root() {
        assert_eq!((found.uid(), found.gid()), (70, 71));
        let mut value = [0; 20];
        assert_eq!(rustix::fs::lgetxattr(place.path("link"), "trusted.t", &mut value[..]), Ok(9));
    }
    place.assert_no_skips();
}

#[test]
fn hard_links_are_one_file() {
    let place = Place::new();
    place.write(&file("first").mode(0o640).mtime(3, 4), b"content");
    place.write(&file("in the way"), b"old");
    for name in ["second", "in the way", "second"] {
        place.top.link(name.as_bytes(), &*place.top, b"first", &mut place.skips()).unwrap();
    }
    let found = ["first", "second", "in the way"].map(|name| fs::metadata(place.path(name)).unwrap());
    assert!(found.iter().all(|meta| meta.ino() == found[0].ino() && meta.nlink() == 3));
    assert_eq!(place.top.names().unwrap().len(), 3);
    place.assert_no_skips();
}

#[test]
fn a_hard_link_that_cannot_be_is_a_copy() {
    let (Some(disk), place) = (SmallDisk::mount("size=2m"), Place::new()) else { return };
    let elsewhere = Place::at(disk.path(), TargetOptions::default());
    let mut original = file("first").mode(0o640).mtime(3, 4).xattr("user.a", b"1");
    original.meta.size = 10 << 20;
    place.write(&original, b"a long file, mostly a hole");
    elsewhere.top.link(b"second", &*place.top, b"first", &mut elsewhere.skips()).unwrap();
    assert_eq!(elsewhere.take_skips(), [note("copied", "")]);
    let found = fs::metadata(elsewhere.path("second")).unwrap();
    assert_eq!((found.len(), found.mode() & 0o7777, found.mtime(), found.mtime_nsec()), (10 << 20, 0o640, 3, 4));
    assert!(fs::read(elsewhere.path("second")).unwrap() == fs::read(place.path("first")).unwrap());
}
