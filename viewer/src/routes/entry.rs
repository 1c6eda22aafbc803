//! `/snapshots/{id}/entry`: all about one item.

use axum::{
    Json,
    extract::{Path, State},
};
use larder_engine::{Content, Node, Tree};
use larder_model::{Kind, TreePath, escape};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Shared};
use crate::{
    failure::Failure,
    moment::moment,
    parameters::{Params, path, to_cursor},
    shapes::Entry,
};

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
