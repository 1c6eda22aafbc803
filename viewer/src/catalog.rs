//! The list of snapshots, looked at anew every few seconds.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use larder_engine::{SnapshotInfo, SnapshotList};

use crate::{app::App, failure::Failure};

/// A list that is older is read again: a new snapshot shows up after that long.
const FRESH: Duration = Duration::from_secs(2);
/// Hex digits of an id prefix at least.
const PREFIX_LEN_MIN: usize = 4;

/// The newest list, and when it was read.
#[derive(Default)]
pub struct Catalog(Mutex<Option<(Instant, Arc<SnapshotList>)>>);

impl Catalog {
    /// All snapshots, oldest first. While one thread reads the list, the others wait for it.
    pub fn list(&self, app: &App) -> Result<Arc<SnapshotList>, Failure> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, list)) = &*kept
            && read.elapsed() < FRESH
        {
            return Ok(list.clone());
        }
        let list = app.reader.snapshots().map_err(|problem| app.failure(&problem))?;
        let list = Arc::new(list);
        *kept = Some((Instant::now(), list.clone()));
        Ok(list)
    }

    /// The snapshot that a full id, a unique prefix of one, or `latest` means.
    pub fn find(&self, app: &App, text: &str) -> Result<SnapshotInfo, Failure> {
        let list = self.list(app)?;
        if text == "latest" {
            let newest = list.snapshots.last().cloned();
            return newest.ok_or_else(|| Failure::not_found("there is no snapshot in this store yet"));
        }
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || !(PREFIX_LEN_MIN..=64).contains(&text.len()) {
            return Err(Failure::not_found("that is no snapshot id").hint("an id has 4 to 64 hex digits"));
        }
        let wanted = text.to_ascii_lowercase();
        let mut found = list.snapshots.iter().filter(|snapshot| snapshot.id.to_string().starts_with(&wanted));
        let damaged = list.damaged.iter().find(|(id, _)| id.to_string().starts_with(&wanted));
        match (found.next(), found.next(), damaged) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(Failure::usage(format!("{wanted} stands for several snapshots")).hint("give more digits of the id"))
            }
            (Some(snapshot), None, None) => Ok(snapshot.clone()),
            (None, _, Some((_, problem))) => Err(app.failure(problem)),
            (None, _, None) => Err(Failure::not_found(format!("there is no snapshot {wanted}"))
                .hint("it may have been removed; the list of snapshots shows what is there")),
        }
    }
}
