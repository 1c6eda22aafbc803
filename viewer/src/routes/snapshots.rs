//! `/snapshots`: which there are.

use axum::{
    Json,
    extract::{Path, State},
};
use larder_engine::{SnapshotInfo, SnapshotList};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Answer, List, Shared};
use crate::{
    failure::Failure,
    parameters::{Paging, Params, time},
    shapes::{Completeness, Snapshot},
};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only of this origin, as text.
    origin: Option<String>,
    /// Only those with this tag.
    tag: Option<String>,
    /// Only those taken on this machine.
    host: Option<String>,
    /// Only those that began at this moment or later.
    since: Option<String>,
    /// Only those that began before this moment.
    until: Option<String>,
    completeness: Option<Completeness>,
    #[serde(default)]
    sort: SnapshotSort,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub enum SnapshotSort {
    #[serde(rename = "time")]
    Time,
    /// The newest first.
    #[default]
    #[serde(rename = "-time")]
    TimeDown,
    #[serde(rename = "origin")]
    Origin,
    #[serde(rename = "-origin")]
    OriginDown,
    #[serde(rename = "files")]
    Files,
    #[serde(rename = "-files")]
    FilesDown,
    #[serde(rename = "bytes")]
    Bytes,
    #[serde(rename = "-bytes")]
    BytesDown,
}

/// Which snapshots there are
#[utoipa::path(get, path = "/snapshots", tag = "snapshots", params(Filter, Paging), security(("session" = [])), responses(
    (status = 200, body = List<Snapshot>),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_snapshots(
    State((app, _)): State<Shared>,
    Params(filter): Params<Filter>,
    Params(paging): Params<Paging>,
) -> Answer<List<Snapshot>> {
    let (limit, start) = (paging.limit()?, paging.start()?);
    let (since, until) = (time("since", filter.since.as_deref())?, time("until", filter.until.as_deref())?);
    let list = app.work(|app, _| app.catalog.list(app)).await?;
    let is_wanted = |info: &&SnapshotInfo| {
        let record = &info.record;
        filter.origin.as_ref().is_none_or(|origin| record.origin().to_string() == *origin)
            && filter.tag.as_ref().is_none_or(|tag| record.tags.contains(tag))
            && filter.host.as_ref().is_none_or(|host| record.host == *host)
            && since.is_none_or(|since| record.start() >= since)
            && until.is_none_or(|until| record.start() < until)
            && filter.completeness.is_none_or(|wanted| Completeness::from(record.completeness()) == wanted)
    };
    let sorted = sorted(&list, filter.sort, is_wanted);
    let items: Vec<_> = sorted.iter().skip(start).take(limit).map(|info| Snapshot::from(*info)).collect();
    let next = Paging::next_start(start.saturating_add(items.len()), sorted.len());
    Ok(Json(List { items, next, total: Some(sorted.len() as u64) }))
}

/// In the order that was asked for; those that are alike in that, by time.
fn sorted(list: &SnapshotList, sort: SnapshotSort, wanted: impl Fn(&&SnapshotInfo) -> bool) -> Vec<&SnapshotInfo> {
    let mut all: Vec<_> = list.snapshots.iter().filter(wanted).collect();
    let files = |info: &&SnapshotInfo| info.record.totals().files;
    let bytes = |info: &&SnapshotInfo| info.record.totals().bytes;
    let origin = |info: &&SnapshotInfo| info.record.origin().to_string();
    match sort {
        SnapshotSort::Time => {}
        SnapshotSort::TimeDown => all.reverse(),
        SnapshotSort::Origin => all.sort_by_cached_key(origin),
        SnapshotSort::OriginDown => all.sort_by_cached_key(|info| std::cmp::Reverse(origin(info))),
        SnapshotSort::Files => all.sort_by_key(files),
        SnapshotSort::FilesDown => all.sort_by_key(|info| std::cmp::Reverse(files(info))),
        SnapshotSort::Bytes => all.sort_by_key(bytes),
        SnapshotSort::BytesDown => all.sort_by_key(|info| std::cmp::Reverse(bytes(info))),
    }
    all
}

/// All about one snapshot
#[utoipa::path(get, path = "/snapshots/{id}", tag = "snapshots", params(("id" = String, Path, description = "a snapshot", example = "latest")), security(("session" = [])), responses(
    (status = 200, body = Snapshot),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_snapshot(State((app, _)): State<Shared>, Path(id): Path<String>) -> Answer<Snapshot> {
    app.work(move |app, _| {
        let (info, tree) = app.tree(&id)?;
        let mut snapshot = Snapshot::from(&info);
        snapshot.roots = tree.roots().iter().map(ToString::to_string).collect();
        // A snapshot whose statistics are damaged is still a snapshot.
        snapshot.statistics = app.reader.store().statistics(&info).ok().flatten().map(Into::into);
        Ok(snapshot)
    })
    .await
    .map(Json)
}
