//! Every kind of item with everything that is known of it.

use std::{
    ffi::OsStr,
    fs::{self, File, FileTimes},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, symlink},
        net::UnixListener,
    },
    time::{Duration, SystemTime},
};

use larder_fs::SourceOptions;
use larder_model::{Device, Kind, Time};

use super::walk::{Tree, is_root, ran};

#[test]
fn all_kinds_are_recorded() {
    let tree = Tree::with(&["file", "folder/"]);
    symlink("file", tree.at("link")).unwrap();
    assert!(ran("mkfifo", &[tree.at("fifo").to_str().unwrap()]));
    let _listener = UnixListener::bind(tree.at("socket")).unwrap();
    let met = tree.walk(&SourceOptions::default());
    let kinds = [("file", Kind::File), ("folder", Kind::Directory), ("link", Kind::Symlink), ("fifo", Kind::Fifo)];
    for (name, kind) in kinds.into_iter().chain([("socket", Kind::Socket)]) {
        assert_eq!(met.entry(name).kind, kind);
    }
    assert_eq!(met.bodies[&b"file"[..]], b"file");
    assert_eq!(met.bodies.len(), 1, "nothing but files is read");
    assert_eq!(met.problems, []);
    assert_eq!(met.skips, []);
}

#[test]
fn devices_have_their_numbers() {
    let tree = Tree::new();
    let at = |name| tree.at(name).to_str().unwrap().to_owned();
    if !ran("mknod", &[&at("char"), "c", "1", "3"]) || !ran("mknod", &[&at("block"), "b", "7", "300"]) {
        return;
    }
    let met = tree.walk(&SourceOptions::default());
    assert_eq!(met.entry("char").kind, Kind::CharDevice);
    assert_eq!(met.meta("char").device, Some(Device { major: 1, minor: 3 }));
    assert_eq!(met.entry("block").kind, Kind::BlockDevice);
    assert_eq!(met.meta("block").device, Some(Device { major: 7, minor: 300 }));
}

#[test]
fn links_keep_their_targets_whatever_they_are() {
    let tree = Tree::new();
    let long = "x/".repeat(2000);
    let targets: [&[u8]; 4] = [b"nowhere", b"../../..", b"a\xff\nb", long.as_bytes()];
    for (number, target) in targets.iter().enumerate() {
        symlink(OsStr::from_bytes(target), tree.at(number.to_string())).unwrap();
    }
    let met = tree.walk(&SourceOptions::default());
    for (number, target) in targets.iter().enumerate() {
        let meta = met.meta(&number.to_string());
        assert_eq!(meta.target.as_deref(), Some(*target));
        assert_eq!(meta.size, 0);
    }
}

#[test]
fn names_of_one_file_share_a_link_id() {
    let tree = Tree::with(&["one", "alone", "folder/sub/"]);
    fs::hard_link(tree.at("one"), tree.at("folder/two")).unwrap();
    let met = tree.walk(&SourceOptions::default());
    let link = met.meta("one").link.unwrap();
    assert_eq!(met.meta("folder/two").link, Some(link));
    assert_eq!(link.inode, fs::metadata(tree.at("one")).unwrap().ino());
    assert_eq!(met.meta("alone").link, None);
    assert_eq!(met.meta("folder").link, None, "a folder has more links for its own reasons");
    assert_eq!(met.bodies[&b"folder/two"[..]], b"one", "each member is complete");
}

#[test]
fn modes_owners_and_times_are_exact() {
    let tree = Tree::with(&["file", "folder/"]);
    let old = SystemTime::UNIX_EPOCH - Duration::new(86_400, 0) + Duration::from_nanos(123_456_789);
    File::open(tree.at("file")).unwrap().set_times(FileTimes::new().set_modified(old)).unwrap();
    fs::set_permissions(tree.at("file"), PermissionsExt::from_mode(0o6751)).unwrap();
    fs::set_permissions(tree.at("folder"), PermissionsExt::from_mode(0o1777)).unwrap();
    let met = tree.walk(&SourceOptions::default());
    let (meta, found) = (met.meta("file"), fs::metadata(tree.at("file")).unwrap());
    assert_eq!(meta.mtime, Some(Time::new(-86_400, 123_456_789)));
    assert_eq!(meta.ctime, Some(Time::new(found.ctime(), found.ctime_nsec() as u32)));
    assert_eq!(meta.stamp.unwrap().inode, found.ino());
    assert_eq!(meta.mode, Some(0o6751));
    assert_eq!(met.meta("folder").mode, Some(0o1777));
    let owner = meta.owner.as_ref().unwrap();
    assert_eq!((owner.uid, owner.gid), (found.uid(), found.gid()));
    if is_root() {
        assert_eq!(owner.user.as_deref(), Some(&b"root"[..]));
        assert_eq!(owner.group.as_deref(), Some(&b"root"[..]));
    }
}

#[test]
fn birth_times_are_kept_where_there_are_any() {
    let tree = Tree::with(&["file"]);
    let known = fs::metadata(tree.at("file")).unwrap().created().ok();
    let birth = tree.walk(&SourceOptions::default()).meta("file").btime;
    let known = known.map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap());
    assert_eq!(birth, known.map(|since| Time::new(since.as_secs() as i64, since.subsec_nanos())));
}

#[test]
fn owners_without_a_name_keep_their_numbers() {
    let tree = Tree::with(&["file"]);
    if !is_root() {
        return println!("skipped: only root gives files away");
    }
    std::os::unix::fs::chown(tree.at("file"), Some(3_999_999_999), Some(3_999_999_998)).unwrap();
    let met = tree.walk(&SourceOptions::default());
    let owner = met.meta("file").owner.clone().unwrap();
    assert_eq!((owner.uid, owner.gid, owner.user, owner.group), (3_999_999_999, 3_999_999_998, None, None));
}

#[test]
fn names_are_bytes() {
    let tree = Tree::new();
    for name in [&b"\xff\xfe"[..], b"new\nline", b"\x1b[31m", &[b'x'; 255]] {
        fs::write(tree.at(OsStr::from_bytes(name)), name).unwrap();
    }
    let met = tree.walk(&SourceOptions::default());
    assert_eq!(met.entries.len(), 4);
    assert!(met.bodies.iter().all(|(name, body)| name == body));
}

#[test]
fn attributes_and_lists_of_access_are_kept() {
    let tree = Tree::with(&["file", "folder/", "plain"]);
    symlink("file", tree.at("link")).unwrap();
    let [file, folder, link] = ["file", "folder", "link"].map(|name| tree.at(name).to_str().unwrap().to_owned());
    let large = "v".repeat(2000);
    if !ran("setfattr", &["-n", "user.small", "-v", "one", &file])
        || !ran("setfattr", &["-n", "user.large", "-v", &large, &file])
        || !ran("setfattr", &["-n", "user.empty", &file])
        || !ran("setfattr", &["-n", "user.folder", "-v", "two", &folder])
        || !ran("setfacl", &["-m", "u:12345:r", &file])
        || !ran("setfacl", &["-d", "-m", "g:54321:rx", &folder])
    {
        return;
    }
    let met = tree.walk(&SourceOptions::default());
    let names = |path: &str| {
        let xattrs = &met.meta(path).xattrs;
        xattrs.iter().map(|xattr| String::from_utf8(xattr.name.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names("file"), ["system.posix_acl_access", "user.empty", "user.large", "user.small"]);
    assert_eq!(&*met.meta("file").xattrs[1].value, b"");
    assert_eq!(&*met.meta("file").xattrs[2].value, large.as_bytes());
    assert_eq!(names("folder"), ["system.posix_acl_default", "user.folder"]);
    assert!(names("plain").is_empty());
    if is_root() && ran("setfattr", &["-h", "-n", "trusted.link", "-v", "three", &link]) {
        let met = tree.walk(&SourceOptions::default());
        assert_eq!(&*met.meta("link").xattrs[0].name, b"trusted.link");
        assert!(met.meta("file").xattrs.iter().all(|xattr| &*xattr.name != b"trusted.link"));
    }
}

#[test]
fn reading_leaves_no_mark_in_the_access_times() {
    let tree = Tree::with(&["folder/file"]);
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    for name in ["folder/file", "folder"] {
        File::open(tree.at(name)).unwrap().set_times(FileTimes::new().set_accessed(old)).unwrap();
    }
    tree.walk(&SourceOptions::default());
    for name in ["folder/file", "folder"] {
        assert_eq!(fs::metadata(tree.at(name)).unwrap().accessed().unwrap(), old, "{name}");
    }
}
