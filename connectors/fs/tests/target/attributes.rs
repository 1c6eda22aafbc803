//! Attributes come back, one by one, as the operating system itself tells them.

use std::{
    fs::{self, Metadata},
    os::unix::fs::MetadataExt,
    path::Path,
    process::Command,
};

use larder_connect::New;
use larder_fs::TargetOptions;
use larder_model::{Entry, Kind};
use rustix::fs::{XattrFlags, lgetxattr, llistxattr, lsetxattr};

use super::kit::{Place, With, entry, file, folder, is_root, note, symlink};

fn metadata(path: &Path) -> Metadata {
    fs::symlink_metadata(path).unwrap()
}

fn xattr(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 1000];
    let len = lgetxattr(path, name, &mut buffer[..]).ok()?;
    buffer.truncate(len);
    Some(buffer)
}

fn xattrs(path: &Path) -> Vec<String> {
    let mut buffer = vec![0; 1000];
    let len = llistxattr(path, &mut buffer[..]).unwrap();
    let names = buffer[..len].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
}

/// An ACL in the kernel's form, made by the usual tool.
fn acl(kind: &str, text: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("setfacl").args(["-m", text]).arg(folder.path()).status();
    assert!(made.unwrap().success());
    xattr(folder.path(), &format!("system.posix_acl_{kind}")).unwrap()
}

#[test]
fn modes_and_times_of_files() {
    let place = Place::new();
    for mode in [0, 0o400, 0o600, 0o644, 0o755, 0o777, 0o2755, 0o4711, 0o7777] {
        let name = format!("{mode:o}");
        place.write(&file(&name).mode(mode).mtime(1_234_567_890, 123_456_789), b"content");
        let found = metadata(&place.path(&name));
        assert_eq!(found.mode() & 0o7777, mode);
        assert_eq!((found.mtime(), found.mtime_nsec()), (1_234_567_890, 123_456_789));
    }
    place.write(&file("before 1970").mtime(-86_400, 1), b"");
    assert_eq!(metadata(&place.path("before 1970")).mtime(), -86_400);
    assert_eq!(metadata(&place.path("before 1970")).mtime_nsec(), 1);
    place.assert_no_skips();
}

#[test]
fn what_nobody_knows_is_as_for_any_new_file() {
    let place = Place::new();
    place.write(&file("file"), b"content");
    let made = place.folder("folder");
    made.settle(&folder("folder").meta, &mut place.skips()).unwrap();
    fs::write(place.path("other"), "").unwrap();
    fs::create_dir(place.path("other folder")).unwrap();
    assert_eq!(metadata(&place.path("file")).mode(), metadata(&place.path("other")).mode());
    assert_eq!(metadata(&place.path("folder")).mode(), metadata(&place.path("other folder")).mode());
}

#[test]
fn owners_and_set_id_bits_together() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    for mode in [0o4755, 0o2755, 0o6755, 0o644] {
        let name = format!("{mode:o}");
        place.write(&file(&name).mode(mode).owner(12_345, 54_321), b"content");
        let found = metadata(&place.path(&name));
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o7777), (12_345, 54_321, mode));
    }
    let made = place.folder("folder");
    made.settle(&folder("folder").mode(0o3775).owner(1, 2).meta, &mut place.skips()).unwrap();
    let found = metadata(&place.path("folder"));
    assert_eq!((found.uid(), found.gid(), found.mode() & 0o7777), (1, 2, 0o3775));
    place.assert_no_skips();
}

#[test]
fn an_owner_that_cannot_be_set_is_a_note_and_takes_set_id_bits_along() {
    let place = Place::new();
    place.write(&file("file").mode(0o6755).owner(u32::MAX, 0), b"content");
    assert_eq!(place.take_skips(), [note("owner", "EINVAL")]);
    assert_eq!(metadata(&place.path("file")).mode() & 0o7777, 0o755);
}

#[test]
fn owners_go_by_name_if_asked() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let options = TargetOptions { owners_by_name: true, ..TargetOptions::default() };
    let place = Place::at(folder.path(), options);
    let mut known = file("known").owner(4711, 4712);
    let mut unknown = file("unknown").owner(4711, 4712);
    for (entry, name) in [(&mut known, "nobody"), (&mut unknown, "no such user")] {
        entry.meta.owner.as_mut().unwrap().user = Some(name.as_bytes().into());
        place.write(entry, b"");
    }
    assert_eq!(metadata(&place.path("known")).uid(), 65_534);
    assert_eq!(metadata(&place.path("known")).gid(), 4712);
    assert_eq!(metadata(&place.path("unknown")).uid(), 4711);
    place.assert_no_skips();
}

#[test]
fn extended_attributes_and_acls() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let access = acl("access", "u::rwx,g::-,o::-,u:12:rw,g:34:rx,m::rwx");
    let capability = b"\x01\0\0\x02\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let item = file("file").mode(0o770).owner(5, 6).mtime(1_000, 0);
    let item = item.xattr("security.capability", capability).xattr("system.posix_acl_access", &access);
    let item = item.xattr("trusted.t", b"").xattr("user.a", b"one").xattr("user.b", &[0, 255]);
    place.write(&item, b"content");
    place.assert_no_skips();
    for wanted in &item.meta.xattrs {
        let name = str::from_utf8(&wanted.name).unwrap();
        assert_eq!(xattr(&place.path("file"), name).as_deref(), Some(&*wanted.value), "{name}");
    }
    let found = metadata(&place.path("file"));
    assert_eq!((found.uid(), found.gid(), found.mtime()), (5, 6, 1_000));
    assert_eq!(found.mode() & 0o7777, 0o770, "with an ACL, the group bits are its mask");
}

#[test]
fn attributes_that_are_refused_are_notes() {
    let place = Place::new();
    let item = file("file").mtime(5, 0).xattr("user.ok", b"1").xattr("no namespace", b"2").xattr("user.ok2", b"3");
    place.write(&item, b"content");
    assert_eq!(place.take_skips(), [note("xattr", "EOPNOTSUPP")]);
    assert_eq!(xattrs(&place.path("file")).len(), 2);
    assert_eq!(metadata(&place.path("file")).mtime(), 5);
    place.write(&file("time").mtime(5, 1_073_741_823), b"");
    assert_eq!(place.take_skips(), [note("times", "EINVAL")]);
}

#[test]
fn folders_get_theirs_when_they_are_settled() {
    let place = Place::new();
    let made = place.folder("folder");
    assert_eq!(metadata(&place.path("folder")).mode() & 0o7777, 0o700, "the owner's alone until then");
    place.write_in(&*made, &file("inside"), b"content");
    let default = acl("default", "d:u:12:rwx");
    let meta = folder("folder").mode(0o555).mtime(77, 88).xattr("user.a", b"1");
    let meta = meta.xattr("system.posix_acl_default", &default).meta;
    made.settle(&meta, &mut place.skips()).unwrap();
    let found = metadata(&place.path("folder"));
    assert_eq!((found.mode() & 0o7777, found.mtime(), found.mtime_nsec()), (0o555, 77, 88));
    assert_eq!(xattr(&place.path("folder"), "system.posix_acl_default"), Some(default));
    assert_eq!(xattr(&place.path("folder"), "user.a").as_deref(), Some(&b"1"[..]));
    place.assert_no_skips();
}

#[test]
fn a_default_acl_of_the_target_is_not_passed_on() {
    let place = Place::new();
    let default = acl("default", "d:u:12:rwx");
    let path = place.path("");
    lsetxattr(&path, "system.posix_acl_default", &default, XattrFlags::empty()).unwrap();
    place.write(&file("file").mode(0o640), b"content");
    let made = place.folder("folder");
    place.write_in(&*made, &file("inside").mode(0o600), b"content");
    made.settle(&folder("folder").mode(0o750).meta, &mut place.skips()).unwrap();
    place.make(&entry("fifo", Kind::Fifo).mode(0o620));
    for (item, mode) in [("file", 0o640), ("folder", 0o750), ("folder/inside", 0o600), ("fifo", 0o620)] {
        assert_eq!(metadata(&place.path(item)).mode() & 0o7777, mode, "{item}");
        assert_eq!(xattrs(&place.path(item)), [""; 0], "{item}");
    }
    place.assert_no_skips();
}

#[test]
fn the_group_of_a_set_gid_folder_is_not_passed_on() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    std::os::unix::fs::chown(place.path(""), None, Some(777)).unwrap();
    fs::set_permissions(place.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o2755)).unwrap();
    place.write(&file("file").owner(0, 0), b"content");
    place.folder("folder").settle(&folder("folder").mode(0o755).owner(0, 0).meta, &mut place.skips()).unwrap();
    for item in ["file", "folder"] {
        assert_eq!(metadata(&place.path(item)).gid(), 0, "{item}");
    }
    assert_eq!(metadata(&place.path("folder")).mode() & 0o7777, 0o755);
}

#[test]
fn updates_leave_nothing_of_what_was_there() {
    let place = Place::new();
    let access = acl("access", "u:12:rwx");
    let old = file("file").mode(0o666).mtime(1, 1).xattr("system.posix_acl_access", &access);
    place.write(&old.xattr("user.old", b"1").xattr("user.same", b"2"), b"content");
    let new = file("file").mode(0o640).mtime(2, 2).xattr("user.new", b"3").xattr("user.same", b"2");
    place.top.update(&new, &mut place.skips()).unwrap();
    let found = metadata(&place.path("file"));
    assert_eq!((found.mode() & 0o7777, found.mtime(), found.mtime_nsec()), (0o640, 2, 2));
    let mut names = xattrs(&place.path("file"));
    names.sort();
    assert_eq!(names, ["user.new", "user.same"]);

    fs::create_dir(place.path("folder")).unwrap();
    lsetxattr(place.path("folder"), "user.old", b"1", XattrFlags::empty()).unwrap();
    place.folder("folder").settle(&folder("folder").mode(0o711).meta, &mut place.skips()).unwrap();
    assert_eq!(xattrs(&place.path("folder")), [""; 0]);
    place.assert_no_skips();
}

#[test]
fn updating_a_link_leaves_what_it_leads_to_alone() {
    let place = Place::new();
    place.write(&file("file").mode(0o600).mtime(1, 0), b"content");
    place.make(&symlink("link", "file"));
    let mut link: Entry = symlink("link", "file").mode(0o777).mtime(2, 3);
    if is_root() {
        link = link.owner(7, 8);
    }
    place.top.update(&link, &mut place.skips()).unwrap();
    let (link, file) = (metadata(&place.path("link")), metadata(&place.path("file")));
    assert_eq!((link.mtime(), link.mtime_nsec()), (2, 3));
    assert_eq!((file.mtime(), file.mode() & 0o7777), (1, 0o600));
    if is_root() {
        assert_eq!((link.uid(), file.uid()), (7, 0));
    }
    place.assert_no_skips();
}

#[test]
fn holes_stay_holes() {
    let place = Place::new();
    let mut sparse = file("sparse");
    sparse.meta.size = 1 << 40;
    let new = place.top.create(&New::of(&sparse)).unwrap();
    new.write_at(1 << 30, &[1; 4096]).unwrap();
    new.finish(&mut place.skips()).unwrap();
    let found = metadata(&place.path("sparse"));
    assert_eq!(found.size(), 1 << 40);
    assert!(found.blocks() <= 16, "{} blocks", found.blocks());
}
