//! What every [`Target`] must do, as tests. Each case gets a target of its own, where nothing was written yet.
//!
//! What was written is looked at through the target itself, after [`Target::flush`]; whether its own view is true, each connector's tests
//! must show. What a target says it cannot do is not asked of it.

#![allow(clippy::unwrap_used)] // A suite of tests: what it did not expect should stop it there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use larder_model::{Entry, Kind, Result, Skip, Time};

use crate::{Attribute, New, NewFile, OpenFile, Piece, Removal, State, Target, TargetFolder, Ticket};

type Top = Arc<dyn TargetFolder>;
type Case<T> = (&'static str, fn(&T, &Top));

/// Runs the whole suite on targets that `make` returns, a new one for each case.
pub fn run<T: Target>(make: impl Fn() -> T) {
    let cases: [Case<T>; 13] = [
        ("files come back as they were written", files),
        ("a file appears when it is whole", only_whole),
        ("a file takes another's place when it is whole", replaces),
        ("pieces in any order, from many threads", pieces_from_threads),
        ("what was not written is zero", holes),
        ("folders are made once", folders),
        ("a folder is no place for a file, nor a file for a folder", kinds_in_the_way),
        ("symlinks are written and not followed", symlinks),
        ("hard links are names of one file", hardlinks),
        ("metadata is kept and can be updated", metadata),
        ("removing takes all below along", removes),
        ("names that lead elsewhere are refused", hostile_names),
        ("names that are too long are written all the same", long_names),
    ];
    for (name, case) in cases {
        println!("target: {name}");
        let target = make();
        if let Some(top) = target.top(false).unwrap() {
            assert!(top.names().unwrap().is_empty(), "the place must be empty");
        }
        let top = target.top(true).unwrap().unwrap();
        case(&target, &top);
        target.flush(&mut no_skips).unwrap();
    }
}

fn no_skips(skip: Skip) {
    panic!("nothing should be skipped: {}", skip.message);
}

fn file_of(name: &str, size: u64) -> Entry {
    let mut entry = Entry::new(name.as_bytes(), Kind::File);
    entry.meta.size = size;
    entry.meta.mtime = Some(Time::new(1_500_000_000, 0));
    entry
}

fn folder_of(name: &str) -> Entry {
    Entry::new(name.as_bytes(), Kind::Directory)
}

fn symlink_of(name: &str, target: &str) -> Entry {
    let mut entry = Entry::new(name.as_bytes(), Kind::Symlink);
    entry.meta.target = Some(target.as_bytes().into());
    entry
}

fn ticket() -> Ticket {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Ticket(NEXT.fetch_add(1, Relaxed))
}

/// A file that was started, in place of what stands there.
fn start(top: &Top, name: &str, content: &[u8]) -> (Ticket, Box<dyn NewFile>) {
    let entry = file_of(name, content.len() as u64);
    let (over, ticket) = (top.look(name.as_bytes()).unwrap(), ticket());
    let over = over.filter(|over| !over.is_dir());
    let file = top.create(&New { over: over.as_ref(), ticket, ..New::of(&entry) }).unwrap();
    file.write_at(0, content).unwrap();
    (ticket, file)
}

/// What became of an order, now or in the end.
fn end<T: Target>(target: &T, ticket: Ticket, state: Result<State>) -> Result<()> {
    if state? == State::Done {
        return Ok(());
    }
    target.flush(&mut no_skips).unwrap();
    let mut ends = Vec::new();
    target
        .take_done(&mut |done, result| {
            if done == ticket {
                ends.push(result);
            }
        })
        .unwrap();
    assert_eq!(ends.len(), 1, "each order comes to one end");
    ends.remove(0)
}

fn finish<T: Target>(target: &T, (ticket, file): (Ticket, Box<dyn NewFile>)) -> Result<()> {
    end(target, ticket, file.finish(&mut no_skips))
}

fn write<T: Target>(target: &T, top: &Top, name: &str, content: &[u8]) {
    finish(target, start(top, name, content)).unwrap();
}

fn make_folder<T: Target>(target: &T, top: &Top, name: &str) -> Result<Top> {
    let ticket = ticket();
    let (folder, state) = top.make_folder(&folder_of(name), ticket, &mut no_skips)?;
    end(target, ticket, Ok(state))?;
    Ok(folder)
}

fn remove<T: Target>(target: &T, top: &Top, name: &str) {
    let ticket = ticket();
    end(target, ticket, top.remove(name.as_bytes(), Removal::Surplus(ticket))).unwrap();
}

fn read(top: &Top, name: &str) -> Vec<u8> {
    let entry = top.look(name.as_bytes()).unwrap().unwrap();
    let mut file = top.read(&entry).unwrap();
    let content = read_all(&mut *file);
    file.finish(&mut no_skips).unwrap();
    content
}

fn read_all(file: &mut dyn OpenFile) -> Vec<u8> {
    let (mut content, mut buffer) = (Vec::new(), vec![0; 10_000]);
    loop {
        match file.next(&mut buffer).unwrap() {
            Piece::Data(len) => content.extend_from_slice(&buffer[..len]),
            Piece::Hole(len) => content.resize(content.len() + len as usize, 0),
            Piece::End => return content,
        }
    }
}

fn kind(top: &Top, name: &str) -> Option<Kind> {
    top.look(name.as_bytes()).unwrap().map(|entry| entry.kind)
}

fn names(top: &Top) -> Vec<String> {
    top.names().unwrap().iter().map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
}

fn files<T: Target>(target: &T, top: &Top) {
    let large = vec![b'x'; 3 << 20];
    for (name, content) in [("small", &b"content"[..]), ("empty", b""), ("large", &large), ("with space", b"1")] {
        write(target, top, name, content);
        let entry = top.look(name.as_bytes()).unwrap().unwrap();
        assert_eq!((entry.kind, entry.meta.size), (Kind::File, content.len() as u64), "{name}");
        assert_eq!(*entry.name, *name.as_bytes());
        assert!(read(top, name) == content, "{name}");
    }
    assert_eq!(names(top), ["empty", "large", "small", "with space"]);
    assert_eq!(kind(top, "none"), None);
}

fn only_whole<T: Target>(target: &T, top: &Top) {
    let file = start(top, "a", b"content");
    assert_eq!(kind(top, "a"), None);
    assert!(names(top).is_empty(), "what is being written is not listed");
    finish(target, file).unwrap();
    assert_eq!(kind(top, "a"), Some(Kind::File));
    drop(start(top, "b", b"never finished"));
    assert_eq!(names(top), ["a"]);
}

fn replaces<T: Target>(target: &T, top: &Top) {
    write(target, top, "a", b"old");
    let file = start(top, "a", b"new and longer");
    assert_eq!(read(top, "a"), b"old");
    finish(target, file).unwrap();
    assert_eq!(read(top, "a"), b"new and longer");
    drop(start(top, "a", b"never finished"));
    assert_eq!(read(top, "a"), b"new and longer");
    write(target, top, "a", b"");
    assert_eq!(read(top, "a"), b"");
    assert_eq!(names(top), ["a"]);
}

fn pieces_from_threads<T: Target>(target: &T, top: &Top) {
    const PIECES: usize = 64;
    const LEN: usize = 5000;
    let content: Vec<u8> = (0..PIECES * LEN).map(|i| (i / LEN) as u8).collect();
    let (entry, ticket) = (file_of("a", content.len() as u64), ticket());
    let file = top.create(&New { ticket, ..New::of(&entry) }).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (file, content) = (&file, &content);
            scope.spawn(move || {
                for piece in (0..PIECES).rev().filter(|piece| piece % 4 == thread) {
                    let offset = piece * LEN;
                    file.write_at(offset as u64, &content[offset..][..LEN]).unwrap();
                }
            });
        }
    });
    finish(target, (ticket, file)).unwrap();
    assert!(read(top, "a") == content);
}

fn holes<T: Target>(target: &T, top: &Top) {
    let create = |name: &str, size| {
        let (entry, ticket) = (file_of(name, size), ticket());
        (ticket, top.create(&New { ticket, ..New::of(&entry) }).unwrap())
    };
    let (ticket, file) = create("a", 300_000);
    file.write_at(100_000, b"middle").unwrap();
    file.skip(100_006, 199_994).unwrap();
    finish(target, (ticket, file)).unwrap();
    let mut expected = vec![0; 300_000];
    expected[100_000..][..6].copy_from_slice(b"middle");
    assert!(read(top, "a") == expected);
    finish(target, create("only holes", 70_000)).unwrap();
    assert!(read(top, "only holes") == vec![0; 70_000]);
}

fn folders<T: Target>(target: &T, top: &Top) {
    assert!(top.open(b"a").unwrap().is_none());
    let a = make_folder(target, top, "a").unwrap();
    write(target, &a, "file", b"1");
    let again = make_folder(target, top, "a").unwrap();
    assert_eq!(names(&again), ["file"]);
    let b = make_folder(target, &again, "b").unwrap();
    write(target, &b, "deep", b"2");
    let a = top.open(b"a").unwrap().unwrap();
    assert_eq!(names(&a), ["b", "file"]);
    assert_eq!(read(&a.open(b"b").unwrap().unwrap(), "deep"), b"2");
    assert_eq!(kind(top, "a"), Some(Kind::Directory));
    for folder in [&b, &a, top] {
        folder.settle(&folder_of("").meta, &mut no_skips).unwrap();
    }
    assert_eq!(read(&a, "file"), b"1");
}

fn kinds_in_the_way<T: Target>(target: &T, top: &Top) {
    write(target, top, "file", b"1");
    assert!(top.open(b"file").unwrap().is_none());
    assert!(make_folder(target, top, "file").is_err());
    assert_eq!(read(top, "file"), b"1");
    let folder = make_folder(target, top, "folder").unwrap();
    write(target, &folder, "in it", b"2");
    assert!(finish(target, start(top, "folder", b"3")).is_err());
    assert_eq!(read(&folder, "in it"), b"2");
    assert_eq!(names(top), ["file", "folder"]);
}

fn symlinks<T: Target>(target: &T, top: &Top) {
    if !target.abilities().symlinks {
        return;
    }
    let folder = make_folder(target, top, "folder").unwrap();
    write(target, &folder, "file", b"untouched");
    top.make(&symlink_of("to folder", "folder"), &mut no_skips).unwrap();
    top.make(&symlink_of("to file", "folder/file"), &mut no_skips).unwrap();
    top.make(&symlink_of("dangling", "/no/such/place"), &mut no_skips).unwrap();
    let link = top.look(b"to file").unwrap().unwrap();
    assert_eq!((link.kind, link.meta.target.as_deref()), (Kind::Symlink, Some(&b"folder/file"[..])));
    assert!(top.open(b"to folder").unwrap().is_none(), "a link is no folder");
    assert!(make_folder(target, top, "to folder").is_err());
    write(target, top, "to file", b"a file of its own");
    write(target, top, "dangling", b"another");
    assert_eq!(read(top, "to file"), b"a file of its own");
    top.make(&symlink_of("to folder", "elsewhere"), &mut no_skips).unwrap();
    remove(target, top, "to folder");
    assert_eq!(read(&folder, "file"), b"untouched");
    assert_eq!(names(top), ["dangling", "folder", "to file"]);
}

fn hardlinks<T: Target>(target: &T, top: &Top) {
    if !target.abilities().hardlinks {
        return;
    }
    let folder = make_folder(target, top, "folder").unwrap();
    write(target, top, "first", b"content");
    write(target, &folder, "second", b"in the way");
    folder.link(b"second", &**top, b"first", &mut no_skips).unwrap();
    folder.link(b"second", &**top, b"first", &mut no_skips).unwrap();
    assert_eq!(read(&folder, "second"), b"content");
    assert_eq!(names(&folder), ["second"]);
    let links = [top.look(b"first"), folder.look(b"second")].map(|entry| entry.unwrap().unwrap().meta.link);
    assert!(links[0].is_some() && links[0] == links[1]);
    assert!(folder.link(b"third", &**top, b"none", &mut no_skips).is_err());
}

fn metadata<T: Target>(target: &T, top: &Top) {
    write(target, top, "a", b"content");
    let mtime = |name: &[u8]| top.look(name).unwrap().unwrap().meta.mtime.unwrap().secs;
    assert_eq!(mtime(b"a"), 1_500_000_000);
    if target.abilities().retouches {
        let mut entry = file_of("a", 7);
        entry.meta.mtime = Some(Time::new(1_600_000_000, 0));
        top.update(&entry, &mut no_skips).unwrap();
        assert_eq!(mtime(b"a"), 1_600_000_000);
        assert_eq!(read(top, "a"), b"content");
    }
    if target.abilities().never.contains(&Attribute::FolderTime) {
        return;
    }
    let folder = make_folder(target, top, "folder").unwrap();
    write(target, &folder, "file", b"changes the folder's time");
    let mut meta = folder_of("folder").meta;
    meta.mtime = Some(Time::new(1_400_000_000, 0));
    folder.settle(&meta, &mut no_skips).unwrap();
    assert_eq!(mtime(b"folder"), 1_400_000_000);
}

fn removes<T: Target>(target: &T, top: &Top) {
    write(target, top, "kept", b"1");
    write(target, top, "file", b"2");
    let mut folder = make_folder(target, top, "folder").unwrap();
    for depth in 0..100 {
        write(target, &folder, "file", b"3");
        write(target, &folder, &format!("file {depth}"), b"4");
        folder = make_folder(target, &folder, "deeper").unwrap();
    }
    remove(target, top, "file");
    remove(target, top, "folder");
    assert_eq!(names(top), ["kept"]);
}

fn hostile_names<T: Target>(target: &T, top: &Top) {
    write(target, top, "original", b"1");
    let inner = make_folder(target, top, "inner").unwrap();
    for name in ["", ".", "..", "../out", "/out", "in/out", "nul\0"] {
        let bytes = name.as_bytes();
        assert!(inner.look(bytes).is_err(), "{name:?}");
        assert!(inner.open(bytes).is_err(), "{name:?}");
        assert!(inner.create(&New::of(&file_of(name, 0))).is_err(), "{name:?}");
        assert!(inner.read(&file_of(name, 0)).is_err(), "{name:?}");
        assert!(inner.make_folder(&folder_of(name), ticket(), &mut no_skips).is_err(), "{name:?}");
        assert!(inner.make(&symlink_of(name, "x"), &mut no_skips).is_err(), "{name:?}");
        assert!(inner.make(&Entry::new(bytes, Kind::Fifo), &mut no_skips).is_err(), "{name:?}");
        assert!(inner.update(&folder_of(name), &mut no_skips).is_err(), "{name:?}");
        assert!(inner.link(bytes, &**top, b"original", &mut no_skips).is_err(), "{name:?}");
        assert!(inner.link(b"link", &**top, bytes, &mut no_skips).is_err(), "{name:?}");
        assert!(inner.remove(bytes, Removal::InTheWay).is_err(), "{name:?}");
    }
    if target.abilities().symlinks {
        assert!(inner.make(&Entry::new(&b"link"[..], Kind::Symlink), &mut no_skips).is_err(), "no target");
        assert!(inner.make(&symlink_of("link", "nul\0"), &mut no_skips).is_err());
    }
    assert_eq!(names(top), ["inner", "original"]);
    assert!(names(&inner).is_empty());
}

fn long_names<T: Target>(target: &T, top: &Top) {
    let long = ["a", "b"].map(|last| "x".repeat(2000) + last);
    for name in &long {
        let mut skips = Vec::new();
        let (ticket, file) = start(top, name, name.as_bytes());
        let state = file.finish(&mut |skip| skips.push(skip));
        end(target, ticket, state).unwrap();
        let written = top.written_name(name.as_bytes());
        assert_eq!(*written == *name.as_bytes(), skips.is_empty(), "another name is told");
        assert!(top.names().unwrap().iter().any(|listed| *listed == *written));
    }
    for name in &long {
        assert!(read(top, name) == name.as_bytes());
    }
    assert_eq!(names(top).len(), 2);
    let (long_folder, ticket) = ("y".repeat(300), ticket());
    let mut skips = Vec::new();
    let made = top.make_folder(&folder_of(&long_folder), ticket, &mut |skip| skips.push(skip)).unwrap();
    end(target, ticket, Ok(made.1)).unwrap();
    write(target, &made.0, "file", b"1");
    let folder = top.open(long_folder.as_bytes()).unwrap().unwrap();
    assert_eq!(read(&folder, "file"), b"1");
    remove(target, top, &long[0]);
    assert_eq!(names(top).len(), 2);
}
