//! `/history`: one path through all snapshots.

use axum::{Json, extract::State};
use larder_engine::{History, Presence as EnginePresence, SnapshotInfo};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, List, Shared};
use crate::{
    failure::Failure,
    moment::moment,
    parameters::{Paging, Params, path},
    shapes::Entry,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// An item.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
    /// Only snapshots of this origin.
    origin: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HistoryRow {
    pub snapshot: String,
    pub time: Option<String>,
    pub origin: String,
    pub state: Presence,
    /// What stands at the path; null where nothing does, and for the top.
    pub entry: Option<Entry>,
}

/// How a path fares in a snapshot, next to the one of the same origin before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Same,
    Changed,
    Added,
    Removed,
    Absent,
    /// The listings that would tell are damaged.
    Damaged,
}

impl From<EnginePresence> for Presence {
    fn from(presence: EnginePresence) -> Self {
        match presence {
            EnginePresence::Same => Self::Same,
            EnginePresence::Changed => Self::Changed,
            EnginePresence::Added => Self::Added,
            EnginePresence::Removed => Self::Removed,
            EnginePresence::Absent => Self::Absent,
            EnginePresence::Damaged => Self::Damaged,
        }
    }
}

/// One path through all snapshots, the newest first
///
/// A folder is the same when all below it is.
#[utoipa::path(get, path = "/history", tag = "compare", params(Wanted, Paging), security(("session" = [])), responses(
    (status = 200, body = List<HistoryRow>),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_history(
    State((app, _)): State<Shared>,
    Params(wanted): Params<Wanted>,
    Params(paging): Params<Paging>,
) -> Answer<List<HistoryRow>> {
    let (limit, start) = (paging.limit()?, paging.start()?);
    app.work(move |app, stop| {
        let path = path(&wanted.path)?;
        let list = app.catalog.list(app)?;
        let is_wanted = |info: &&SnapshotInfo| {
            wanted.origin.as_ref().is_none_or(|origin| info.record.origin().to_string() == *origin)
        };
        let snapshots: Vec<_> = list.snapshots.iter().filter(is_wanted).cloned().collect();
        let Some(newest) = snapshots.last() else {
            return Ok(List { items: Vec::new(), next: None, total: Some(0) });
        };
        let told = |problem: larder_model::Problem| app.failure(&problem);
        let tree = app.reader.tree(newest).map_err(told)?;
        let mut history = History::new(&tree, &snapshots, path.clone());
        let mut items = Vec::new();
        for index in (0..snapshots.len()).rev().skip(start).take(limit) {
            stop.check().map_err(told)?;
            let (presence, node) = history.row(index).map_err(told)?;
            let snapshot = &snapshots[index];
            items.push(HistoryRow {
                snapshot: snapshot.id.to_string(),
                time: moment(snapshot.record.start()),
                origin: snapshot.record.origin().to_string(),
                state: presence.into(),
                entry: node.map(|node| Entry::of(&path, &node)),
            });
        }
        let next = Paging::next_start(start.saturating_add(items.len()), snapshots.len());
        Ok(List { items, next, total: Some(snapshots.len() as u64) })
    })
    .await
    .map(Json)
}
