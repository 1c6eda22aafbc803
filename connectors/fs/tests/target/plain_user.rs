//! What a user can do who is not root: this program starts itself again as `nobody`.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::Command,
};

use larder_fs::TargetOptions;
use larder_model::{Device, Kind};

use super::kit::{Place, With, entry, file, folder, is_root, missing, note};

const TARGET: &str = "LARDER_TEST_PLAIN_USER";

#[test]
fn a_plain_user_restores_what_is_possible() {
    if !is_root() {
        return;
    }
    // The program may lie where others cannot read.
    let home = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let program = home.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let run = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .args(["--exact", "target::plain_user::as_nobody", "--nocapture"])
        .env(TARGET, home.path().join("target"))
        .env("TMPDIR", home.path())
        .status();
    match run {
        Ok(status) => assert!(status.success()),
        Err(_) => println!("skipped: setpriv is not there"),
    }
}

/// Run by the test above: no test of its own.
#[test]
fn as_nobody() {
    let Ok(path) = std::env::var(TARGET) else { return };
    let place = Place::at(path.as_ref(), TargetOptions::default());
    owners(&place);
    attributes(&place);
    devices(&place);
    closed_folders(&place);
}

fn owners(place: &Place) {
    place.write(&file("mine").mode(0o4755).owner(65_534, 65_534), b"content");
    place.assert_no_skips();
    assert_eq!(fs::metadata(place.path("mine")).unwrap().mode() & 0o7777, 0o4755);
    place.write(&file("root's").mode(0o4755).owner(0, 0).mtime(5, 0), b"content");
    assert_eq!(place.take_skips(), [note("owner", "EPERM")]);
    let found = fs::metadata(place.path("root's")).unwrap();
    assert_eq!((found.uid(), found.mode() & 0o7777, found.mtime()), (65_534, 0o755, 5));
}

fn attributes(place: &Place) {
    place.write(&file("attributes").xattr("trusted.t", b"1").xattr("user.u", b"2"), b"content");
    assert_eq!(place.take_skips(), [note("xattr", "EPERM")]);
    // Their owner may still give them attributes and a name.
    place.write(&file("read only").mode(0o400).xattr("user.u", b"2").mtime(6, 0), b"content");
    place.write(&file("closed").mode(0).mtime(6, 0), b"content");
    place.top.update(&file("closed").mode(0o200).mtime(7, 0), &mut place.skips()).unwrap();
    assert_eq!(fs::metadata(place.path("closed")).unwrap().mtime(), 7);
    place.assert_no_skips();
}

fn devices(place: &Place) {
    let mut device = entry("device", Kind::CharDevice);
    device.meta.device = Some(Device { major: 1, minor: 3 });
    place.make(&device);
    assert_eq!(place.take_skips(), [missing("unsupported", "EPERM")]);
    assert!(place.top.look(b"device").unwrap().is_none());
}

/// A folder that its owner closed is opened up for the time of the restore.
fn closed_folders(place: &Place) {
    for round in 0..2 {
        let made = place.folder("closed folder");
        place.write_in(&*made, &file("inside"), format!("round {round}").as_bytes());
        made.settle(&folder("closed folder").mode(0o555).meta, &mut place.skips()).unwrap();
    }
    assert_eq!(fs::read(place.path("closed folder/inside")).unwrap(), b"round 1");
    assert_eq!(fs::metadata(place.path("closed folder")).unwrap().mode() & 0o7777, 0o555);
    place.assert_no_skips();
    fs::set_permissions(place.path("closed folder"), fs::Permissions::from_mode(0o755)).unwrap();
}
