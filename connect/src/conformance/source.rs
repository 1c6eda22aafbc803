//! What every [`Source`] must do, as tests. Each case gets a fresh place with nothing in it.
//!
//! The suite panics where the contract is broken, with the name of the case as the last line printed.

#![allow(clippy::unwrap_used)] // A suite of tests: what it did not expect should stop it there.

use std::{sync::Arc, thread};

use larder_model::{Entry, Kind, Metadata, Problem, ProblemKind, Result, Skip, TreePath};

use crate::{Folder, Names, Piece, Source};

/// A place that the suite fills, and the source of it. Paths are relative to the one root.
pub trait Place {
    fn source(&self) -> Box<dyn Source>;

    /// Makes a file, or gives it other bytes. Folders on the way are made.
    fn write(&self, path: &str, body: &[u8]);

    fn make_folder(&self, path: &str);

    /// Puts an item in the place of another, or where nothing is.
    fn rename(&self, from: &str, to: &str);

    /// Removes a file, or an empty folder.
    fn remove(&self, path: &str);

    /// Makes a link; `false` where there is no such thing.
    fn link(&self, path: &str, target: &str) -> bool;
}

type Case<P> = (&'static str, fn(&P));

/// Runs the whole suite on places that `make` returns, a new one for each case.
pub fn run<P: Place>(make: impl Fn() -> P) {
    let cases: &[Case<P>] = &[
        ("the top leads to the roots and knows nothing else", way_to_the_roots),
        ("the same place has the same origin", origin_stays),
        ("names are sorted and occur once", names_are_sorted),
        ("an empty folder has no names", empty_folder),
        ("every name is described", every_name_is_described),
        ("what is not there has no description", nothing_is_none),
        ("reading gives every byte, whatever the buffer", reading_is_exact),
        ("a file that stayed as it was is described alike after reading", unchanged_is_alike),
        ("a file that changed is described otherwise after reading", changed_is_otherwise),
        ("a file that vanished is not found", vanished_file),
        ("a file that was replaced is not read in its place", replaced_file),
        ("only folders are opened as folders", folders_only),
        ("a link is never followed", links_are_not_followed),
        ("an open folder stays the same folder", folder_stays),
        ("the listing of a folder that is gone is an error", gone_folder),
        ("many folders deep", deep),
        ("several threads at a time", threads),
    ];
    for (name, case) in cases {
        println!("source: {name}");
        case(&make());
    }
}

fn no_skip(skip: Skip) {
    panic!("nothing should be skipped, but {} is: {}", skip.path, skip.message);
}

fn root(source: &dyn Source) -> Arc<dyn Folder> {
    source.roots()[0].names().fold(source.top().unwrap(), |folder, name| folder.folder(name).unwrap())
}

fn open(source: &dyn Source, path: &str) -> Arc<dyn Folder> {
    path.split('/').fold(root(source), |folder, name| folder.folder(name.as_bytes()).unwrap())
}

fn names(folder: &dyn Folder) -> Vec<String> {
    let names = folder.names(&mut no_skip).unwrap();
    names.iter().map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
}

fn stat(folder: &dyn Folder, name: &str) -> Entry {
    folder.stat(name.as_bytes(), &mut no_skip).unwrap().unwrap()
}

/// All bytes of a file, and how it is described after that.
fn read(folder: &dyn Folder, entry: &Entry, buffer_bytes: usize) -> Result<(Vec<u8>, Metadata)> {
    let mut file = folder.open(entry)?;
    let mut buffer = vec![0; buffer_bytes];
    let mut body = Vec::new();
    loop {
        match file.next(&mut buffer)? {
            Piece::Data(len) => {
                assert!(len > 0, "a piece of data has bytes");
                body.extend_from_slice(&buffer[..len]);
            }
            Piece::Hole(len) => {
                assert!(len > 0, "a hole has a length");
                body.resize(body.len() + usize::try_from(len).unwrap(), 0);
            }
            Piece::End => return Ok((body, file.finish(&mut no_skip)?)),
        }
    }
}

fn not_found<T>(result: Result<T>) -> Problem {
    let problem = result.err().expect("what is not there is not found");
    assert!(problem.is(ProblemKind::NotFound), "{problem}");
    problem
}

/// Bytes that are not alike anywhere.
fn bytes(len: usize) -> Vec<u8> {
    (0..len as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn way_to_the_roots(place: &impl Place) {
    place.write("file", b"x");
    let source = place.source();
    let roots = source.roots();
    assert_eq!(roots.len(), 1);
    let mut folder = source.top().unwrap();
    let mut path = TreePath::top();
    for name in roots[0].names() {
        assert_eq!(folder.path(), path);
        let listed = folder.names(&mut no_skip).unwrap();
        assert_eq!(listed.iter().collect::<Vec<_>>(), [name], "{path} lists the way and nothing else");
        let entry = folder.stat(name, &mut no_skip).unwrap().unwrap();
        path.push(name);
        assert_eq!(entry.kind, Kind::Directory);
        assert!(path == roots[0] || entry.meta == Metadata::default(), "{path} is on the way, and known by name alone");
        folder = folder.folder(name).unwrap();
    }
    assert_eq!(folder.path(), roots[0]);
    assert_eq!(names(&*folder), ["file"]);
}

fn origin_stays(place: &impl Place) {
    let origin = place.source().origin();
    place.write("new", b"x");
    assert_eq!(place.source().origin(), origin);
    assert!(!origin.connector.is_empty());
    assert!(!origin.identity.is_empty());
}

fn names_are_sorted(place: &impl Place) {
    let expected = [".hidden", "-dash", "B", "a b", "a-b", "a.b", "a0", "ab", "z", "\u{e4}", "\u{2615}"];
    let mut sorted = expected;
    sorted.sort_unstable_by_key(|name| name.as_bytes().to_vec());
    for name in expected {
        place.write(&format!("folder/{name}"), name.as_bytes());
    }
    place.make_folder("folder/sub");
    let folder = open(&*place.source(), "folder");
    let mut listed = names(&*folder);
    assert!(listed.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()), "{listed:?}");
    listed.retain(|name| name != "sub");
    assert_eq!(listed, sorted);
    assert_eq!(names(&*folder).len(), sorted.len() + 1, "a folder can be listed again");
}

fn empty_folder(place: &impl Place) {
    place.make_folder("empty");
    assert!(names(&*open(&*place.source(), "empty")).is_empty());
}

fn every_name_is_described(place: &impl Place) {
    place.write("file", b"four");
    place.make_folder("folder");
    let source = place.source();
    let root = root(&*source);
    let listed: Names = root.names(&mut no_skip).unwrap();
    for index in 0..listed.len() {
        let entry = root.stat(listed.name(index), &mut no_skip).unwrap().unwrap();
        assert_eq!(&*entry.name, listed.name(index));
        assert!(listed.kind(index).is_none_or(|kind| kind == entry.kind), "{entry:?}");
        let mut meta = entry.meta.clone();
        root.details(&entry.name, &mut meta, &mut no_skip).unwrap();
        assert!(meta.xattrs.is_sorted_by(|a, b| a.name < b.name));
    }
    assert_eq!((stat(&*root, "file").kind, stat(&*root, "file").meta.size), (Kind::File, 4));
    assert_eq!((stat(&*root, "folder").kind, stat(&*root, "folder").meta.size), (Kind::Directory, 0));
}

fn nothing_is_none(place: &impl Place) {
    place.make_folder("folder");
    let folder = open(&*place.source(), "folder");
    assert_eq!(folder.stat(b"nothing", &mut no_skip).unwrap(), None);
}

fn reading_is_exact(place: &impl Place) {
    let lens = [0, 1, 4095, 4096, 65_535, 65_536, 65_537, 1 << 20, (3 << 20) + 7];
    for len in lens {
        place.write(&len.to_string(), &bytes(len));
    }
    let source = place.source();
    let root = root(&*source);
    for len in lens {
        for buffer_bytes in [1000, 65_536, 4 << 20] {
            let entry = stat(&*root, &len.to_string());
            let (body, after) = read(&*root, &entry, buffer_bytes).unwrap();
            assert!(body == bytes(len), "{len} bytes through a buffer of {buffer_bytes}");
            assert_eq!(after.size, len as u64);
        }
    }
}

/// What a caller compares.
fn compared(meta: &Metadata) -> impl PartialEq + std::fmt::Debug + use<> {
    (meta.size, meta.mtime, meta.ctime, meta.stamp, meta.fingerprint.clone())
}

fn unchanged_is_alike(place: &impl Place) {
    place.write("file", &bytes(100_000));
    let source = place.source();
    let root = root(&*source);
    let entry = stat(&*root, "file");
    let (_, after) = read(&*root, &entry, 1 << 20).unwrap();
    assert_eq!(compared(&after), compared(&entry.meta));
}

fn changed_is_otherwise(place: &impl Place) {
    place.write("file", &bytes(100_000));
    let source = place.source();
    let root = root(&*source);
    let entry = stat(&*root, "file");
    place.write("file", &bytes(100_001));
    // A source whose files are revisions may say that this one is gone, or read it as it was.
    if let Ok((body, after)) = read(&*root, &entry, 1 << 20)
        && body != bytes(100_000)
    {
        assert_ne!(compared(&after), compared(&entry.meta));
    }
}

fn vanished_file(place: &impl Place) {
    place.write("small", b"x");
    place.write("large", &bytes(1 << 20));
    let source = place.source();
    let root = root(&*source);
    for name in ["small", "large"] {
        let entry = stat(&*root, name);
        place.remove(name);
        not_found(read(&*root, &entry, 1000));
        assert_eq!(root.stat(name.as_bytes(), &mut no_skip).unwrap(), None);
    }
}

fn replaced_file(place: &impl Place) {
    for len in [10, 1 << 20] {
        place.write("file", &bytes(len));
        place.write("other", &vec![0; len]);
        // A source may list once, before anything else.
        let source = place.source();
        let root = root(&*source);
        let entry = stat(&*root, "file");
        place.rename("other", "file");
        // A source whose files are revisions may still have the one that was listed.
        match read(&*root, &entry, 1000) {
            Ok((body, _)) => assert!(body == bytes(len), "another file is not read in its place"),
            gone => drop(not_found(gone)),
        }
    }
}

fn folders_only(place: &impl Place) {
    place.write("file", b"x");
    let source = place.source();
    let root = root(&*source);
    not_found(root.folder(b"file").map(drop));
    not_found(root.folder(b"nothing").map(drop));
}

fn links_are_not_followed(place: &impl Place) {
    place.make_folder("folder");
    place.write("file", b"secret");
    let entry = stat(&*root(&*place.source()), "file");
    place.remove("file");
    place.write("target", b"secret");
    if !place.link("to-folder", "folder") || !place.link("file", "target") {
        return;
    }
    let source = place.source();
    let root = root(&*source);
    let link = stat(&*root, "to-folder");
    assert_eq!((link.kind, link.meta.target.as_deref()), (Kind::Symlink, Some(&b"folder"[..])));
    not_found(root.folder(b"to-folder").map(drop));
    not_found(read(&*root, &entry, 1000));
}

fn folder_stays(place: &impl Place) {
    place.write("folder/inside", b"x");
    let source = place.source();
    let folder = open(&*source, "folder");
    place.rename("folder", "elsewhere");
    place.write("folder/another", b"y");
    // A source that knows folders by their path alone may say that this one is gone, but never shows the other one.
    match folder.names(&mut no_skip) {
        Ok(names) => assert_eq!(names.iter().collect::<Vec<_>>(), [b"inside"]),
        Err(problem) => assert!(problem.is(ProblemKind::NotFound), "{problem}"),
    }
}

fn gone_folder(place: &impl Place) {
    place.make_folder("folder");
    let folder = open(&*place.source(), "folder");
    place.remove("folder");
    // A source that has listed everything before tells what it listed.
    match folder.names(&mut no_skip) {
        Ok(names) => assert!(names.is_empty()),
        gone => drop(not_found(gone)),
    }
}

fn deep(place: &impl Place) {
    let path = vec!["folder"; 100].join("/");
    place.write(&format!("{path}/file"), b"x");
    let source = place.source();
    let folder = open(&*source, &path);
    assert_eq!(names(&*folder), ["file"]);
    assert_eq!(folder.path(), source.roots()[0].joined(&path));
}

fn threads(place: &impl Place) {
    for number in 0..500 {
        place.write(&format!("folder/{number:03}"), &bytes(number));
    }
    let folder = open(&*place.source(), "folder");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let listed = names(&*folder);
                assert_eq!(listed.len(), 500);
                for (number, name) in listed.iter().enumerate() {
                    let (body, _) = read(&*folder, &stat(&*folder, name), 200).unwrap();
                    assert!(body == bytes(number));
                }
            });
        }
    });
}
