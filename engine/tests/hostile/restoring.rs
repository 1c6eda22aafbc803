//! Restoring it: to a tree in memory, and to a real folder.

use larder_engine::{RestoreOptions, Unwatched, restore};
use larder_fs::{FsTarget, TargetOptions};
use larder_testkit::{
    compare::{Kept, assert_same},
    memory::assert_peak_below,
    tree::{MemoryTarget, MemoryTree},
};

use super::{
    PEAK_MIB, assert_damage,
    builds::{BUILDS, Outcome::Harmless},
    written,
};

#[test]
fn nothing_is_written_outside_and_what_is_wrong_is_named() {
    for (what, build, outcome) in BUILDS {
        println!("{what}: {:?} MiB so far", larder_testkit::memory::peak_mib());
        let (larder, info) = written(*build);
        let mut tree = MemoryTree::new(&larder.clock);
        tree.write("outside/secret", &b"untouched"[..]);
        tree.add("inside", larder_model::Kind::Directory);
        let before = tree.clone();
        let target = MemoryTarget::new(&tree.shared(), "/inside");
        let ended = restore(&larder.open(), &info, None, &target, &RestoreOptions::default(), &Unwatched);
        match ended {
            Ok(report) => assert!(*outcome == Harmless || report.missing > 0, "{what}: nobody noticed: {report:?}"),
            Err(problem) => assert_damage(&problem, what),
        }
        let mut after = target.tree().keep();
        after.remove("inside");
        after.add("inside", larder_model::Kind::Directory);
        let (mut before, mut after) = (before, after);
        before.remove("inside");
        after.remove("inside");
        assert_same(&before, &after, Kept::Restored, what);
        assert_peak_below(PEAK_MIB, what);
    }
}

#[test]
fn nothing_is_written_outside_of_a_real_folder() {
    for (what, build, outcome) in BUILDS {
        println!("{what}: {:?} MiB so far", larder_testkit::memory::peak_mib());
        let (larder, info) = written(*build);
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("outside")).unwrap();
        let secret = place.path().join("outside/secret");
        std::fs::write(&secret, "untouched").unwrap();
        let target = FsTarget::new(place.path().join("inside"), TargetOptions::default());
        let ended = restore(&larder.open(), &info, None, &target, &RestoreOptions::default(), &Unwatched);
        match ended {
            Ok(report) => assert!(*outcome == Harmless || report.missing > 0, "{what}: nobody noticed: {report:?}"),
            Err(problem) => assert_damage(&problem, what),
        }
        assert_eq!(std::fs::read(&secret).unwrap(), b"untouched", "{what}");
        let mut names: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names.retain(|name| name != "inside");
        assert_eq!(names, ["outside"], "{what}");
        assert_eq!(std::fs::read_dir(place.path().join("outside")).unwrap().count(), 1, "{what}");
        assert_peak_below(PEAK_MIB, what);
    }
}
