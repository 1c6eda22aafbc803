//! Listing, reading, searching and checking it, and going on after it.

use larder_engine::{CheckLevel, GcOptions, Node, SnapshotInfo, Store, Tree, Unwatched, check, find, gc};
use larder_model::TreePath;
use larder_testkit::{
    compare::{Kept, assert_same},
    memory::assert_peak_below,
    tree::MemoryTree,
};

use super::{
    PEAK_MIB, assert_damage,
    builds::{BUILDS, Outcome::Harmless},
    written,
};

#[test]
fn looking_at_it_and_backing_up_after_it_work() {
    for (what, build, outcome) in BUILDS {
        println!("{what}: {:?} MiB so far", larder_testkit::memory::peak_mib());
        let (larder, info) = written(*build);
        let store = larder.open();
        let mut files = Vec::new();
        let walked = store.tree(&info).and_then(|tree| {
            tree.walk(&TreePath::top(), &mut |_, node| {
                files.push(node.clone());
                Ok(())
            })?;
            Ok(tree)
        });
        match walked {
            Err(problem) => assert_damage(&problem, what),
            Ok(tree) => {
                for node in files.iter().filter(|node| node.entry.kind == larder_model::Kind::File) {
                    let mut head = [0; 1 << 16];
                    let _ = tree.read(node, &mut &mut head[..]);
                    read_in_ranges(&tree, node);
                }
            }
        }
        list_in_pages(&store, &info, what);
        let _ = find(&store, &[info], &mut |_, _| true, &mut |_, _, _| Ok(()));
        let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(*outcome == Harmless || !report.problems.is_empty(), "{what}: check finds nothing");
        if let Err(problem) = gc(&larder.open(), &GcOptions::default(), &Unwatched) {
            assert_damage(&problem, what);
        }
        let mut tree = MemoryTree::new(&larder.clock);
        tree.write("a", &b"an honest file"[..]);
        let tree = tree.shared();
        let id = larder.backup(&tree).snapshot.unwrap();
        let store = larder.open();
        let (restored, _) = larder.restored(&store, &store.snapshot(id).unwrap()).unwrap();
        assert_same(&tree.keep(), &restored, Kept::Restored, what);
        assert_peak_below(PEAK_MIB, what);
    }
}

/// A range is whole, or an error; it never panics and never takes more memory than the range.
fn read_in_ranges(tree: &Tree, node: &Node) {
    let Ok(file) = tree.file(node) else { return };
    for offset in [0, 1, 99, 1 << 40, u64::MAX - 1] {
        let mut buffer = [7; 100];
        if let Ok(read) = file.read_at(offset, &mut buffer) {
            assert_eq!(read as u64, node.entry.meta.size.saturating_sub(offset).min(100));
        }
    }
}

fn list_in_pages(store: &Store, info: &SnapshotInfo, what: &str) {
    let listed = store.tree(info).and_then(|tree| tree.folder(&TreePath::top())).and_then(|folder| {
        let _ = folder.rows();
        for row in [0, 1, 1 << 40, u64::MAX] {
            let _ = folder.page_at(row, 10);
        }
        folder.page(Some(b"a"), 10)?;
        folder.page(None, 10)
    });
    if let Err(problem) = listed {
        assert_damage(&problem, what);
    }
}
