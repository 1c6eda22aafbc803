//! Searching names and paths: what a question means, and who answers it.
//!
//! An index of all snapshots answers in a moment (docs/search.md). It is made when the first question is asked; until it is there, or
//! where it cannot be kept, small stores are walked through, and of large ones that part is searched that is indexed already.

mod index;
mod walk;

use larder_engine::{Filter, Patterns, SnapshotInfo};
use larder_model::{Problem, SnapshotId, Time};

use crate::{
    app::{App, Stop},
    failure::Failure,
    shapes::Entry,
};

pub use index::Names;

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub text: String,
    pub snapshot: Option<String>,
    pub origin: Option<String>,
    pub filter: Filter,
    /// Changed before this moment.
    pub before: Option<Time>,
    pub ignore_case: bool,
}

/// A version of an item that was found.
pub struct Hit {
    pub entry: Entry,
    /// The newest that holds it.
    pub snapshot: SnapshotId,
    /// How many hold it.
    pub snapshots: u64,
}

/// A part of what was found.
#[derive(Default)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub next: Option<String>,
    pub total: Option<u64>,
    pub entries: u64,
    pub snapshots: u64,
    pub building: bool,
}

/// Where a list goes on: in the index, or in a walk.
const INDEX: &str = "i";
const WALK: &str = "w";

/// A part of what is found, from a cursor on.
pub fn run(app: &App, stop: &Stop, query: &Query, cursor: Option<&str>, limit: usize) -> Result<Found, Failure> {
    let told = |problem: Problem| app.failure(&problem);
    let patterns = Patterns::typed(&query.text, query.ignore_case).map_err(told)?;
    let filter = Filter { until: query.before.map(just_before), ..query.filter.clone() };
    let all = app.catalog.list(app)?;
    let snapshots = snapshots(app, query, &all.snapshots)?;
    let state = app.names.state(app, &all.snapshots, &snapshots);
    let is_walk = match cursor {
        Some(cursor) => cursor.starts_with(WALK),
        None => state.is_to_walk(),
    };
    let mut found = if is_walk {
        let start = cursor.and_then(|cursor| cursor.strip_prefix(WALK));
        walk::run(app, stop, (&patterns, &filter), &snapshots, start, limit)?
    } else {
        let start = cursor.map(|cursor| cursor.strip_prefix(INDEX).ok_or_else(crate::parameters::bad_cursor));
        app.names.query(stop, (&patterns, &filter), query, &snapshots, start.transpose()?, limit).map_err(told)?
    };
    found.building = state.is_building();
    found.next = found.next.map(|next| format!("{}{next}", if is_walk { WALK } else { INDEX }));
    Ok(found)
}

/// Those that are searched, the newest first.
fn snapshots(app: &App, query: &Query, all: &[SnapshotInfo]) -> Result<Vec<SnapshotInfo>, Failure> {
    let is_wanted =
        |info: &&SnapshotInfo| query.origin.as_ref().is_none_or(|origin| info.record.origin().to_string() == *origin);
    match &query.snapshot {
        Some(id) => Ok([app.catalog.find(app, id)?].into_iter().filter(|info| is_wanted(&info)).collect()),
        None => Ok(all.iter().rev().filter(is_wanted).cloned().collect()),
    }
}

/// The last moment before another.
fn just_before(time: Time) -> Time {
    match time.nanos {
        0 => Time::new(time.secs.saturating_sub(1), 999_999_999),
        nanos => Time::new(time.secs, nanos - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_a_moment_is_a_nanosecond_earlier() {
        assert_eq!(just_before(Time::new(5, 0)), Time::new(4, 999_999_999));
        assert_eq!(just_before(Time::new(5, 7)), Time::new(5, 6));
    }
}
