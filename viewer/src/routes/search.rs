//! `/search`: names and paths in one snapshot or in all.

use std::time::Instant;

use axum::{Json, extract::State};
use larder_engine::Filter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Shared};
use crate::{
    failure::Failure,
    parameters::{Paging, Params, Switch, time},
    search::{self, Query},
    shapes::{Entry, EntryKind},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// A part of a name; a pattern where it holds `*` or `?`; one of whole paths where it holds a slash.
    #[param(required, min_length = 1, example = "*.txt")]
    #[serde(default)]
    q: String,
    /// Only in this snapshot.
    snapshot: Option<String>,
    /// Only in snapshots of this origin.
    origin: Option<String>,
    kind: Option<EntryKind>,
    /// Bytes of a file at least.
    min_size: Option<u64>,
    /// Bytes of a file at most.
    max_size: Option<u64>,
    /// Changed at this moment or later.
    since: Option<String>,
    /// Changed before this moment.
    until: Option<String>,
    /// 1: `a` stands for `A` too.
    #[serde(default)]
    ignore_case: Switch,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SearchList {
    pub items: Vec<Hit>,
    pub next: Option<String>,
    pub total: Option<u64>,
    pub searched: Searched,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    /// The newest snapshot that holds it.
    pub snapshot: String,
    pub path: String,
    pub name: String,
    pub entry: Entry,
    /// How many of the snapshots hold this version of it.
    pub snapshots: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Searched {
    /// Entries that were looked through.
    pub entries: u64,
    pub snapshots: u64,
    /// The index of names is being built: until it is there, a search takes longer.
    pub building: bool,
    pub took_ms: u64,
}

/// Names and paths, in one snapshot or in all
#[utoipa::path(get, path = "/search", tag = "search", params(Wanted, Paging), security(("session" = [])), responses(
    (status = 200, body = SearchList),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_search(
    State((app, _)): State<Shared>,
    Params(wanted): Params<Wanted>,
    Params(paging): Params<Paging>,
) -> Answer<SearchList> {
    if wanted.q.is_empty() {
        return Err(Failure::usage("`q` is empty: it is what to search for"));
    }
    let query = Query {
        text: wanted.q,
        snapshot: wanted.snapshot.filter(|id| !id.is_empty()),
        origin: wanted.origin.filter(|origin| !origin.is_empty()),
        filter: Filter {
            kinds: wanted.kind.map(Into::into).into_iter().collect(),
            min_size: wanted.min_size,
            max_size: wanted.max_size,
            since: time("since", wanted.since.as_deref())?,
            until: None,
        },
        before: time("until", wanted.until.as_deref())?,
        ignore_case: wanted.ignore_case.is_on(),
    };
    let (limit, cursor) = (paging.limit()?, paging.text().map(str::to_owned));
    let began = Instant::now();
    let found = app.work(move |app, stop| search::run(app, stop, &query, cursor.as_deref(), limit)).await?;
    let searched = Searched {
        entries: found.entries,
        snapshots: found.snapshots,
        building: found.building,
        took_ms: began.elapsed().as_millis() as u64,
    };
    let items = found.hits.into_iter().map(|hit| Hit {
        snapshot: hit.snapshot.to_string(),
        path: hit.entry.path.clone(),
        name: hit.entry.name.clone(),
        entry: hit.entry,
        snapshots: hit.snapshots,
    });
    Ok(Json(SearchList { items: items.collect(), next: found.next, total: found.total, searched }))
}
