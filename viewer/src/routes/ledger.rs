//! `/snapshots/{id}/ledger`: what is missing in a snapshot, and what deserves a remark.

use axum::{
    Json,
    extract::{Path, State},
};
use larder_model::{Class, Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, List, Shared};
use crate::{
    failure::Failure,
    parameters::{Paging, Params},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only rows of this class.
    class: Option<LedgerClass>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LedgerClass {
    /// The snapshot lacks the item, or holds an older version of it.
    Missing,
    /// The item is there, with a remark.
    Note,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerRow {
    pub path: String,
    pub class: LedgerClass,
    /// A word: `unreadable`, `changed`, `stale`, …
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// The provider's own word for it.
    pub tag: Option<String>,
}

/// What is missing in a snapshot, and remarks
#[utoipa::path(get, path = "/snapshots/{id}/ledger", tag = "snapshots", params(("id" = String, Path, description = "a snapshot", example = "latest"), Filter, Paging),
    security(("session" = [])), responses(
    (status = 200, body = List<LedgerRow>),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_ledger(
    State((app, _)): State<Shared>,
    Path(id): Path<String>,
    Params(filter): Params<Filter>,
    Params(paging): Params<Paging>,
) -> Answer<List<LedgerRow>> {
    let (limit, start) = (paging.limit()?, paging.start()?);
    app.work(move |app, stop| {
        let snapshot = app.catalog.find(app, &id)?;
        let (mut items, mut row, mut has_more) = (Vec::new(), 0_usize, false);
        let read = app.reader.ledger(&snapshot, &mut |skip| {
            stop.check()?;
            let class = if skip.class == Class::Missing { LedgerClass::Missing } else { LedgerClass::Note };
            if filter.class.is_some_and(|wanted| wanted != class) {
                return Ok(());
            }
            row += 1;
            if row <= start {
                return Ok(());
            }
            if items.len() == limit {
                has_more = true;
                return Err(enough());
            }
            items.push(LedgerRow {
                path: skip.path.to_string(),
                class,
                reason: skip.reason,
                message: skip.message,
                tag: skip.tag,
            });
            Ok(())
        });
        match read {
            Err(problem) if !(has_more && problem.is(ProblemKind::Interrupted)) => return Err(app.failure(&problem)),
            _ => {}
        }
        let (missing, notes) = snapshot.record.ledger_rows();
        let total = match filter.class {
            None => missing + notes,
            Some(LedgerClass::Missing) => missing,
            Some(LedgerClass::Note) => notes,
        };
        let end = start.saturating_add(items.len());
        let next = if has_more { Paging::next_start(end, end + 1) } else { None };
        Ok(List { items, next, total: Some(total) })
    })
    .await
    .map(Json)
}

/// Ends the reading of a list that goes on.
fn enough() -> Problem {
    Problem::new(ProblemKind::Interrupted, "enough was read")
}
