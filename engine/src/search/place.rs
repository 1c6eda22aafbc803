//! The folder of an index: its files, for their owner only, and the lock that one builder at a time holds.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::sealed::FileId;

const MANIFEST: &str = "index";
const LOCK: &str = "lock";
const SEGMENT_SUFFIX: &str = ".segment";
/// An index that nobody has used for so long goes when another one is written.
const KEPT_UNUSED: Duration = Duration::from_secs(90 * 24 * 3600);
/// A use is marked when the last mark is older.
const MARK_AFTER: Duration = Duration::from_secs(24 * 3600);

pub(super) fn manifest_file(folder: &Path) -> PathBuf {
    folder.join(MANIFEST)
}

pub(super) fn segment_file(folder: &Path, id: &FileId) -> PathBuf {
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    folder.join(format!("{hex}{SEGMENT_SUFFIX}"))
}

pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// The lock of a builder; `None` when somebody else is building. It goes with the handle, also when the process dies.
pub(super) fn lock(folder: &Path) -> io::Result<Option<File>> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Puts a new manifest in the place of the old one. Only who holds the lock does.
pub(super) fn replace_manifest(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = folder.join("index.new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = create_private(&draft)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&draft, manifest_file(folder)));
    written.inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// Removes segments that the manifest does not name: those that were merged, and what a killed builder left. Readers that have them open
/// go on reading.
pub(super) fn sweep(folder: &Path, is_named: &dyn Fn(&str) -> bool) {
    let Ok(files) = fs::read_dir(folder) else { return };
    for file in files.flatten() {
        let name = file.file_name();
        let Some(id) = name.to_str().and_then(|name| name.strip_suffix(SEGMENT_SUFFIX)) else { continue };
        if !is_named(id) {
            // What cannot be removed now is removed next time.
            drop(fs::remove_file(file.path()));
        }
    }
}

/// Marks an index as used.
pub(super) fn mark_used(folder: &Path) {
    let now = SystemTime::now();
    let Ok(file) = OpenOptions::new().append(true).open(manifest_file(folder)) else { return };
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    if modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > MARK_AFTER)) {
        drop(file.set_modified(now));
    }
}

/// Removes the indexes beside this one that nobody has used for long.
pub(super) fn remove_forgotten(folder: &Path) {
    let Some(Ok(neighbours)) = folder.parent().map(fs::read_dir) else { return };
    for neighbour in neighbours.flatten().filter(|neighbour| neighbour.path() != folder) {
        let modified = fs::metadata(manifest_file(&neighbour.path())).and_then(|metadata| metadata.modified());
        let is_old = |time: SystemTime| SystemTime::now().duration_since(time).is_ok_and(|age| age > KEPT_UNUSED);
        if modified.is_ok_and(is_old) {
            drop(fs::remove_dir_all(neighbour.path()));
        }
    }
}
