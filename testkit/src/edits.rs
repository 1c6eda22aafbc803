//! Edits from a seed: what people do to their files between two backups.

use larder_model::Kind;

use crate::{
    Rng,
    generate::{add_item, body, free_path, some_path},
    tree::{Body, Extent, MemoryTree},
};

/// Makes some changes to a tree, and says what they were.
pub fn edit(rng: &mut Rng, tree: &mut MemoryTree, changes: usize) -> Vec<String> {
    (0..changes).map(|_| change(rng, tree)).collect()
}

fn change(rng: &mut Rng, tree: &mut MemoryTree) -> String {
    let item = some_path(rng, tree, |_| true);
    let file = some_path(rng, tree, |kind| kind == Kind::File);
    let (Some(item), Some(file)) = (item, file) else {
        add_item(rng, tree);
        return "add".to_owned();
    };
    match rng.below(10) {
        0..=2 => {
            add_item(rng, tree);
            "add".to_owned()
        }
        3 => {
            tree.remove(item.as_bytes());
            format!("remove {item}")
        }
        4 => move_item(rng, tree, file.as_bytes()),
        5 => {
            tree.remove(item.as_bytes());
            tree.write(item.as_bytes(), body(rng));
            format!("put a file in the place of {item}")
        }
        6 => {
            let mode = rng.below(0o10000) as u32;
            let inode = tree.lookup(&item).unwrap();
            tree.edit(inode, |inode| inode.meta.mode = Some(mode));
            format!("chmod {item}")
        }
        7 => {
            let len = *rng.pick(&[3, 600, 3000]);
            tree.set_xattr(item.as_bytes(), "user.edited", &rng.bytes(len));
            format!("attribute of {item}")
        }
        8 => {
            let inode = tree.lookup(&file).unwrap();
            let mut body = tree.get(inode).unwrap().body.clone();
            body.push(Extent::Data(rng.bytes(100).into()));
            tree.set_body(inode, body);
            format!("append to {file}")
        }
        _ => {
            let inode = tree.lookup(&file).unwrap();
            let body = tweaked(rng, &tree.get(inode).unwrap().body.clone());
            tree.set_body(inode, body);
            format!("change {file}")
        }
    }
}

fn move_item(rng: &mut Rng, tree: &mut MemoryTree, from: &[u8]) -> String {
    let to = free_path(rng, tree);
    tree.rename(from, to.as_bytes());
    format!("move to {to}")
}

/// One byte changed, or one inserted.
fn tweaked(rng: &mut Rng, body: &Body) -> Body {
    let mut bytes = body.to_bytes();
    let at = rng.below(bytes.len() + 1);
    if rng.chance(50) && at < bytes.len() {
        bytes[at] ^= 0x55;
    } else {
        bytes.insert(at, b'!');
    }
    bytes.into()
}
