//! `/snapshots/{id}/entries`: folders a part at a time.

use axum::{
    Json,
    extract::{Path, State},
};
use larder_engine::{Folder, FolderPage, Node};
use larder_model::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Shared};
use crate::{
    app::{App, Stop},
    failure::Failure,
    media,
    orders::{self, About, Key, ROWS_MAX},
    parameters::{Params, Switch, bad_cursor, from_cursor, limit, path, to_cursor},
    shapes::Entry,
};

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
/// Sorted by name, folders of any size are read a part at a time, on from a cursor or at a row. For other orders, the first answer looks
/// at the whole folder; they are for folders of up to two million entries.
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
    let (snapshot, tree) = app.tree(id)?;
    let told = |problem: Problem| app.failure(&problem);
    let node = tree.node(&path).map_err(told)?;
    let folder = match &node {
        Some(node) => tree.folder_of(node),
        None => tree.folder(&path),
    };
    let folder = folder.map_err(told)?;
    let rows = folder.rows().map_err(told)?;
    let part = match (listing.folders_only, listing.sort, listing.order) {
        (Switch::On, ..) => folders(&folder, listing, stop, limit).map_err(told)?,
        (_, EntrySort::Name, Order::Asc) => stored(&folder, listing, rows, limit)?.map_err(told)?,
        (_, EntrySort::Name, Order::Desc) => backwards(&folder, start(listing)?, rows, limit).map_err(told)?,
        (_, sort, _) => {
            let about = About(snapshot.id, path.clone(), sort as u8);
            sorted(app, stop, (&folder, &about), listing, rows, limit)?.map_err(told)?
        }
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

/// The row where a part begins, counted in the order of the list.
fn start(listing: &Listing) -> Result<u64, Failure> {
    match (&listing.cursor, listing.at) {
        (Some(_), Some(_)) => Err(Failure::usage("a part begins at a cursor or at a row, not at both")),
        (Some(cursor), None) => {
            from_cursor(cursor).and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()).ok_or_else(bad_cursor)
        }
        (None, at) => Ok(at.unwrap_or(0)),
    }
}

/// By name from the last one on: the same rows, read from the other end.
fn backwards(folder: &Folder, start: u64, rows: u64, limit: usize) -> larder_model::Result<Part> {
    let end = rows.saturating_sub(start);
    let first = end.saturating_sub(limit as u64);
    let mut nodes = orders::slice(folder, first, (end - first) as usize)?;
    nodes.reverse();
    Ok(Part { nodes, next: next_row(rows - first, rows), total: Some(rows) })
}

fn sorted(app: &App, stop: &Stop, of: (&Folder, &About), listing: &Listing, rows: u64, limit: usize) -> Read {
    if rows > ROWS_MAX {
        let detail =
            format!("a folder of {rows} entries is sorted by name only: {ROWS_MAX} is the most for other orders");
        return Err(Failure::too_large(detail).hint("search in it instead, or sort by name"));
    }
    let start = start(listing)?.min(rows);
    let end = start.saturating_add(limit as u64).min(rows);
    let order = app.orders.get(of.1, of.0, stop, |node| key(listing.sort, node));
    let nodes = order.and_then(|order| {
        let part = match listing.order {
            Order::Asc => order.get(start as usize..end as usize).map(<[u32]>::to_vec),
            Order::Desc => {
                let part = order.get((rows - end) as usize..(rows - start) as usize);
                part.map(|part| part.iter().rev().copied().collect())
            }
        };
        orders::nodes(of.0, stop, &part.unwrap_or_default())
    });
    Ok(nodes.map(|nodes| Part { nodes, next: next_row(end, rows), total: Some(rows) }))
}

fn next_row(end: u64, rows: u64) -> Option<String> {
    (end < rows).then(|| to_cursor(end.to_string().as_bytes()))
}

/// A folder counts with all that is in it; what has no time comes before what has one.
fn key(sort: EntrySort, node: &Node) -> Key {
    match sort {
        EntrySort::Name => (0, 0),
        EntrySort::Size => (node.totals().bytes, 0),
        EntrySort::Mtime => node.entry.meta.mtime.map_or((0, 0), |time| (order_of(time.secs), time.nanos)),
        EntrySort::Kind => (node.entry.kind as u64, media::rank(&node.entry.name)),
    }
}

/// The same order without a sign.
fn order_of(secs: i64) -> u64 {
    (secs as u64 ^ 1 << 63).max(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_keep_their_order() {
        let order = [i64::MIN, -1, 0, 1, i64::MAX].map(order_of);
        assert!(order.is_sorted() && order[0] > 0);
    }
}
