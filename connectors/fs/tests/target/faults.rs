//! What goes wrong is named, and nothing half-made stays.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use larder_connect::{New, Target, Ticket};
use larder_fs::{FsTarget, TargetOptions};
use larder_model::ProblemKind;

use super::kit::{Place, file, folder};
use crate::common::{SmallDisk, tree};

const TARGET: &str = "LARDER_TEST_TARGET";

#[test]
fn a_target_is_made_only_when_asked() {
    let parent = tempfile::tempdir().unwrap();
    let target = FsTarget::new(parent.path().join("a/b"), TargetOptions::default());
    assert!(target.top(false).unwrap().is_none());
    assert!(target.abilities().symlinks, "known before it is there");
    assert!(!parent.path().join("a").exists());
    assert!(target.top(true).unwrap().is_some());
    assert!(target.top(false).unwrap().is_some());
}

#[test]
fn a_file_is_no_target() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for path in [file.path().to_owned(), file.path().join("below/it")] {
        for make in [false, true] {
            let problem = FsTarget::new(&path, TargetOptions::default()).top(make).err().unwrap();
            assert!(problem.is(ProblemKind::Conflict), "{problem}");
            let expected = format!("cannot restore to {}: {} is no folder", path.display(), file.path().display());
            assert_eq!(problem.message(), expected);
        }
    }
}

fn full_disk_leaves_nothing(disk: &SmallDisk, target: &FsTarget) {
    let top = target.top(true).unwrap().unwrap();
    let mut entry = file("large");
    entry.meta.size = 3 << 20;
    let new = top.create(&New::of(&entry)).unwrap();
    let chunk = vec![1; 256 << 10];
    let problem = (0..12).find_map(|piece| new.write_at(piece * (256 << 10), &chunk).err()).unwrap();
    assert!(problem.is(ProblemKind::NoSpace), "{problem}");
    assert!(problem.message().contains("large") && problem.hint_text().is_some(), "{problem}");
    drop(new);
    assert_eq!(tree(disk.path()).len(), 0);
    let place = Place::at(disk.path(), TargetOptions::default());
    place.write(&file("small"), b"the space is free again");
}

#[test]
fn a_full_disk_leaves_no_part_of_a_file() {
    if let Some(disk) = SmallDisk::mount("size=1m") {
        full_disk_leaves_nothing(&disk, &FsTarget::new(disk.path(), TargetOptions::default()));
    }
}

#[test]
fn a_full_disk_without_unnamed_files_leaves_no_part_of_a_file() {
    if let Some(disk) = SmallDisk::mount("size=1m") {
        let target = FsTarget::new(disk.path(), TargetOptions::default()).with_named_drafts();
        full_disk_leaves_nothing(&disk, &target);
    }
}

#[test]
fn a_folder_is_not_replaced_by_a_file() {
    let place = Place::new();
    place.folder("folder");
    let new = place.top.create(&New::of(&file("folder"))).unwrap();
    let problem = new.finish(&mut place.skips()).unwrap_err();
    assert!(problem.is(ProblemKind::Conflict), "{problem}");
    assert_eq!(tree(&place.path("")).len(), 1);
    place.write(&file("file"), b"");
    let problem = place.top.make_folder(&folder("file"), Ticket(0), &mut place.skips()).err().unwrap();
    assert!(problem.is(ProblemKind::Conflict), "{problem}");
}

/// The restore that the next test kills: no test of its own.
#[test]
fn restore_to_be_killed() {
    let Ok(path) = std::env::var(TARGET) else { return };
    let place = Place::at(path.as_ref(), TargetOptions::default());
    let content = vec![7; 3 << 20];
    for number in 0..u32::MAX {
        place.write(&file(&format!("{}", number % 10)), &content);
        println!("\nwrote {number}");
    }
}

#[test]
fn a_killed_restore_leaves_whole_files_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let mut restore = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "target::faults::restore_to_be_killed", "--nocapture"])
            .env(TARGET, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(restore.stdout.take().unwrap()).lines();
        lines.find(|line| line.as_ref().unwrap().starts_with("wrote ")).unwrap().unwrap();
        let drain = thread::spawn(move || lines.count());
        thread::sleep(Duration::from_millis(5 * round));
        restore.kill().unwrap();
        restore.wait().unwrap();
        drain.join().unwrap();
        for name in tree(folder.path()) {
            let size = fs::metadata(folder.path().join(&name)).unwrap().len();
            assert_eq!(size, 3 << 20, "{name:?}");
        }
    }
}
