//! Snapshots that no honest writer makes. Whatever they say: nothing is written outside the place that was named, nothing
//! panics, memory stays bounded, and what is wrong is an error or a missing item.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use larder_engine::{
    CheckLevel, Content, GcOptions, Node, RestoreOptions, Totals, Unwatched, check, find, gc, restore,
};
use larder_format::{
    frame::FrameCodec,
    keys::BlobKind,
    page::{Chunk, ContentTree, FolderChild, LongXattr, PageRef, encode_inner},
};
use larder_fs::{FsTarget, TargetOptions};
use larder_model::{BlobId, LinkId, Problem, ProblemKind, TreePath};
use larder_testkit::{
    Larder,
    compare::{Kept, assert_same},
    hostile::{HostileWriter, file, folder, symlink},
    memory::assert_peak_below,
    tree::{MemoryTarget, MemoryTree},
};

/// What a test may take, the bomb of 16 MiB that it makes and the caches included. Nothing that a snapshot says may make it more.
const PEAK_MIB: u64 = 100;
/// Paths of 10,000 folders, each 20 kB long at the bottom, are held by the target in memory and by what compares it.
const DEEP_PEAK_MIB: u64 = 500;

/// Builds a snapshot; returns its root page.
type Build = fn(&mut HostileWriter) -> PageRef;

/// What must come of a restore.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Outcome {
    /// Something is missing, or the restore is refused.
    Named,
    /// It may be what it says: then it can be restored.
    Harmless,
}

use Outcome::{Harmless, Named};

const BUILDS: &[(&str, Build, Outcome)] = &[
    ("a name that leads up", |writer| named(writer, b".."), Named),
    ("a name that stays", |writer| named(writer, b"."), Named),
    ("no name", |writer| named(writer, b""), Named),
    ("a path as a name", |writer| named(writer, b"../outside/secret"), Named),
    ("an absolute name", |writer| named(writer, b"/outside/secret"), Named),
    ("a name with a zero byte", |writer| named(writer, b"a\0b"), Named),
    ("a folder that leads up", |writer| folder_up(writer), Named),
    ("a link, and a folder of its name on another page", |writer| link_then_folder(writer), Named),
    ("a link, and a file of its name on another page", |writer| link_then_file(writer), Named),
    ("pages out of order", |writer| out_of_order(writer), Harmless),
    ("a link without a target", |writer| writer.leaf(&[symlink("a", None)]), Named),
    ("a link to a zero byte", |writer| writer.leaf(&[symlink("a", "x\0y")]), Named),
    ("a hard link to a link", |writer| hard_link_to_link(writer), Harmless),
    ("a slice beyond its blob", |writer| slice(writer, 100, 50), Named),
    ("a slice from beyond its blob", |writer| slice(writer, 1, u32::MAX), Named),
    ("a slice of everything", |writer| slice(writer, u64::MAX, 1), Named),
    ("a file longer than its blob", |writer| blob(writer, 1000), Named),
    ("a file longer than anything", |writer| blob(writer, u64::MAX), Named),
    ("a size without content", |writer| writer.leaf(&[file("a", u64::MAX, Content::Nothing)]), Named),
    ("a blob that is nowhere", |writer| writer.leaf(&[file("a", 9, Content::Blob(BlobId([7; 32])))]), Named),
    ("a blob that is another", |writer| forged(writer), Named),
    ("a page that is nowhere", |_| PageRef { id: BlobId([7; 32]), level: 0 }, Named),
    ("a root of a wrong level", |writer| PageRef { level: 3, ..named(writer, b"a") }, Named),
    ("a root of an impossible level", |writer| PageRef { level: 255, ..named(writer, b"a") }, Named),
    ("a child of a wrong level", |writer| wrong_child(writer), Named),
    ("content where a folder should be", |writer| content_as_folder(writer), Named),
    ("a folder where content should be", |writer| folder_as_content(writer), Named),
    ("bytes that are no page", |writer| writer.page(b"no page at all, only bytes", 0), Named),
    ("a page of absurd counts", |writer| writer.page(&[1, 0, 0, 0, 255, 255, 255, 255, 1, 255, 255, 3], 0), Named),
    ("holes that add up to too much", |writer| endless_holes(writer), Named),
    ("a hole where the size says less", |writer| holes(writer, 1, 1 << 40), Named),
    ("a frame that unpacks to more than it says", |writer| bomb(writer, 10), Named),
    ("a frame that says it unpacks to everything", |writer| bomb(writer, u32::MAX), Named),
    ("an index that leads beyond the pack", |writer| beyond_pack(writer), Named),
    ("an index that leads beyond the frame", |writer| beyond_frame(writer), Named),
    ("a long attribute that is nowhere", |writer| lost_attribute(writer), Named),
];

fn good(writer: &mut HostileWriter, name: &[u8]) -> Node {
    let content = writer.content(b"pwned");
    file(name, 5, Content::Blob(content))
}

fn named(writer: &mut HostileWriter, name: &[u8]) -> PageRef {
    let node = good(writer, name);
    writer.leaf(&[node])
}

fn folder_up(writer: &mut HostileWriter) -> PageRef {
    let below = named(writer, b"secret");
    let outside = writer.leaf(&[folder("outside", below)]);
    writer.leaf(&[folder("..", outside)])
}

/// Two leaves below an inner page, whatever their names are.
fn two_pages(writer: &mut HostileWriter, first: Node, second: Node) -> PageRef {
    let children = [first, second].map(|node| FolderChild {
        last_name: node.entry.name.clone(),
        page: writer.leaf(&[node]),
        totals: Totals::default(),
    });
    // An inner page checks its own names; these stand for what the leaves do not hold.
    let [first, second] = children;
    let children =
        [FolderChild { last_name: b"1"[..].into(), ..first }, FolderChild { last_name: b"2"[..].into(), ..second }];
    writer.page(&encode_inner(1, &children), 1)
}

fn link_then_folder(writer: &mut HostileWriter) -> PageRef {
    let below = named(writer, b"secret");
    two_pages(writer, symlink("link", "../outside"), folder("link", below))
}

fn link_then_file(writer: &mut HostileWriter) -> PageRef {
    let node = good(writer, b"link");
    two_pages(writer, symlink("link", "../outside/secret"), node)
}

fn out_of_order(writer: &mut HostileWriter) -> PageRef {
    let nodes = [good(writer, b"z"), good(writer, b"a")];
    let [first, second] = nodes;
    two_pages(writer, first, second)
}

fn hard_link_to_link(writer: &mut HostileWriter) -> PageRef {
    let (mut first, mut second) = (symlink("a", "../outside/secret"), good(writer, b"b"));
    let link = Some(LinkId { device: 1, inode: 1 });
    (first.entry.meta.link, second.entry.meta.link) = (link, link);
    writer.leaf(&[first, second])
}

fn slice(writer: &mut HostileWriter, size: u64, offset: u32) -> PageRef {
    let blob = writer.content(&[1; 100]);
    writer.leaf(&[file("a", size, Content::Slice { blob, offset })])
}

fn blob(writer: &mut HostileWriter, size: u64) -> PageRef {
    let blob = writer.content(&[1; 100]);
    writer.leaf(&[file("a", size, Content::Blob(blob))])
}

fn forged(writer: &mut HostileWriter) -> PageRef {
    let id = BlobId([9; 32]);
    writer.forge(BlobKind::Content, id, b"pwned");
    writer.leaf(&[file("a", 5, Content::Blob(id))])
}

fn wrong_child(writer: &mut HostileWriter) -> PageRef {
    let page = named(writer, b"a");
    let child = FolderChild { last_name: b"a"[..].into(), page, totals: Totals::default() };
    writer.page(&encode_inner(2, &[child]), 2)
}

fn tree_of(writer: &mut HostileWriter, chunks: &[Chunk]) -> PageRef {
    let mut tree = ContentTree::default();
    let mut store = |page: Vec<u8>| Ok::<_, Problem>(writer.blob(BlobKind::Page, &page));
    for chunk in chunks {
        tree.push(*chunk, &mut store).unwrap();
    }
    tree.finish(&mut store).unwrap().unwrap()
}

fn content_as_folder(writer: &mut HostileWriter) -> PageRef {
    let root = tree_of(writer, &[Chunk::Hole { len: 5 }]);
    writer.leaf(&[folder("a", root)])
}

fn folder_as_content(writer: &mut HostileWriter) -> PageRef {
    let root = named(writer, b"x");
    writer.leaf(&[file("a", 5, Content::Tree(root))])
}

fn holes(writer: &mut HostileWriter, count: usize, len: u64) -> PageRef {
    let root = tree_of(writer, &vec![Chunk::Hole { len }; count]);
    writer.leaf(&[file("a", 1000, Content::Tree(root))])
}

/// Five holes of nearly 2^63 bytes each, in a page by hand: an honest writer cannot count so far.
fn endless_holes(writer: &mut HostileWriter) -> PageRef {
    let longest = [&[255; 9][..], &[1]].concat();
    let page = [&[3, 0, 0, 0, 5, 0, 0, 0, 20, 0, 30, 50][..], &longest.repeat(5)].concat();
    let root = writer.page(&page, 0);
    writer.leaf(&[file("a", 1000, Content::Tree(root))])
}

/// 16 MiB of zeros in a few hundred bytes, which say that they are `says` bytes.
fn bomb(writer: &mut HostileWriter, says: u32) -> PageRef {
    let zeros = vec![0; 16 << 20];
    let id = writer.content(&zeros[..10]);
    let (_, keys) = Larder::new().keys();
    let (kind, mut pack) = (BlobKind::Content, Vec::new());
    FrameCodec::default().seal(keys.frames(kind), kind, &zeros, 3, &mut pack).unwrap();
    let mut plain = keys.frames(kind).open(kind.frame_kind(), &pack).unwrap();
    plain[4..8].copy_from_slice(&says.to_le_bytes());
    let bomb = BlobId([3; 32]);
    writer.frame(kind, bomb, &plain, says.min(16 << 20));
    writer.leaf(&[file("a", 10, Content::Blob(id)), file("b", u64::from(says), Content::Blob(bomb))])
}

fn beyond_pack(writer: &mut HostileWriter) -> PageRef {
    let page = named(writer, b"a");
    writer.lie(BlobKind::Content, |entry| (entry.frame_offset, entry.frame_len) = (u32::MAX, u32::MAX));
    page
}

fn beyond_frame(writer: &mut HostileWriter) -> PageRef {
    let page = named(writer, b"a");
    writer.lie(BlobKind::Content, |entry| (entry.offset, entry.len) = (u32::MAX, u32::MAX));
    page
}

fn lost_attribute(writer: &mut HostileWriter) -> PageRef {
    let mut node = good(writer, b"a");
    node.long_xattrs.push(LongXattr { name: b"user.a"[..].into(), value: BlobId([5; 32]), len: u32::MAX });
    writer.leaf(&[node])
}

fn written(build: Build) -> (Larder, larder_engine::SnapshotInfo) {
    let larder = Larder::new();
    let mut writer = HostileWriter::new(&larder);
    let root = build(&mut writer);
    let id = writer.finish(root, Totals { files: u64::MAX, folders: u64::MAX, bytes: u64::MAX });
    let info = larder.open().snapshot(id).unwrap();
    (larder, info)
}

fn assert_damage(problem: &Problem, what: &str) {
    let known = matches!(problem.kind(), ProblemKind::Damaged | ProblemKind::Unsupported);
    assert!(known, "{what}: {:?}: {problem}", problem.kind());
}

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
                }
            }
        }
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

/// Folders that hold themselves twice, over and over: few pages, more paths than anybody can walk.
#[test]
fn what_repeats_itself_is_looked_at_once() {
    let (larder, _) = written(|writer| {
        let mut page = named(writer, b"a");
        for _ in 0..60 {
            page = writer.leaf(&[folder("a", page), folder("b", page)]);
        }
        page
    });
    let began = Instant::now();
    check(&larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    gc(&larder.open(), &GcOptions::default(), &Unwatched).unwrap();
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_peak_below(PEAK_MIB, "folders that hold themselves");
}

#[test]
fn folders_nested_absurdly_deep_overflow_no_stack() {
    let (larder, info) = written(|writer| {
        let mut page = named(writer, b"a");
        for _ in 0..10_000 {
            page = writer.leaf(&[folder("d", page)]);
        }
        page
    });
    let store = larder.open();
    let (restored, report) = larder.restored(&store, &info).unwrap();
    assert_eq!((report.missing, restored.walk().len()), (0, 10_001));
    check(&store, CheckLevel::Structure, &Unwatched).unwrap();
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    assert_peak_below(DEEP_PEAK_MIB, "deep folders");
}
