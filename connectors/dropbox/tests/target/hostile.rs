//! Snapshots that somebody made to do harm.

use larder_engine::{Content, Totals};
use larder_testkit::hostile::{HostileWriter, file, folder};

use super::kit::{World, overwrite};

const NAMES: [&[u8]; 7] = [b"..", b".", b"", b"../outside/secret", b"/outside/secret", b"a\0b", b"a/b"];

#[test]
fn nothing_is_written_outside_of_the_place() {
    for name in NAMES {
        for is_folder in [false, true] {
            let world = World::new();
            world.account.write("/outside/secret", b"untouched");
            world.account.make_folder("/Place");
            let mut writer = HostileWriter::new(&world.larder);
            let content = Content::Blob(writer.content(b"pwned"));
            let root = if is_folder {
                let below = writer.leaf(&[file("secret", 5, content)]);
                let node = folder(name, below);
                writer.leaf(&[node])
            } else {
                writer.leaf(&[file(name, 5, content)])
            };
            let id = writer.finish(root, Totals { files: u64::MAX, folders: u64::MAX, bytes: u64::MAX });
            let snapshot = world.store().snapshot(id).unwrap();
            let (report, rows) = world.try_restore(&snapshot, "/Place", &overwrite());
            let report = report.unwrap();
            assert!(report.missing > 0 && report.files == 0, "{name:?}: {report:?}: {:?}", rows.all());
            assert_eq!(world.account.read("/outside/secret").unwrap(), b"untouched");
            assert_eq!(world.account.paths(), ["/Place/", "/outside/", "/outside/secret"], "{name:?}");
            world.has_kept_the_rules();
        }
    }
}

#[test]
fn sizes_that_cannot_be_are_named() {
    for (size, content) in [(u64::MAX, None), (u64::MAX, Some(())), (1 << 50, Some(())), (1000, Some(()))] {
        let world = World::new();
        let mut writer = HostileWriter::new(&world.larder);
        let content = content.map_or(Content::Nothing, |()| Content::Blob(writer.content(b"short")));
        let root = writer.leaf(&[file("a", size, content)]);
        let id = writer.finish(root, Totals { files: 1, folders: 0, bytes: size });
        let snapshot = world.store().snapshot(id).unwrap();
        match world.try_restore(&snapshot, "/Place", &overwrite()).0 {
            Ok(report) => assert_eq!((report.files, report.missing), (0, 1), "{size}"),
            Err(problem) => assert_eq!(problem.kind(), larder_model::ProblemKind::NoSpace, "{problem}"),
        }
        assert_eq!(world.account.id_of("/Place/a"), None);
        world.has_kept_the_rules();
    }
}
