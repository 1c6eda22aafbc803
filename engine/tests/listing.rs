//! Folders a page at a time: every way through them gives the same rows, and jumping reads no more than it has to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use larder_connect::CountedStorage;
use larder_engine::{BackupOptions, Content, Folder, FolderPage, Reader, Totals, Tree, Unwatched, backup};
use larder_format::page::{FolderChild, PageRef, encode_inner};
use larder_model::{BlobId, Kind, ProblemKind, TreePath};
use larder_testkit::{
    Larder, Rng,
    bulk::BulkSource,
    hostile::{HostileWriter, file},
    storage::MemoryStorage,
    tree::{MemoryTree, SharedTree},
};

const CACHE_LEN: usize = 24 << 20;

fn newest(larder: &Larder) -> (Tree<'static>, Arc<CountedStorage<MemoryStorage>>) {
    let counted = Arc::new(CountedStorage::new(larder.storage.clone()));
    let store = Arc::new(larder.open_on(counted.clone()).unwrap());
    let reader = Reader::open(store.clone(), CACHE_LEN).unwrap();
    (reader.tree(&store.find_snapshot("latest").unwrap()).unwrap(), counted)
}

fn root(tree: &Tree<'static>) -> Folder<'static> {
    tree.folder(&tree.roots()[0]).unwrap()
}

/// All names, by going from page to page.
fn names(folder: &Folder, limit: usize) -> Vec<Box<[u8]>> {
    let (mut names, mut after) = (Vec::<Box<[u8]>>::new(), None);
    loop {
        let page = folder.page(after.as_deref(), limit).unwrap();
        assert!(page.nodes.len() <= limit);
        names.extend(page.nodes.iter().map(|node| node.entry.name.clone()));
        match page.next {
            Some(next) => {
                assert_eq!(page.nodes.len(), limit, "a page before the last one is full");
                after = Some(next);
            }
            None => return names,
        }
    }
}

/// A folder of files, folders with things in them, and empty folders.
fn mixed(larder: &Larder, entries: usize) -> SharedTree {
    let tree = MemoryTree::new(&larder.clock).shared();
    for number in 0..entries {
        match number % 7 {
            0 => drop(tree.lock().write(format!("e{number:06}/a/b"), &b"deep"[..])),
            1 => drop(tree.lock().add(format!("e{number:06}"), Kind::Directory)),
            // Whole leaves without a folder: their length is told by the pages above.
            _ if number < entries / 2 => drop(tree.lock().write(format!("d{number:06}"), &b"x"[..])),
            _ => drop(tree.lock().write(format!("e{number:06}"), &b"x"[..])),
        }
    }
    tree
}

#[test]
fn every_way_through_a_folder_gives_the_same_rows() {
    for (seed, entries) in [0, 1, 5, 300, 6000].into_iter().enumerate() {
        println!("seed {seed}, {entries} entries");
        let larder = Larder::new();
        let mut rng = Rng::new(seed as u64);
        let source = mixed(&larder, entries);
        if entries == 0 {
            source.lock().write("only", &b"x"[..]);
        }
        larder.backup(&source);
        let (tree, _) = newest(&larder);
        let folder = root(&tree);
        let mut listed = Vec::new();
        tree.list(&tree.roots()[0], &mut |node| {
            listed.push(node.entry.name.clone());
            Ok(())
        })
        .unwrap();
        for limit in [1, 7, 1000].into_iter().filter(|limit| entries < 1000 || *limit > 1) {
            assert_eq!(names(&folder, limit), listed, "pages of {limit}");
        }
        assert_eq!(folder.rows().unwrap(), listed.len() as u64);
        for _ in 0..100 {
            let (row, limit) = (rng.below(listed.len() + 3), 1 + rng.below(600));
            let page = folder.page_at(row as u64, limit).unwrap();
            let wanted = &listed[row.min(listed.len())..(row + limit).min(listed.len())];
            let found: Vec<_> = page.nodes.iter().map(|node| node.entry.name.clone()).collect();
            assert_eq!(found, wanted, "{limit} rows from {row}");
            let is_last = row + limit >= listed.len();
            assert_eq!(page.next.as_deref(), wanted.last().map(|name| &**name).filter(|_| !is_last));
        }
        for name in listed.iter().take(50) {
            assert_eq!(folder.find(name).unwrap().unwrap().entry.name, *name);
            let between = [&name[..], b"\x01"].concat();
            assert!(folder.find(&between).unwrap().is_none());
            let after = folder.page(Some(&between), 1).unwrap();
            let at = listed.partition_point(|listed| **listed <= *between);
            assert_eq!(after.nodes.first().map(|node| &node.entry.name), listed.get(at), "after what is not there");
        }
    }
}

#[test]
fn an_empty_folder_and_what_is_no_folder() {
    let larder = Larder::new();
    let source = MemoryTree::new(&larder.clock).shared();
    source.lock().add("empty", Kind::Directory);
    source.lock().write("file", &b"x"[..]);
    larder.backup(&source);
    let (tree, _) = newest(&larder);
    let empty = tree.folder(&tree.resolve(b"empty").unwrap()).unwrap();
    assert_eq!(empty.rows().unwrap(), 0);
    assert!(empty.page(None, 10).unwrap().nodes.is_empty() && empty.page_at(0, 10).unwrap().nodes.is_empty());
    assert!(empty.find(b"a").unwrap().is_none());
    let problem = tree.folder(&tree.resolve(b"file").unwrap()).err().unwrap();
    assert!(problem.is(ProblemKind::Usage), "{problem}");
    let problem = tree.folder(&TreePath::new("/nowhere")).err().unwrap();
    assert!(problem.is(ProblemKind::NotFound), "{problem}");
}

#[test]
fn a_damaged_leaf_is_met_where_it_is() {
    let larder = Larder::new();
    let mut writer = HostileWriter::new(&larder);
    let names = |leaf: u32| (0..10).map(move |number| format!("{leaf}-{number}"));
    let children: Vec<FolderChild> = (0..4)
        .map(|leaf| {
            let nodes: Vec<_> = names(leaf).map(|name| file(name.as_bytes(), 0, Content::Nothing)).collect();
            let page = match leaf {
                1 => PageRef { id: BlobId([7; 32]), level: 0 },
                _ => writer.leaf(&nodes),
            };
            let totals = Totals { files: 10, folders: 0, bytes: 0 };
            FolderChild { last_name: nodes[9].entry.name.clone(), page, totals }
        })
        .collect();
    let root = writer.page(&encode_inner(1, &children), 1);
    writer.finish(root, Totals { files: 40, folders: 0, bytes: 0 });
    let (tree, _) = newest(&larder);
    let folder = tree.folder(&TreePath::top()).unwrap();
    let is_damage = |result: larder_model::Result<FolderPage>| result.is_err_and(|it| it.is(ProblemKind::Damaged));
    let page = folder.page(None, 25).unwrap();
    assert_eq!((page.nodes.len(), page.next.as_deref()), (10, Some(&b"0-9"[..])), "what comes before it");
    assert!(is_damage(folder.page(page.next.as_deref(), 25)));
    assert_eq!(folder.page(Some(b"1-9"), 25).unwrap().nodes.len(), 20, "what comes after it");
    assert_eq!(folder.find(b"3-3").unwrap().unwrap().entry.name, b"3-3"[..].into());
    assert!(folder.find(b"1-1").is_err());
    assert_eq!(folder.rows().unwrap(), 40);
    let page = folder.page_at(5, 25).unwrap();
    assert_eq!((page.nodes.len(), page.next.as_deref()), (5, Some(&b"0-9"[..])));
    assert!(is_damage(folder.page_at(10, 1)));
    assert_eq!(folder.page_at(25, 100).unwrap().nodes[0].entry.name, b"2-5"[..].into());
}

#[test]
fn a_leaf_of_another_length_than_the_page_above_says_is_damage() {
    let larder = Larder::new();
    let mut writer = HostileWriter::new(&larder);
    let page = writer.leaf(&[file("a", 0, Content::Nothing), file("b", 0, Content::Nothing)]);
    let child = FolderChild { last_name: b"b"[..].into(), page, totals: Totals { files: 3, folders: 0, bytes: 0 } };
    let root = writer.page(&encode_inner(1, &[child]), 1);
    writer.finish(root, Totals { files: 3, folders: 0, bytes: 0 });
    let (tree, _) = newest(&larder);
    let folder = tree.folder(&TreePath::top()).unwrap();
    assert!(folder.page_at(0, 3).is_err_and(|problem| problem.is(ProblemKind::Damaged)));
    assert_eq!(folder.page(None, 9).unwrap().nodes.len(), 2);
}

#[test]
fn a_folder_of_many_answers_in_a_moment() {
    const FILES: u32 = 200_000;
    let larder = Larder::new();
    let source = BulkSource { files: FILES, changed: None };
    backup(&larder.open(), &source, &BackupOptions::default(), &Unwatched).unwrap();
    let (tree, counted) = newest(&larder);
    let folder = root(&tree);
    assert_eq!(folder.rows().unwrap(), u64::from(FILES));
    folder.page_at(0, 100).unwrap();
    let before = counted.counts().gets;
    let began = Instant::now();
    for number in 0..50u64 {
        let row = number * 7919 * 31 % u64::from(FILES);
        let page = folder.page_at(row, 100).unwrap();
        assert_eq!(&*page.nodes[0].entry.name, format!("file-{row:08}").as_bytes());
        let page = folder.page(Some(format!("file-{row:08}").as_bytes()), 1).unwrap();
        assert_eq!(&*page.nodes[0].entry.name, format!("file-{:08}", row + 1).as_bytes());
    }
    let (took, gets) = (began.elapsed(), counted.counts().gets - before);
    println!("50 jumps: {took:?}, {gets} gets");
    // Two frames a jump at most, if two leaves hold its rows, and the index blocks that tell where they are.
    assert!(gets <= 50 * 4, "{gets} gets");
    assert!(took < Duration::from_secs(5), "{took:?}");
}
