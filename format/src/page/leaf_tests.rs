//! Every column, there and back; and pages that somebody else made up.

use super::*;
use crate::page::{ENTRIES_MAX, Page, Totals};

fn full() -> Node {
    let mut entry = Entry::new(*b"full", Kind::File);
    entry.meta = Metadata {
        size: 12_345,
        mtime: Some(Time::new(-5, 999_999_999)),
        ctime: Some(Time::new(i64::MAX, 1)),
        btime: Some(Time::new(i64::MIN, 0)),
        mode: Some(0o6755),
        owner: Some(Owner { uid: u32::MAX, gid: 7, user: Some((*b"ann").into()), group: None }),
        stamp: Some(Stamp { inode: u64::MAX }),
        link: Some(LinkId { device: 3, inode: u64::MAX }),
        device: Some(Device { major: 8, minor: 1 }),
        target: Some((*b"../x").into()),
        xattrs: vec![Xattr { name: (*b"user.a").into(), value: (*b"\0\xff").into() }],
        fingerprint: Some(Fingerprint { kind: 1, hash: [9; 32].into() }),
        provider: Some((*b"{}").into()),
        flags: Flags::RACY.with(Flags::CHANGED),
    };
    let long = LongXattr { name: (*b"user.long").into(), value: BlobId([4; 32]), len: 70_000 };
    Node { entry, content: Content::Slice { blob: BlobId([1; 32]), offset: 77 }, long_xattrs: vec![long] }
}

fn plain(name: &str, kind: Kind, content: Content) -> Node {
    Node::new(Entry::new(name.as_bytes(), kind), content)
}

fn all_kinds() -> Vec<Node> {
    let page = |level| PageRef { id: BlobId([2; 32]), level };
    let totals = Totals { files: 1, folders: 2, bytes: u64::MAX };
    let mut nodes = vec![
        full(),
        plain("blob", Kind::File, Content::Blob(BlobId([1; 32]))),
        plain("empty", Kind::File, Content::Nothing),
        plain("folder", Kind::Directory, Content::Folder { root: page(0), totals }),
        plain("tree", Kind::File, Content::Tree(page(3))),
        plain("\u{1}odd", Kind::Socket, Content::Nothing),
    ];
    nodes.sort_by(|a, b| a.entry.name.cmp(&b.entry.name));
    nodes
}

#[test]
fn everything_comes_back() {
    let nodes = all_kinds();
    assert_eq!(Page::decode(&encode_leaf(&nodes)), Ok(Page::FolderLeaf(nodes)));
}

#[test]
fn a_newer_column_is_skipped() {
    let nodes = all_kinds();
    let mut page = encode_leaf(&nodes);
    push(&mut page, 200, b"from the future");
    assert_eq!(Page::decode(&page), Ok(Page::FolderLeaf(nodes)));
}

#[test]
fn every_shortened_page_is_an_error() {
    let page = encode_leaf(&all_kinds());
    for len in 0..page.len() {
        assert!(Page::decode(&page[..len]).is_err(), "{len} of {}", page.len());
    }
}

#[test]
fn hostile_names_and_contents_are_refused() {
    for names in [vec!["a", "a"], vec!["b", "a"], vec![".."], vec!["a/b"], vec![""], vec!["a\0"]] {
        let nodes: Vec<_> = names.iter().map(|name| plain(name, Kind::File, Content::Nothing)).collect();
        assert!(Page::decode(&encode_leaf(&nodes)).is_err(), "{names:?}");
    }
    let root = PageRef { id: BlobId([2; 32]), level: 0 };
    let folder = Content::Folder { root, totals: Totals::default() };
    assert!(Page::decode(&encode_leaf(&[plain("a", Kind::File, folder)])).is_err());
    assert!(Page::decode(&encode_leaf(&[plain("a", Kind::Symlink, Content::Tree(root))])).is_err());
    let mut absurd = encode_leaf(&[plain("a", Kind::File, Content::Nothing)]);
    absurd[4..8].copy_from_slice(&(ENTRIES_MAX as u32 + 1).to_le_bytes());
    assert!(Page::decode(&absurd).is_err());
}
