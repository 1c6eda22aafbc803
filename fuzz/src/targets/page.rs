//! Pages (docs/format.md §8).

use larder_format::{
    frame::DATA_LEN_MAX,
    page::{
        self, Chunk, Content, ContentChild, ENTRIES_MAX, FolderChild, LEVELS_MAX, NAME_LEN_MAX, Node, Page, Totals,
    },
};
use larder_model::Entry;

/// `data` as a page. Names can be shown and written without further care, content fits its entry, children are a level lower, and
/// what is read as a directory can be written and read again.
pub fn page(data: &[u8]) -> bool {
    let Ok(page) = Page::decode(data) else {
        return false;
    };
    assert_eq!(page.level(), data[1]);
    match &page {
        Page::FolderLeaf(nodes) => folder_leaf(nodes),
        Page::FolderInner { level, children } => folder_inner(*level, children),
        Page::ContentLeaf(chunks) => content_leaf(chunks),
        Page::ContentInner { level, children } => content_inner(*level, children),
    }
    true
}

fn folder_leaf(nodes: &[Node]) {
    check_count(nodes.len());
    check_names(nodes.iter().map(|node| &node.entry.name[..]));
    let mut totals = Totals::default();
    nodes.iter().for_each(|node| totals += node.totals());
    nodes.iter().for_each(check_node);
    assert_eq!(Page::decode(&page::encode_leaf(nodes)), Ok(Page::FolderLeaf(nodes.to_vec())));
}

fn check_node(node: &Node) {
    let meta = &node.entry.meta;
    let fits = meta.size <= DATA_LEN_MAX as u64;
    assert!(meta.mode.is_none_or(|mode| mode <= 0o7777));
    assert!([meta.mtime, meta.ctime, meta.btime].iter().flatten().all(|time| time.nanos < 1_000_000_000));
    match node.content {
        Content::Nothing => {}
        Content::Blob(_) | Content::Slice { .. } => assert!(fits && !node.entry.is_dir()),
        Content::Tree(root) => assert!(root.level <= LEVELS_MAX && !node.entry.is_dir()),
        Content::Folder { root, .. } => assert!(root.level <= LEVELS_MAX && node.entry.is_dir()),
    }
}

fn folder_inner(level: u8, children: &[FolderChild]) {
    check_count(children.len());
    check_names(children.iter().map(|child| &child.last_name[..]));
    assert!(level > 0 && children.iter().all(|child| child.page.level + 1 == level));
    let again = Page::FolderInner { level, children: children.to_vec() };
    assert_eq!(Page::decode(&page::encode_inner(level, children)), Ok(again));
}

fn content_leaf(chunks: &[Chunk]) {
    check_count(chunks.len());
    let sound = |chunk: &Chunk| match chunk {
        Chunk::Data { len, .. } => *len > 0 && *len as usize <= DATA_LEN_MAX,
        Chunk::Hole { len } => *len < 1 << 63,
    };
    assert!(chunks.iter().all(sound));
}

fn content_inner(level: u8, children: &[ContentChild]) {
    check_count(children.len());
    assert!(level > 0 && children.iter().all(|child| child.page.level + 1 == level));
}

fn check_count(count: usize) {
    assert!((1..=ENTRIES_MAX).contains(&count));
}

fn check_names<'a>(names: impl Iterator<Item = &'a [u8]> + Clone) {
    assert!(names.clone().all(|name| Entry::is_safe_name(name) && name.len() <= NAME_LEN_MAX));
    assert!(names.is_sorted_by(|left, right| left < right));
}
