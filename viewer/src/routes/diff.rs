//! `/diff`: what is different between two snapshots.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use axum::{Json, extract::State};
use larder_engine::{Change as EngineChange, DiffStat as EngineStat, diff_trees};
use larder_model::{Problem, TreePath};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Shared};
use crate::{
    failure::Failure,
    parameters::{Paging, Params, path, to_cursor},
    shapes::Entry,
};

/// How long the first answer counts what is beyond it.
const COUNTING: Duration = Duration::from_millis(300);
/// Walking on in search of rows of the wanted kinds ends after this, with a cursor to go on from.
const SEARCHING: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// The snapshot before.
    #[param(example = "latest")]
    from: String,
    /// The snapshot after.
    #[param(example = "latest")]
    to: String,
    /// Only what is in this folder, or this file.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
    /// Kinds of changes, separated by commas; all unless given.
    kinds: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DiffRow {
    pub change: Change,
    pub path: String,
    /// Null for what was added.
    pub before: Option<Entry>,
    /// Null for what was removed.
    pub after: Option<Entry>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Added,
    Removed,
    /// Other content.
    Modified,
    /// A file became a folder, or the like.
    Kind,
    /// The same content, other mode, owner, time or attributes.
    Metadata,
}

impl From<EngineChange> for Change {
    fn from(change: EngineChange) -> Self {
        match change {
            EngineChange::Added => Self::Added,
            EngineChange::Removed => Self::Removed,
            EngineChange::Modified => Self::Modified,
            EngineChange::Kind => Self::Kind,
            EngineChange::Metadata => Self::Metadata,
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct DiffStat {
    pub added: u64,
    pub removed: u64,
    pub modified: u64,
    pub metadata: u64,
    pub bytes_added: u64,
    pub bytes_removed: u64,
}

impl From<EngineStat> for DiffStat {
    fn from(stat: EngineStat) -> Self {
        Self {
            added: stat.added,
            removed: stat.removed,
            modified: stat.modified,
            metadata: stat.metadata,
            bytes_added: stat.bytes_added,
            bytes_removed: stat.bytes_removed,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DiffList {
    pub items: Vec<DiffRow>,
    /// May be there although `items` is empty: the search for rows of the wanted kinds goes on.
    pub next: Option<String>,
    pub total: Option<u64>,
    /// Of the whole comparison, with the first part of the list only, and only where it was counted in a moment.
    pub stat: Option<DiffStat>,
}

/// What is different between two snapshots
#[utoipa::path(get, path = "/diff", tag = "compare", params(Wanted, Paging), security(("session" = [])), responses(
    (status = 200, body = DiffList),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_diff(
    State((app, _)): State<Shared>,
    Params(wanted): Params<Wanted>,
    Params(paging): Params<Paging>,
) -> Answer<DiffList> {
    let limit = paging.limit()?;
    let resume = paging.cursor()?.map(TreePath::new);
    let kinds = kinds(wanted.kinds.as_deref())?;
    app.work(move |app, stop| {
        let path = path(&wanted.path)?;
        let (_, before) = app.tree(&wanted.from)?;
        let (_, after) = app.tree(&wanted.to)?;
        let mut list = Gathering { limit, began: Instant::now(), ..Gathering::default() };
        let is_first = resume.is_none();
        let (stat, flow) = diff_trees(&before, &after, &path, resume.as_ref(), &mut |row| {
            stop.check()?;
            let change = row.change.into();
            let is_wanted = kinds.as_ref().is_none_or(|kinds| kinds.contains(&change));
            Ok(list.take(&row.path, is_first, is_wanted, || DiffRow {
                change,
                path: path.joined(row.path.as_bytes()).to_string(),
                before: row.before.as_ref().map(|entry| Entry::new(&path.joined(row.path.as_bytes()), entry)),
                after: row.after.as_ref().map(|entry| Entry::new(&path.joined(row.path.as_bytes()), entry)),
            }))
        })
        .map_err(|problem: Problem| app.failure(&problem))?;
        let is_whole = is_first && flow.is_continue();
        let counted = stat.added + stat.removed + stat.modified + stat.metadata;
        Ok(DiffList {
            next: list.next(flow),
            items: list.items,
            total: (is_whole && kinds.is_none()).then_some(counted),
            stat: is_whole.then(|| stat.into()),
        })
    })
    .await
    .map(Json)
}

fn kinds(text: Option<&str>) -> Result<Option<Vec<Change>>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let kind = |word: &str| {
        serde_json::from_value(serde_json::Value::from(word.trim()))
            .map_err(|_| Failure::usage("`kinds` holds words out of added, removed, modified, kind and metadata"))
    };
    text.split(',').map(kind).collect::<Result<Vec<_>, _>>().map(Some)
}

/// Rows of one answer, while the comparison runs.
struct Gathering {
    items: Vec<DiffRow>,
    limit: usize,
    began: Instant,
    /// The last row that was looked at and that the answer need not come back to.
    last: Option<TreePath>,
    /// There are more rows than asked for.
    is_full: bool,
}

impl Default for Gathering {
    fn default() -> Self {
        Self { items: Vec::new(), limit: 0, began: Instant::now(), last: None, is_full: false }
    }
}

impl Gathering {
    fn take(
        &mut self,
        path: &TreePath,
        counts: bool,
        is_wanted: bool,
        row: impl FnOnce() -> DiffRow,
    ) -> ControlFlow<()> {
        let spent = self.began.elapsed();
        if is_wanted && self.items.len() < self.limit {
            self.items.push(row());
        } else if is_wanted {
            self.is_full = true;
        }
        if !self.is_full {
            self.last = Some(path.clone());
        }
        let goes_on = match self.is_full {
            true => counts && spent < COUNTING,
            false => spent < SEARCHING,
        };
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn next(&self, flow: ControlFlow<()>) -> Option<String> {
        let last = self.last.as_ref().filter(|_| self.is_full || flow.is_break())?;
        Some(to_cursor(last.as_bytes()))
    }
}
