//! `/snapshots/{id}/usage`: what takes the space in a folder, and what has grown.

use axum::{
    Json,
    extract::{Path, State},
};
use larder_engine::{Totals, usage};
use larder_model::{Problem, escape};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Shared};
use crate::{
    failure::Failure,
    parameters::{Params, path},
    shapes::EntryKind,
};

/// Children that are told one by one.
const ROWS_MAX: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// A folder; the top unless given.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
    /// A snapshot to compare with.
    compare: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FolderUsage {
    pub path: String,
    pub bytes: u64,
    pub files: u64,
    pub folders: u64,
    /// In the snapshot that is compared with; null where nothing is.
    pub before: Option<Amount>,
    /// The largest children, now or before, the largest first.
    pub items: Vec<ChildUsage>,
    /// All others together.
    pub rest: RestUsage,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Amount {
    pub bytes: u64,
    pub files: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChildUsage {
    pub name: String,
    pub path: String,
    pub kind: EntryKind,
    /// 0 for what is gone by now.
    pub bytes: u64,
    pub files: u64,
    /// Null for what was not there, or where nothing is compared.
    pub before_bytes: Option<u64>,
    pub before_files: Option<u64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct RestUsage {
    pub count: u64,
    pub bytes: u64,
    pub before_bytes: Option<u64>,
}

/// What takes the space in a folder, and what has grown
#[utoipa::path(get, path = "/snapshots/{id}/usage", tag = "browse", params(("id" = String, Path, description = "a snapshot", example = "latest"), Wanted),
    security(("session" = [])), responses(
    (status = 200, body = FolderUsage),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_usage(
    State((app, _)): State<Shared>,
    Path(id): Path<String>,
    Params(wanted): Params<Wanted>,
) -> Answer<FolderUsage> {
    app.work(move |app, _| {
        let path = path(&wanted.path)?;
        let (_, tree) = app.tree(&id)?;
        let other = wanted.compare.as_deref().filter(|id| !id.is_empty()).map(|id| app.tree(id)).transpose()?;
        let told = |problem: Problem| app.failure(&problem);
        if tree.node(&path).map_err(told)?.is_some_and(|node| !node.entry.is_dir()) {
            return Err(Failure::usage(format!("{path} is not a folder")));
        }
        let usage = usage(&tree, &path, other.as_ref().map(|(_, tree)| tree), ROWS_MAX).map_err(told)?;
        let is_compared = usage.before.is_some();
        let amount = |totals: Totals| Amount { bytes: totals.bytes, files: totals.files };
        let items = usage.rows.iter().map(|row| ChildUsage {
            name: escape(&row.name),
            path: path.child(&row.name).to_string(),
            kind: row.kind.into(),
            bytes: row.totals.bytes,
            files: row.totals.files,
            before_bytes: row.before.map(|before| before.bytes),
            before_files: row.before.map(|before| before.files),
        });
        Ok(FolderUsage {
            path: path.to_string(),
            bytes: usage.totals.bytes,
            files: usage.totals.files,
            folders: usage.totals.folders,
            before: usage.before.map(amount),
            items: items.collect(),
            rest: RestUsage {
                count: usage.rest,
                bytes: usage.rest_totals.bytes,
                before_bytes: is_compared.then_some(usage.rest_before.bytes),
            },
        })
    })
    .await
    .map(Json)
}
