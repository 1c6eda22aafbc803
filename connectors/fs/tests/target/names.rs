//! Names that this file system cannot hold.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

use rustix::fs::getxattr;

use super::kit::{Place, With, entry, file, folder, note, symlink};
use larder_connect::{Removal, Ticket};
use larder_model::{Entry, Kind};

#[test]
fn names_are_bytes() {
    let place = Place::new();
    for name in [&b"\xff\xfe"[..], b"line\nbreak", b" ", b"-rf", b"*", b"back\\slash", &[b'x'; 255]] {
        place.write(&Entry::new(name, Kind::File), name);
        assert_eq!(fs::read(place.path("").join(OsStr::from_bytes(name))).unwrap(), name);
        assert_eq!(*place.top.written_name(name), *name);
    }
    place.assert_no_skips();
}

#[test]
fn a_name_that_is_too_long_is_shortened_and_can_be_told() {
    let place = Place::new();
    let name = "ä".repeat(200);
    place.write(&file(&name).mtime(5, 0), b"content");
    assert_eq!(place.take_skips(), [note("renamed", "")]);
    let written = place.top.written_name(name.as_bytes());
    let path = place.path(str::from_utf8(&written).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"content");
    let mut original = [0; 1000];
    let len = getxattr(&path, "user.larder.name", &mut original[..]).unwrap();
    assert_eq!(original[..len], *name.as_bytes());
    let found = place.top.look(name.as_bytes()).unwrap().unwrap();
    assert_eq!((&*found.name, found.meta.mtime.unwrap().secs), (name.as_bytes(), 5));
}

#[test]
fn every_kind_can_have_a_long_name() {
    let place = Place::new();
    let name = |letter: &str| letter.repeat(300);
    place.write(&file(&name("a")), b"content");
    place.make(&symlink(&name("b"), "x"));
    place.make(&entry(&name("c"), Kind::Fifo).mode(0o600));
    place.top.link(name("d").as_bytes(), &*place.top, name("a").as_bytes(), &mut place.skips()).unwrap();
    let made = place.top.make_folder(&folder(&name("e")), Ticket(0), &mut place.skips()).unwrap().0;
    place.write_in(&*made, &file("inside"), b"");
    assert_eq!(place.take_skips().len(), 5);
    assert_eq!(place.top.names().unwrap().len(), 5);
    for letter in ["a", "b", "c", "d", "e"] {
        assert!(place.top.look(name(letter).as_bytes()).unwrap().is_some(), "{letter}");
        place.top.remove(name(letter).as_bytes(), Removal::InTheWay).unwrap();
    }
    assert!(place.top.names().unwrap().is_empty());
}
