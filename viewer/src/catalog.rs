//! The list of snapshots, looked at anew every few seconds.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use larder_engine::{LastCheck, SnapshotInfo, SnapshotList, StoreInfo};
use larder_model::{Problem, SnapshotId};

use crate::{app::App, failure::Failure};

/// A list that is older is read again: a new snapshot shows up after that long.
const FRESH: Duration = Duration::from_secs(2);
/// Hex digits of an id prefix at least.
const PREFIX_LEN_MIN: usize = 4;

/// The store's numbers are counted again after this long, or when there is another snapshot: where listings cost, they cost some.
const NUMBERS_FRESH: Duration = Duration::from_secs(60);

/// The newest list and numbers, and when they were read.
#[derive(Default)]
pub struct Catalog {
    list: Mutex<Option<(Instant, Arc<SnapshotList>)>>,
    numbers: Mutex<Option<(Instant, Arc<Numbers>)>>,
}

/// The store as a whole.
pub struct Numbers {
    pub info: StoreInfo,
    pub last_check: Option<LastCheck>,
    snapshots: Vec<SnapshotId>,
}

impl Catalog {
    /// All snapshots, oldest first. While one thread reads the list, the others wait for it.
    pub fn list(&self, app: &App) -> Result<Arc<SnapshotList>, Failure> {
        let mut kept = self.list.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// The numbers of the store; while one thread counts, the others wait for it.
    pub fn numbers(&self, app: &App) -> Result<Arc<Numbers>, Failure> {
        let snapshots: Vec<_> = self.list(app)?.snapshots.iter().map(|snapshot| snapshot.id).collect();
        let mut kept = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, numbers)) = &*kept
            && read.elapsed() < NUMBERS_FRESH
            && numbers.snapshots == snapshots
        {
            return Ok(numbers.clone());
        }
        let store = app.reader.store();
        let told = |problem: Problem| app.failure(&problem);
        let numbers =
            Numbers { info: store.info().map_err(told)?, last_check: store.last_check().map_err(told)?, snapshots };
        let numbers = Arc::new(numbers);
        *kept = Some((Instant::now(), numbers.clone()));
        Ok(numbers)
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
