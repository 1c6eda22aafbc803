//! Holes, and files that change while they are read.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{FileExt, MetadataExt},
};

use larder_connect::Piece;
use larder_fs::SourceOptions;

use super::walk::{Tree, walk};

const MIB: u64 = 1 << 20;

/// Where data is, and how much of it.
type Data = [(u64, usize)];

fn sparse(tree: &Tree, name: &str, size: u64, data: &Data) -> bool {
    let file = File::create(tree.at(name)).unwrap();
    file.set_len(size).unwrap();
    for (at, len) in data {
        file.write_all_at(&vec![b'x'; *len], *at).unwrap();
    }
    file.sync_all().unwrap();
    file.metadata().unwrap().blocks() * 512 < size
}

#[test]
fn holes_are_not_read() {
    let tree = Tree::new();
    let files: [(&str, u64, &Data); 5] = [
        ("all-hole", 5 * MIB, &[]),
        ("data-first", 5 * MIB, &[(0, 100)]),
        ("data-last", 5 * MIB, &[(5 * MIB - 1, 1)]),
        ("in-between", 9 * MIB + 1, &[(MIB, 5), (4 * MIB, 1 << 20), (9 * MIB, 1)]),
        ("small", 100_000, &[(0, 1)]),
    ];
    for (name, size, data) in files {
        if !sparse(&tree, name, size, data) {
            return println!("skipped: no holes on this file system");
        }
    }
    let met = tree.walk(&SourceOptions::default());
    for (name, size, data) in files {
        let body = &met.bodies[name.as_bytes()];
        assert!(*body == fs::read(tree.at(name)).unwrap(), "{name}");
        let (holes, written) = (met.holes[name.as_bytes()], data.iter().map(|(_, len)| *len as u64).sum::<u64>());
        assert!(holes <= size - written && holes >= size - written - 70_000, "{name}: {holes} of {size} are holes");
    }
}

#[test]
fn a_terabyte_of_nothing_takes_no_time() {
    let tree = Tree::new();
    if !sparse(&tree, "huge", 1 << 40, &[(1 << 39, 3)]) {
        return;
    }
    let folder = tree.open("");
    let entry = folder.stat(b"huge", &mut |_| ()).unwrap().unwrap();
    let mut file = folder.open(&entry).unwrap();
    let (mut data, mut holes, mut buffer) = (0, 0, vec![0; 1 << 16]);
    loop {
        match file.next(&mut buffer).unwrap() {
            Piece::Data(len) => data += len as u64,
            Piece::Hole(len) => holes += len,
            Piece::End => break,
        }
    }
    assert_eq!(data + holes, 1 << 40);
    assert!(data < 1 << 20, "{data}");
}

#[test]
fn what_was_added_since_is_not_read_but_noticed() {
    let tree = Tree::with(&["log"]);
    let folder = tree.open("");
    let entry = folder.stat(b"log", &mut |_| ()).unwrap().unwrap();
    let mut file = folder.open(&entry).unwrap();
    File::options().append(true).open(tree.at("log")).unwrap().write_all(b"more").unwrap();
    let mut buffer = [0; 100];
    assert_eq!(file.next(&mut buffer).unwrap(), Piece::Data(3));
    assert_eq!(file.next(&mut buffer).unwrap(), Piece::End);
    assert_eq!(file.finish(&mut |_| ()).unwrap().size, 7);
}

#[test]
fn what_was_cut_off_ends_early_and_is_noticed() {
    for size in [1000, 10 * MIB] {
        let tree = Tree::new();
        fs::write(tree.at("file"), vec![1; size as usize]).unwrap();
        let folder = tree.open("");
        let entry = folder.stat(b"file", &mut |_| ()).unwrap().unwrap();
        let mut file = folder.open(&entry).unwrap();
        File::options().write(true).open(tree.at("file")).unwrap().set_len(10).unwrap();
        let mut buffer = vec![0; 1 << 20];
        assert_eq!(file.next(&mut buffer).unwrap(), Piece::Data(10));
        assert_eq!(file.next(&mut buffer).unwrap(), Piece::End);
        assert_eq!(file.finish(&mut |_| ()).unwrap().size, 10);
    }
}

#[test]
fn a_sparse_file_that_is_cut_off_ends() {
    let tree = Tree::new();
    if !sparse(&tree, "file", 10 * MIB, &[(0, 4096), (9 * MIB, 4096)]) {
        return;
    }
    let folder = tree.open("");
    let entry = folder.stat(b"file", &mut |_| ()).unwrap().unwrap();
    let mut file = folder.open(&entry).unwrap();
    let mut buffer = vec![0; 1 << 20];
    assert!(matches!(file.next(&mut buffer).unwrap(), Piece::Data(_)));
    File::options().write(true).open(tree.at("file")).unwrap().set_len(100).unwrap();
    let ended = (0..10).any(|_| file.next(&mut buffer).unwrap() == Piece::End);
    assert!(ended);
    assert_eq!(file.finish(&mut |_| ()).unwrap().size, 100);
}

#[test]
fn files_that_are_made_up_when_read_are_whole() {
    let root = std::path::Path::new("/proc/sys/kernel/ostype");
    let Ok(expected) = fs::read(root) else { return };
    let source = larder_fs::FsSource::new(&[root.to_owned()], &SourceOptions::default()).unwrap();
    let met = walk(&source, root.parent().unwrap());
    assert_eq!(met.bodies[&b"ostype"[..]], expected);
}
