//! Trees from a seed, with all that a file system can hold.

use larder_model::{Device, Kind, TreePath};

use crate::{
    Rng, SimClock,
    tree::{Body, MemoryTree},
};

/// Around what the format tells apart: nothing, joined files, one chunk, several.
const LENS: [usize; 13] = [0, 1, 100, 511, 1023, 1024, 1025, 4095, 4096, 4097, 16_384, 16_385, 50_000];

const ODD_NAMES: [&[u8]; 10] = [
    b"not utf-8 \xff\xfe",
    b" leading and trailing ",
    b"line\nbreak",
    b"\x1b[31mred",
    b"-rf",
    b"...",
    "na\u{ef}ve \u{2615}".as_bytes(),
    b"back\\slash",
    b"*",
    b"\x01",
];

const LINKS: [&[u8]; 3] = [b"../else/where", b"/etc/passwd", b"x\xff"];
const ATTRIBUTES: [&str; 3] = ["user.a", "user.b", "security.c"];

/// A tree of about `items` items.
pub fn tree(rng: &mut Rng, clock: &SimClock, items: usize) -> MemoryTree {
    let mut tree = MemoryTree::new(clock);
    for _ in 0..items {
        add_item(rng, &mut tree);
    }
    tree
}

/// Adds one item of some kind somewhere.
pub fn add_item(rng: &mut Rng, tree: &mut MemoryTree) {
    let path = free_path(rng, tree);
    match rng.below(20) {
        0..=2 => drop(tree.add(path.as_bytes(), Kind::Directory)),
        3 => drop(tree.add_symlink(path.as_bytes(), LINKS[rng.below(LINKS.len())])),
        4 => drop(tree.add(path.as_bytes(), *rng.pick(&[Kind::Fifo, Kind::Socket]))),
        5 => add_device(rng, tree, &path),
        6 => add_link(rng, tree, &path),
        _ => add_file(rng, tree, &path),
    }
    if rng.chance(10) && tree.lookup(&path).is_some() {
        let len = *rng.pick(&[0, 10, 512, 513, 5000]);
        tree.set_xattr(path.as_bytes(), ATTRIBUTES[rng.below(ATTRIBUTES.len())], &rng.bytes(len));
    }
}

/// A path that nothing stands at, in a folder that is there.
pub fn free_path(rng: &mut Rng, tree: &MemoryTree) -> TreePath {
    let folder = some_path(rng, tree, |kind| kind == Kind::Directory).unwrap_or_default();
    loop {
        let path = folder.child(&name(rng));
        if tree.lookup(&path).is_none() {
            return path;
        }
    }
}

/// The path of something of a wanted kind.
pub fn some_path(rng: &mut Rng, tree: &MemoryTree, wanted: impl Fn(Kind) -> bool) -> Option<TreePath> {
    let all = tree.walk();
    let fitting: Vec<_> = all.iter().filter(|(_, inode)| tree.get(*inode).is_some_and(|it| wanted(it.kind))).collect();
    if fitting.is_empty() { None } else { Some(rng.pick(&fitting).0.clone()) }
}

fn name(rng: &mut Rng) -> Vec<u8> {
    match rng.below(12) {
        0 => rng.pick(&ODD_NAMES).to_vec(),
        1 => vec![b'n'; 255],
        _ => format!("{:x}", rng.below(4096)).into_bytes(),
    }
}

fn add_file(rng: &mut Rng, tree: &mut MemoryTree, path: &TreePath) {
    let body = body(rng);
    let inode = tree.write(path.as_bytes(), body);
    let mode = *rng.pick(&[0o644, 0o600, 0o755, 0o4755, 0]);
    tree.edit(inode, |inode| inode.meta.mode = Some(mode));
}

/// Bytes that are noise, repeat themselves, or have holes.
pub fn body(rng: &mut Rng) -> Body {
    let len = *rng.pick(&LENS);
    match rng.below(8) {
        0 => vec![b'z'; len].into(),
        1 => b"The same line again and again.\n".repeat(len / 31 + 1)[..len].into(),
        2 => Body::default().with_hole(70_000).with_data(rng.bytes(len)).with_hole(len as u64),
        _ => rng.bytes(len).into(),
    }
}

fn add_device(rng: &mut Rng, tree: &mut MemoryTree, path: &TreePath) {
    let inode = tree.add(path.as_bytes(), *rng.pick(&[Kind::CharDevice, Kind::BlockDevice]));
    let device = Device { major: rng.below(300) as u32, minor: rng.below(300) as u32 };
    tree.edit(inode, |inode| inode.meta.device = Some(device));
}

fn add_link(rng: &mut Rng, tree: &mut MemoryTree, path: &TreePath) {
    if let Some(original) = some_path(rng, tree, |kind| kind == Kind::File) {
        tree.add_link(path.as_bytes(), original.as_bytes());
    }
}
