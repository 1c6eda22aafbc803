//! Searching without an index: snapshot by snapshot, item by item.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use larder_engine::SnapshotInfo;
use larder_model::{Kind, SnapshotId, Time, TreePath};

use super::{Found, Hit, Query};
use crate::{
    app::{App, Stop},
    failure::Failure,
    parameters::{Paging, bad_cursor},
    shapes::Entry,
};

/// A walk ends with so many different hits; who wants more has to ask more precisely.
const HITS_MAX: usize = 10_000;

type Version = (TreePath, u8, u64, Option<Time>);

pub fn run(
    app: &App,
    stop: &Stop,
    query: &Query,
    snapshots: &[SnapshotInfo],
    cursor: Option<&[u8]>,
    limit: usize,
) -> Result<Found, Failure> {
    let start = match cursor {
        None => 0,
        Some(bytes) => std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(bad_cursor)?,
    };
    let pattern = Pattern::new(query)?;
    let mut found = Found { snapshots: snapshots.len() as u64, ..Found::default() };
    let mut hits: BTreeMap<Version, (Entry, SnapshotId, u64)> = BTreeMap::new();
    for snapshot in snapshots {
        let tree = app.reader.tree(snapshot).map_err(|problem| app.failure(&problem))?;
        let walked = tree.walk(&TreePath::top(), &mut |path, node| {
            stop.check()?;
            found.entries += 1;
            if query.wants(&node.entry) && pattern.matches(path) {
                let meta = &node.entry.meta;
                let is_file = node.entry.kind == Kind::File;
                let key = (path.clone(), node.entry.kind as u8, if is_file { meta.size } else { 0 }, meta.mtime);
                let is_new = !hits.contains_key(&key);
                if is_new && hits.len() < HITS_MAX {
                    hits.insert(key, (Entry::of(path, node), snapshot.id, 1));
                } else if let Some((_, _, count)) = hits.get_mut(&key) {
                    *count += 1;
                }
            }
            Ok(())
        });
        walked.map_err(|problem| app.failure(&problem))?;
    }
    let total = hits.len();
    let part = hits.into_values().skip(start).take(limit);
    found.hits = part.map(|(entry, snapshot, snapshots)| Hit { entry, snapshot, snapshots }).collect();
    found.next = Paging::next_start(start.saturating_add(found.hits.len()), total);
    found.total = (total < HITS_MAX).then_some(total as u64);
    Ok(found)
}

/// A part of a name, a pattern of names, or one of paths.
enum Pattern {
    Part { text: String, ignores_case: bool },
    Name(GlobMatcher),
    Path(GlobMatcher),
}

impl Pattern {
    fn new(query: &Query) -> Result<Self, Failure> {
        let text = query.text.as_str();
        let glob = |text: &str| {
            let glob = GlobBuilder::new(text).literal_separator(true).case_insensitive(query.ignore_case).build();
            glob.map(|glob| glob.compile_matcher())
                .map_err(|error| Failure::usage(format!("the pattern is of no use: {}", error.kind())))
        };
        if text.contains('/') {
            let is_end = !text.starts_with('/') && !text.starts_with("**/");
            return glob(&if is_end { format!("**/{text}") } else { text.to_owned() }).map(Self::Path);
        }
        if text.contains(['*', '?', '[', '{']) {
            return glob(text).map(Self::Name);
        }
        let text = if query.ignore_case { text.to_lowercase() } else { text.to_owned() };
        Ok(Self::Part { text, ignores_case: query.ignore_case })
    }

    fn matches(&self, path: &TreePath) -> bool {
        let name = String::from_utf8_lossy(path.name().unwrap_or_default());
        match self {
            Self::Part { text, ignores_case: true } => name.to_lowercase().contains(text),
            Self::Part { text, ignores_case: false } => name.contains(text),
            Self::Name(glob) => glob.is_match(&*name),
            Self::Path(glob) => glob.is_match(&*String::from_utf8_lossy(path.as_bytes())),
        }
    }
}
