//! Files read in ranges give the bytes that are there, open no more than what holds them, and are damaged rather than short.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use larder_connect::CountedStorage;
use larder_engine::{Content, Extent, FileReader, Node, Reader, Totals, Tree};
use larder_format::page::{Chunk, ContentTree};
use larder_model::{Problem, ProblemKind, TreePath};
use larder_testkit::{
    Larder, Rng,
    hostile::{HostileWriter, file},
    storage::MemoryStorage,
    tree::{Body, MemoryTree},
};

const CACHE_LEN: usize = 24 << 20;
const KIB: usize = 1 << 10;

/// The newest snapshot, and what was got from the storage since it was opened.
fn newest(larder: &Larder) -> (Tree<'static>, Arc<CountedStorage<MemoryStorage>>) {
    let counted = Arc::new(CountedStorage::new(larder.storage.clone()));
    let store = Arc::new(larder.open_on(counted.clone()).unwrap());
    let reader = Reader::open(store.clone(), CACHE_LEN).unwrap();
    (reader.tree(&store.find_snapshot("latest").unwrap()).unwrap(), counted)
}

fn open(tree: &Tree<'static>, name: &str) -> FileReader<'static> {
    tree.file(&node(tree, name)).unwrap()
}

fn node(tree: &Tree<'static>, name: &str) -> Node {
    tree.node(&tree.resolve(name.as_bytes()).unwrap()).unwrap().unwrap()
}

fn bodies(rng: &mut Rng) -> Vec<(&'static str, Body)> {
    vec![
        ("empty", Body::default()),
        ("small", Body::default().with_data(rng.bytes(700))),
        ("one more small one", Body::default().with_data(rng.bytes(70))),
        ("a blob", Body::default().with_data(rng.bytes(9 * KIB))),
        ("many chunks", Body::default().with_data(rng.bytes(3000 * KIB))),
        ("a hole", Body::default().with_hole(1 << 20)),
        (
            "holes between data",
            Body::default()
                .with_hole(5000)
                .with_data(rng.bytes(100 * KIB))
                .with_hole(3 << 20)
                .with_data(rng.bytes(5))
                .with_hole(1),
        ),
    ]
}

#[test]
fn ranges_of_every_kind_of_file_are_the_bytes_that_are_there() {
    let larder = Larder::new();
    let mut rng = Rng::new(41);
    let bodies = bodies(&mut rng);
    let tree = MemoryTree::new(&larder.clock).shared();
    for (name, body) in &bodies {
        tree.lock().write(*name, body.clone());
    }
    larder.backup(&tree);
    let (tree, _) = newest(&larder);
    for (name, body) in &bodies {
        let (bytes, file) = (body.to_bytes(), open(&tree, name));
        assert_eq!(file.size(), bytes.len() as u64, "{name}");
        for round in 0..200 {
            let offset = rng.below(bytes.len() + 100);
            let mut buffer = vec![0xee; rng.below(if round % 10 == 0 { 300 * KIB } else { 9 * KIB })];
            let read = file.read_at(offset as u64, &mut buffer).unwrap();
            let wanted = &bytes[offset.min(bytes.len())..(offset + buffer.len()).min(bytes.len())];
            assert_eq!(&buffer[..read], wanted, "{name}: seed 41, {} bytes from {offset}", buffer.len());
        }
        for _ in 0..100 {
            let (offset, len) = (rng.below(bytes.len() + 9), rng.below(20 * KIB));
            let wanted = &bytes[offset.min(bytes.len())..(offset + len).min(bytes.len())];
            assert_eq!(&*file.read(offset as u64, len).unwrap(), wanted, "{name}: seed 41, {len} bytes from {offset}");
            if let Some(held) = file.read_held(offset as u64, len) {
                assert_eq!(&*held, wanted, "{name}: seed 41, {len} bytes from {offset}, held");
            }
        }
        let mut all = vec![0xee; bytes.len()];
        assert_eq!(file.read_at(0, &mut all).unwrap(), bytes.len());
        assert_eq!(all, bytes, "{name}");
        assert_eq!(file.read_at(u64::MAX, &mut [0; 9]).unwrap(), 0, "{name}: beyond the end");
    }
}

#[test]
fn the_middle_of_a_large_file_costs_no_more_than_its_own_chunks() {
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let mut rng = Rng::new(3);
    let bytes = rng.bytes(120 << 20);
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("large", bytes.clone());
    larder.backup(&tree);
    let (tree, counted) = newest(&larder);
    let file = open(&tree, "large");
    let before = counted.counts();
    let mut buffer = vec![0; 100];
    file.read_at(77 << 20, &mut buffer).unwrap();
    assert_eq!(buffer, bytes[77 << 20..][..100]);
    let first = counted.counts();
    // The pages of the tree down to the leaf, the index blocks that tell where they are, and one chunk.
    assert!(first.gets - before.gets <= 8, "{} gets", first.gets - before.gets);
    assert!(first.bytes_got - before.bytes_got < 3 << 20, "{} bytes", first.bytes_got - before.bytes_got);

    let end = file.extent(77 << 20).unwrap().end;
    for offset in ((77 << 20)..end - 100).step_by(4096) {
        file.read_at(offset, &mut buffer).unwrap();
        assert_eq!(buffer, bytes[offset as usize..][..100]);
    }
    assert_eq!(counted.counts().gets, first.gets, "what lies in the same chunk is opened once");

    assert!(file.read_held(end - 50, 50).is_some() && file.read_held(end - 50, 100).is_none());
    assert_eq!(&*file.read_held(77 << 20, 100).unwrap(), &bytes[77 << 20..][..100]);

    let next = file.prefetch(end, 1).unwrap();
    assert_eq!(&*file.read_held(end - 50, 100).unwrap(), &bytes[end as usize - 50..][..100], "out of two pieces");
    let fetched = counted.counts();
    assert!(next > end && fetched.gets > first.gets);
    file.read_at(end, &mut buffer).unwrap();
    file.read_at(next - 100, &mut buffer).unwrap();
    assert_eq!(counted.counts().gets, fetched.gets, "what was fetched ahead is there");

    file.leave_behind(next - 1);
    assert!(file.read_held(end - 100, 100).is_none() && file.read_held(next - 100, 100).is_some());
    file.read_at(next - 100, &mut buffer).unwrap();
    assert_eq!(counted.counts().gets, fetched.gets, "what is not behind stays");
    file.read_at(77 << 20, &mut buffer).unwrap();
    assert_eq!(buffer, bytes[77 << 20..][..100], "what was left behind is read again");
    assert_eq!(counted.counts().gets, fetched.gets + 1);
}

#[test]
fn equal_pieces_that_lie_ahead_are_not_left_behind() {
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("equal", vec![7; 40 << 20]);
    larder.backup(&tree);
    let (tree, counted) = newest(&larder);
    let file = open(&tree, "equal");
    let end = file.prefetch(0, 12 << 20).unwrap();
    let fetched = counted.counts().gets;
    for offset in (0..end - 100).step_by(1 << 20) {
        file.leave_behind(offset);
        assert!(file.read_held(offset, 100).is_some_and(|bytes| *bytes == [7; 100]), "{offset}");
    }
    assert_eq!(counted.counts().gets, fetched);
}

#[test]
fn small_files_that_were_joined_are_opened_together() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    for number in 0..100 {
        tree.lock().write(format!("{number}"), format!("body {number}").into_bytes());
    }
    larder.backup(&tree);
    let (tree, counted) = newest(&larder);
    let mut buffer = [0; 20];
    let read = open(&tree, "0").read_at(0, &mut buffer).unwrap();
    assert_eq!(&buffer[..read], b"body 0");
    let before = counted.counts().gets;
    for number in 0..100 {
        let read = open(&tree, &number.to_string()).read_at(0, &mut buffer).unwrap();
        assert_eq!(&buffer[..read], format!("body {number}").as_bytes());
    }
    assert_eq!(counted.counts().gets, before, "one frame holds them all");
}

#[test]
fn sizes_that_do_not_add_up_are_damage_wherever_one_reads() {
    let larder = Larder::new();
    let mut writer = HostileWriter::new(&larder);
    let chunks: Vec<Chunk> = (0..2000u32)
        .map(|number| {
            let bytes = number.to_le_bytes().repeat(5);
            Chunk::Data { id: writer.content(&bytes), len: bytes.len() as u32 }
        })
        .collect();
    let mut tree = ContentTree::default();
    let mut store = |page: Vec<u8>| Ok::<_, Problem>(writer.blob(larder_format::keys::BlobKind::Page, &page));
    chunks.iter().try_for_each(|chunk| tree.push(*chunk, &mut store)).unwrap();
    let root = Content::Tree(tree.finish(&mut store).unwrap().unwrap());
    let blob = writer.content(&[1; 100]);
    let nodes = [
        file("blob is longer", 99, Content::Blob(blob)),
        file("blob is shorter", 101, Content::Blob(blob)),
        file("no content", 5, Content::Nothing),
        file("right", 40_000, root),
        file("slice is too long", 60, Content::Slice { blob, offset: 41 }),
        file("tree is longer", 39_999, root),
        file("tree is shorter", 40_001, root),
    ];
    let leaf = writer.leaf(&nodes);
    writer.finish(leaf, Totals::default());
    let (tree, _) = newest(&larder);
    for node in &nodes {
        let name = String::from_utf8_lossy(&node.entry.name);
        let file = tree.file(&tree.node(&TreePath::new(&*node.entry.name)).unwrap().unwrap()).unwrap();
        for offset in [0, node.entry.meta.size / 2, node.entry.meta.size - 1] {
            match file.read_at(offset, &mut [0; 10]) {
                Ok(read) => assert!(name == "right" && read > 0, "{name} at {offset}"),
                Err(problem) => assert!(problem.is(ProblemKind::Damaged) && name != "right", "{name}: {problem}"),
            }
        }
    }
}

#[test]
fn a_damaged_chunk_fails_what_it_holds_and_nothing_else() {
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let mut rng = Rng::new(5);
    let bytes = rng.bytes(9000 * KIB);
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("file", bytes.clone());
    larder.backup(&tree);
    for pack in larder.storage.names("packs") {
        let mut body = (*larder.storage.body(&pack).unwrap()).clone();
        // Content packs are the large ones.
        if body.len() > 300 * KIB {
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        larder.storage.overwrite(&pack, body);
    }
    let (tree, _) = newest(&larder);
    let file = open(&tree, "file");
    let (mut right, mut damaged) = (0, 0);
    for offset in (0..bytes.len()).step_by(KIB) {
        let mut buffer = [0; 100];
        match file.read_at(offset as u64, &mut buffer) {
            Ok(read) => {
                assert_eq!(buffer[..read], bytes[offset..][..read]);
                right += 1;
            }
            Err(problem) => {
                assert!(problem.is(ProblemKind::Damaged), "{problem}");
                damaged += 1;
            }
        }
    }
    assert!(right > 0 && damaged > 0, "{right} right, {damaged} damaged");
}

#[test]
fn holes_are_told_and_read_nothing() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    let body = Body::default().with_data(vec![1; 5000]).with_hole(1 << 40).with_data(vec![2; 10]);
    tree.lock().write("file", body);
    larder.backup(&tree);
    let (tree, counted) = newest(&larder);
    let file = open(&tree, "file");
    let (mut at, mut holes) = (0, 0);
    while at < file.size() {
        let extent = file.extent(at).unwrap();
        holes += if extent.is_hole { extent.end - at } else { 0 };
        at = extent.end;
    }
    assert_eq!((at, holes), ((1 << 40) + 5010, 1 << 40));
    assert_eq!(file.extent(at).unwrap(), Extent { end: at, is_hole: false });
    let before = counted.counts().gets;
    let mut buffer = [9; 4096];
    file.read_at(1 << 39, &mut buffer).unwrap();
    assert!(buffer == [0; 4096] && counted.counts().gets == before);
    assert_eq!(file.read_at((1 << 40) + 5005, &mut buffer).unwrap(), 5);
    assert_eq!(buffer[..5], [2; 5]);
}

#[test]
fn what_is_no_file_is_not_opened() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("folder/file", &b"x"[..]);
    larder.backup(&tree);
    let (tree, _) = newest(&larder);
    let problem = tree.file(&node(&tree, "folder")).err().unwrap();
    assert!(problem.is(ProblemKind::Usage), "{problem}");
    assert!(tree.folder_of(&node(&tree, "folder/file")).is_err());
}
