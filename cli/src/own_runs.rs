//! The runs that this machine began: a file each in Larder's data folder, locked for as long as the run goes on. The system lets go of a
//! lock when a process ends, however it ends; so a file that can be locked is of a run that is over. Home folders may be shared over a
//! network, and locks there be each machine's own affair; so each machine has a folder of its own.

use std::{
    any::Any,
    fs::{self, DirBuilder, File, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use larder_engine::OwnRuns;
use larder_model::RunId;

/// A start record expires after 30 days; what is older than this says nothing any more.
const LIFE: Duration = Duration::from_secs(40 * 24 * 3600);

/// Files of runs below `runs/MACHINE/`.
struct InFolder(PathBuf);

/// Without a folder nothing is known.
pub fn in_folder(data: Option<&Path>, machine: &str) -> Option<Arc<dyn OwnRuns>> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let machine: String = machine.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    data.map(|data| Arc::new(InFolder(data.join("runs").join(machine))) as Arc<dyn OwnRuns>)
}

impl InFolder {
    fn path(&self, run: RunId) -> PathBuf {
        self.0.join(run.to_string())
    }

    fn lock(&self, run: RunId) -> Option<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).ok()?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path(run)).ok()?;
        file.try_lock().ok()?;
        Some(file)
    }

    fn clean(&self) {
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let modified = entry.metadata().and_then(|found| found.modified());
            let age = modified.ok().and_then(|time| SystemTime::now().duration_since(time).ok());
            if age.is_some_and(|age| age > LIFE) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl OwnRuns for InFolder {
    /// A run that cannot be noted counts as running for 30 days if it is killed, and that is all.
    fn begin(&self, run: RunId) -> Box<dyn Any + Send + Sync> {
        self.clean();
        Box::new(self.lock(run))
    }

    fn is_over(&self, run: RunId) -> bool {
        File::open(self.path(run)).is_ok_and(|file| file.try_lock().is_ok())
    }

    fn forget(&self, run: RunId) {
        let _ = fs::remove_file(self.path(run));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_over_when_nobody_holds_its_lock() {
        let folder = std::env::temp_dir().join(format!("larder-own-runs-{}", std::process::id()));
        let own = in_folder(Some(&folder), "here").unwrap();
        let (run, other) = (RunId([7; 16]), RunId([8; 16]));
        assert!(!own.is_over(run), "of a run that it did not begin it knows nothing");
        let alive = own.begin(run);
        assert!(!own.is_over(run));
        drop(alive);
        assert!(own.is_over(run) && !own.is_over(other));
        assert!(!in_folder(Some(&folder), "there").unwrap().is_over(run), "another machine's locks say nothing");
        own.forget(run);
        assert!(!own.is_over(run));
        let _ = fs::remove_dir_all(&folder);
    }
}
