//! `/snapshots/{id}/entries` and `/snapshots/{id}/entry`: folders a part at a time, and all about one item.

use axum::{
    Json,
    extract::{Path, State},
};
use larder_engine::{Content, Folder, FolderPage, Node, Tree};
use larder_model::{Kind, Problem, TreePath, escape};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Shared};
use crate::{
    app::{App, Stop},
    failure::Failure,
    moment::moment,
    parameters::{Params, Switch, bad_cursor, from_cursor, limit, path, to_cursor},
    shapes::Entry,
};

/// Folders with more entries are sorted by name only, as they are stored.
const SORTED_MAX: u64 = 50_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Listing {
    /// A folder; the top unless given.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
    /// How many entries at most; 100 unless given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// Begin at this row, the first one being 0.
    at: Option<u64>,
    #[serde(default)]
    sort: EntrySort,
    #[serde(default)]
    order: Order,
    /// 1: folders only, sorted by name.
    #[serde(default)]
    folders_only: Switch,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntrySort {
    #[default]
    Name,
    /// A folder's size is what it holds.
    Size,
    Mtime,
    Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

/// A part of a folder.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntryList {
    /// The folder's path.
    pub path: String,
    /// The folder itself; null for the top.
    pub entry: Option<Entry>,
    pub items: Vec<Entry>,
    pub next: Option<String>,
    /// Rows of the whole list; null where that is not known.
    pub total: Option<u64>,
}

/// What is in a folder
///
/// Sorted by name, folders of any size are read a part at a time, on from a cursor or at a row. Other orders are for folders of up to
/// 50,000 entries.
#[utoipa::path(get, path = "/snapshots/{id}/entries", tag = "browse", params(("id" = String, Path, description = "a snapshot", example = "latest"), Listing),
    security(("session" = [])), responses(
    (status = 200, body = EntryList),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_entries(
    State((app, _)): State<Shared>,
    Path(id): Path<String>,
    Params(listing): Params<Listing>,
) -> Answer<EntryList> {
    app.work(move |app, stop| entries(app, stop, &id, &listing)).await.map(Json)
}

fn entries(app: &App, stop: &Stop, id: &str, listing: &Listing) -> Result<EntryList, Failure> {
    let (limit, path) = (limit(listing.limit)?, path(&listing.path)?);
    let (_, tree) = app.tree(id)?;
    let told = |problem: Problem| app.failure(&problem);
    let node = tree.node(&path).map_err(told)?;
    let folder = match &node {
        Some(node) => tree.folder_of(node),
        None => tree.folder(&path),
    };
    let folder = folder.map_err(told)?;
    let rows = folder.rows().map_err(told)?;
    let as_stored = listing.sort == EntrySort::Name && listing.order == Order::Asc;
    let part = if listing.folders_only.is_on() {
        folders(&folder, listing, stop, limit).map_err(told)?
    } else if as_stored {
        stored(&folder, listing, rows, limit)?.map_err(told)?
    } else {
        sorted(&folder, listing, rows, limit, stop)?.map_err(told)?
    };
    let item = |node: &Node| Entry::of(&path.child(&node.entry.name), node);
    Ok(EntryList {
        entry: node.as_ref().map(|node| Entry::of(&path, node)),
        items: part.nodes.iter().map(item).collect(),
        path: path.to_string(),
        next: part.next,
        total: part.total,
    })
}

struct Part {
    nodes: Vec<Node>,
    next: Option<String>,
    total: Option<u64>,
}

impl Part {
    fn of(page: FolderPage, total: Option<u64>) -> Self {
        Self { nodes: page.nodes, next: page.next.map(|name| to_cursor(&name)), total }
    }
}

type Read = Result<larder_model::Result<Part>, Failure>;

fn stored(folder: &Folder, listing: &Listing, rows: u64, limit: usize) -> Read {
    let page = match (listing.at, &listing.cursor) {
        (Some(_), Some(_)) => return Err(Failure::usage("a part begins at a cursor or at a row, not at both")),
        (Some(row), None) => folder.page_at(row, limit),
        (None, None) => folder.page(None, limit),
        (None, Some(cursor)) => folder.page(Some(&from_cursor(cursor).ok_or_else(bad_cursor)?), limit),
    };
    Ok(page.map(|page| Part::of(page, Some(rows))))
}

/// Holds the whole folder, which is why it must not be too large.
fn sorted(folder: &Folder, listing: &Listing, rows: u64, limit: usize, stop: &Stop) -> Read {
    if rows > SORTED_MAX {
        return Err(Failure::usage(format!("a folder of {rows} entries is shown by name only"))
            .hint("search in it instead, or sort by name"));
    }
    let start = match (&listing.cursor, listing.at) {
        (Some(cursor), _) => {
            from_cursor(cursor).and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()).ok_or_else(bad_cursor)?
        }
        (None, at) => at.unwrap_or(0),
    };
    Ok(all(folder, stop, |_| true).map(|mut nodes| {
        let size = |node: &Node| node.totals().bytes;
        match listing.sort {
            EntrySort::Name => {}
            EntrySort::Size => nodes.sort_by_key(size),
            EntrySort::Mtime => nodes.sort_by_key(|node| node.entry.meta.mtime),
            EntrySort::Kind => nodes.sort_by_key(|node| (node.entry.kind as u8, media_type(node))),
        }
        if listing.order == Order::Desc {
            nodes.reverse();
        }
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(nodes.len());
        let end = start.saturating_add(limit).min(nodes.len());
        let next = crate::parameters::Paging::next_start(end, nodes.len());
        Part { nodes: nodes.drain(start..end).collect(), next, total: Some(rows) }
    }))
}

fn media_type(node: &Node) -> Option<&'static str> {
    crate::media::by_name(&node.entry.name)
}

/// For the tree of folders: goes through the folder until there are enough of them.
fn folders(folder: &Folder, listing: &Listing, stop: &Stop, limit: usize) -> larder_model::Result<Part> {
    let mut after = listing.cursor.as_deref().and_then(from_cursor);
    let mut nodes = Vec::new();
    loop {
        stop.check()?;
        let page = folder.page(after.as_deref(), 1000)?;
        for node in page.nodes {
            if node.entry.is_dir() {
                nodes.push(node);
            }
            if nodes.len() == limit {
                let next = nodes.last().map(|node| to_cursor(&node.entry.name));
                return Ok(Part { nodes, next, total: None });
            }
        }
        match page.next {
            Some(name) => after = Some(name.into()),
            None => return Ok(Part { nodes, next: None, total: None }),
        }
    }
}

fn all(folder: &Folder, stop: &Stop, wanted: impl Fn(&Node) -> bool) -> larder_model::Result<Vec<Node>> {
    let (mut nodes, mut after) = (Vec::new(), None::<Box<[u8]>>);
    loop {
        stop.check()?;
        let page = folder.page(after.as_deref(), 1000)?;
        nodes.extend(page.nodes.into_iter().filter(&wanted));
        match page.next {
            Some(name) => after = Some(name),
            None => return Ok(nodes),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Place {
    /// An item.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
}

/// All about one item.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntryDetails {
    pub entry: Entry,
    pub ctime: Option<String>,
    pub btime: Option<String>,
    pub xattrs: Vec<Xattr>,
    /// Of a device.
    pub device: Option<Device>,
    /// The file has other names beside this one.
    pub is_linked: bool,
    /// The provider's own content hash, in hex digits.
    pub fingerprint: Option<String>,
    pub content: ContentFacts,
    /// The snapshot's full id.
    pub snapshot: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Xattr {
    pub name: String,
    pub len: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Device {
    pub major: u32,
    pub minor: u32,
}

/// How content is stored.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContentFacts {
    pub kind: ContentKind,
    /// The same for the same content, as long as it is stored in the same way.
    pub id: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// There are no bytes.
    Nothing,
    /// One piece.
    Blob,
    /// A part of a piece that it shares with its small neighbours.
    Slice,
    /// Many pieces.
    Tree,
    Folder,
}

/// All about one item
#[utoipa::path(get, path = "/snapshots/{id}/entry", tag = "browse", params(("id" = String, Path, description = "a snapshot", example = "latest"), Place),
    security(("session" = [])), responses(
    (status = 200, body = EntryDetails),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_entry(
    State((app, _)): State<Shared>,
    Path(id): Path<String>,
    Params(place): Params<Place>,
) -> Answer<EntryDetails> {
    app.work(move |app, _| {
        let path = path(&place.path)?;
        let (snapshot, tree) = app.tree(&id)?;
        let node = tree.node(&path).and_then(|node| node.map_or_else(|| top(&tree), Ok));
        let node = node.map_err(|problem| app.failure(&problem))?;
        Ok(details(&path, &node, snapshot.id.to_string()))
    })
    .await
    .map(Json)
}

/// The top has no entry of its own: it is a folder without a name.
fn top(tree: &Tree) -> larder_model::Result<Node> {
    Ok(Node::new(larder_model::Entry::new(*b"", Kind::Directory), tree.top_content()))
}

fn details(path: &TreePath, node: &Node, snapshot: String) -> EntryDetails {
    let meta = &node.entry.meta;
    let short = meta.xattrs.iter().map(|it| Xattr { name: escape(&it.name), len: it.value.len() as u64 });
    let long = node.long_xattrs.iter().map(|it| Xattr { name: escape(&it.name), len: it.len.into() });
    EntryDetails {
        entry: Entry::of(path, node),
        ctime: meta.ctime.and_then(moment),
        btime: meta.btime.and_then(moment),
        xattrs: short.chain(long).collect(),
        device: meta.device.map(|device| Device { major: device.major, minor: device.minor }),
        is_linked: meta.link.is_some(),
        fingerprint: meta.fingerprint.as_ref().map(|it| to_cursor(&it.hash)),
        content: ContentFacts { kind: kind(&node.content), id: content_key(node) },
        snapshot,
    }
}

fn kind(content: &Content) -> ContentKind {
    match content {
        Content::Nothing => ContentKind::Nothing,
        Content::Blob(_) => ContentKind::Blob,
        Content::Slice { .. } => ContentKind::Slice,
        Content::Tree(_) => ContentKind::Tree,
        Content::Folder { .. } => ContentKind::Folder,
    }
}

/// The same for the same content only.
pub fn content_key(node: &Node) -> Option<String> {
    let text = match node.content {
        Content::Nothing | Content::Folder { .. } if node.entry.kind == Kind::File => "nothing".to_owned(),
        Content::Nothing | Content::Folder { .. } => return None,
        Content::Blob(id) => id.to_string(),
        Content::Slice { blob, offset } => format!("{blob}-{offset}"),
        Content::Tree(page) => format!("{}-{}", page.id, page.level),
    };
    // Ids of blobs are nobody's business outside of the store.
    let hash = blake3::hash(format!("{text}-{}", node.entry.meta.size).as_bytes());
    Some(hash.to_hex()[..32].to_owned())
}
