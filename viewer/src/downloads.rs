//! What is being downloaded, an archive or a file as it is: for ten minutes each tells how it goes. A browser says of what broke off
//! only that it did; here a page learns why.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use larder_engine::{SnapshotInfo, Totals};
use larder_model::TreePath;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    archive::{ArchiveFormat, Selection, Watch},
    failure::{Failure, FailureKind},
    random::token,
};

/// How long an address is good.
const LIFE: Duration = Duration::from_secs(600);
/// Addresses at a time; with more, the oldest is forgotten.
const DOWNLOADS_MAX: usize = 200;

/// How a download goes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadStatus {
    pub state: DownloadState,
    /// Why it broke off.
    pub problem: Option<Failure>,
    /// Items that are sent, or begun.
    pub items_done: u64,
    /// Bytes of files.
    pub bytes_done: u64,
    pub items: u64,
    pub bytes: u64,
    /// Devices, sockets and the like that have no place in an archive.
    pub left_out: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DownloadState {
    /// Nobody has fetched it yet.
    Waiting,
    Running,
    Done,
    /// It broke off: what arrived is not whole, and no program takes it for that.
    Broken,
    /// Whoever fetched it has gone away.
    Stopped,
}

/// What an archive is made of.
pub struct Archive {
    pub snapshot: SnapshotInfo,
    pub selection: Selection,
    pub format: ArchiveFormat,
}

/// Something that was asked for.
pub struct Download {
    /// The name of its file.
    pub name: String,
    /// `None` is a file as it is: whoever sends contents sends it.
    pub archive: Option<Archive>,
    made: Instant,
    status: Mutex<DownloadStatus>,
}

impl Download {
    pub fn new(name: String, archive: Option<Archive>, totals: Totals) -> Self {
        let status = DownloadStatus {
            state: DownloadState::Waiting,
            problem: None,
            items_done: 0,
            bytes_done: 0,
            items: totals.files.saturating_add(totals.folders),
            bytes: totals.bytes,
            left_out: 0,
        };
        Self { name, archive, made: Instant::now(), status: Mutex::new(status) }
    }

    pub fn status(&self) -> DownloadStatus {
        self.lock().clone()
    }

    /// It is fetched, perhaps once more.
    pub fn begin(&self) {
        let mut status = self.lock();
        status.state = DownloadState::Running;
        status.problem = None;
        (status.items_done, status.bytes_done, status.left_out) = (0, 0, 0);
    }

    /// So many more bytes of files are sent.
    pub fn sent(&self, count: u64) {
        self.lock().bytes_done += count;
    }

    /// All of it was sent, unless nobody has taken its end.
    pub fn end(&self, is_taken: bool) {
        self.lock().state = if is_taken { DownloadState::Done } else { DownloadState::Stopped };
    }

    pub fn break_off(&self, problem: Failure) {
        let mut status = self.lock();
        let is_gone = problem.kind == FailureKind::Interrupted;
        status.state = if is_gone { DownloadState::Stopped } else { DownloadState::Broken };
        status.problem = Some(problem);
    }

    fn lock(&self) -> MutexGuard<'_, DownloadStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for &Download {
    fn item(&mut self, _: &TreePath) -> larder_model::Result<()> {
        self.lock().items_done += 1;
        Ok(())
    }

    fn bytes(&mut self, count: u64) {
        self.sent(count);
    }

    fn left_out(&mut self, _: &TreePath) {
        self.lock().left_out += 1;
    }
}

/// All that were asked for lately.
#[derive(Default)]
pub struct Downloads(Mutex<HashMap<String, Arc<Download>>>);

impl Downloads {
    /// Keeps one; its id.
    pub fn add(&self, download: Download) -> String {
        let mut all = self.lock();
        if all.len() >= DOWNLOADS_MAX
            && let Some(oldest) = all.iter().min_by_key(|(_, download)| download.made).map(|(id, _)| id.clone())
        {
            all.remove(&oldest);
        }
        let id = token()[..32].to_owned();
        all.insert(id.clone(), Arc::new(download));
        id
    }

    pub fn get(&self, id: &str) -> Option<Arc<Download>> {
        let mut all = self.lock();
        all.retain(|_, download| download.made.elapsed() < LIFE || download.status().state == DownloadState::Running);
        all.get(id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Download>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
