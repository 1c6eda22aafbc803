//! What a hostile writer may put into a store, and what must come of it.

use larder_engine::{Content, Node, Totals};
use larder_format::{
    frame::FrameCodec,
    keys::BlobKind,
    page::{Chunk, ContentTree, FolderChild, LongXattr, PageRef, encode_inner},
};
use larder_model::{BlobId, LinkId, Problem};
use larder_testkit::{
    Larder,
    hostile::{HostileWriter, file, folder, symlink},
};

/// Builds a snapshot; returns its root page.
pub type Build = fn(&mut HostileWriter) -> PageRef;

/// What must come of a restore.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Outcome {
    /// Something is missing, or the restore is refused.
    Named,
    /// It may be what it says: then it can be restored.
    Harmless,
}

use Outcome::{Harmless, Named};

pub const BUILDS: &[(&str, Build, Outcome)] = &[
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

pub fn named(writer: &mut HostileWriter, name: &[u8]) -> PageRef {
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
