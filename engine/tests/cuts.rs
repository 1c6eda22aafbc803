//! Where a backup cuts files: as a chunker that has the whole file before it, wherever the read buffer ends. Otherwise all would come back
//! as it was, and yet nothing be shared with what was stored before.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use larder_connect::Storage;
use larder_format::{
    chunker::{Chunker, Method},
    keys::BlobKind,
    pack::Directory,
};
use larder_testkit::{
    Larder, Rng, SMALL_CHUNKS,
    storage::MemoryStorage,
    tree::{Body, MemoryTree, Trouble},
};

/// What a worker reads into, with small chunks.
const BUFFER_LEN: usize = 32 << 10;

fn expected(larder: &Larder, content: &[u8]) -> Vec<u32> {
    let (identity, _) = larder.keys();
    let chunker = Chunker::new(Method::default(), SMALL_CHUNKS, &identity);
    assert_eq!(chunker.buffer_len(), BUFFER_LEN);
    let (mut rest, mut lengths) = (content, Vec::new());
    while !rest.is_empty() {
        let (chunk, more) = rest.split_at(chunker.cut_rest(rest));
        lengths.push(chunk.len() as u32);
        rest = more;
    }
    lengths
}

/// The lengths of the only file's chunks, in its order.
fn stored(larder: &Larder) -> Vec<u32> {
    let (_, keys) = larder.keys();
    let packs = larder.storage.list("packs").unwrap().into_iter().map(|info| {
        let pack = larder.storage.get(&info.name, None).unwrap();
        let range = Directory::locate(info.size, &pack).unwrap();
        Directory::open(keys.index(), &pack[range.start as usize..range.end as usize]).unwrap()
    });
    let mut content = packs.filter(|directory| directory.kind == BlobKind::Content);
    let lengths = content.next().map(|directory| directory.blobs.iter().map(|row| row.len).collect());
    assert!(content.next().is_none(), "one pack has all of it");
    lengths.unwrap_or_default()
}

fn backed_up(body: Body) -> Larder {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("file", body);
    larder.backup(&tree);
    larder
}

#[test]
fn cuts_do_not_depend_on_the_read_buffer() {
    for len in [BUFFER_LEN - 1, BUFFER_LEN, BUFFER_LEN + 1, 2 * BUFFER_LEN, 100_000, 300_000] {
        let content = Rng::new(len as u64).bytes(len);
        let larder = backed_up(content.clone().into());
        assert_eq!(stored(&larder), expected(&larder, &content), "{len}");
    }
}

#[test]
fn a_hole_ends_what_is_cut() {
    let mut rng = Rng::new(3);
    let [before, after] = [100_001, 70_003].map(|len| rng.bytes(len));
    let larder = backed_up(Body::default().with_data(before.clone()).with_hole(1 << 20).with_data(after.clone()));
    assert_eq!(stored(&larder), [expected(&larder, &before), expected(&larder, &after)].concat());
}

/// Files below 256 KiB are read to where they are compressed, if they are as long as they were said to be, or if small files are no longer.
#[test]
fn files_come_back_however_long_they_were_said_to_be() {
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let mut rng = Rng::new(11);
    let mut bodies: Vec<(String, Body, Option<u64>)> = Vec::new();
    // So many that frames end among them, and some of them twice.
    for number in 0..60 {
        let body = rng.bytes(5_000 * (number % 50 + 1));
        bodies.push((format!("{number:02}"), body.clone().into(), None));
        if number % 7 == 0 {
            bodies.push((format!("{number:02} again"), body.into(), None));
        }
    }
    for said in [1, 100, 4_096, 5_000, 200_000] {
        let mut lens = BTreeSet::from([0, 50, 3_000, 4_095, 4_096, 4_097, 262_143, 262_144, 300_000, 9_000_000]);
        lens.extend([said as usize - 1, said as usize + 1]);
        for len in lens {
            bodies.push((format!("{len} said to be {said}"), rng.bytes(len).into(), Some(said)));
            // So that it has neighbours that it is joined with.
            bodies.push((format!("{len} said to be {said}, behind it"), rng.bytes(len % 97 + 1).into(), None));
        }
        let small = Body::default().with_data(rng.bytes(60)).with_hole(30).with_data(rng.bytes(9));
        bodies.push((format!("a hole in what is said to be {said}"), small, Some(said)));
        let mut holes = Body::default();
        for len in [8_000, 100, 70_000] {
            holes = holes.with_data(rng.bytes(len)).with_hole(50_000);
        }
        bodies.push((format!("holes said to be {said}"), holes, Some(said)));
    }
    let tree = MemoryTree::new(&larder.clock).shared();
    for (path, body, said) in &bodies {
        tree.lock().write(path, body.clone());
        if let Some(said) = said {
            tree.lock().trouble(path, Trouble::Misdescribed(*said));
        }
    }
    for _ in 0..2 {
        larder.backup(&tree);
        let store = larder.open();
        let newest = store.snapshots().unwrap().snapshots.pop().unwrap();
        let (back, report) = larder.restored(&store, &newest).unwrap();
        assert_eq!(report.missing, 0);
        for (path, body, _) in &bodies {
            assert!(back.at(path).unwrap().body.reads_like(body), "{path}");
        }
    }
}
