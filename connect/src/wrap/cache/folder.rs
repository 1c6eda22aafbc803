//! The folder of a cache: files with a checksum, the oldest of which go when there are too many bytes. A folder that cannot be used
//! costs one warning, and no more.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

/// Behind the bytes of each file: what tells a torn or rotten one.
const CHECKSUM_LEN: usize = 8;
/// A file that is read is marked as used when the last mark is older.
const MARK_AFTER: Duration = Duration::from_secs(3600);
/// What is kept is sealed, but how much there is of it is nobody else's business.
const PRIVATE: u32 = 0o700;
/// Files being written begin like this.
const DRAFT: &str = ".new-";

/// Files up to a number of bytes.
pub struct CacheFolder {
    path: PathBuf,
    bytes_max: u64,
    warn: Box<dyn Fn(&str) + Send + Sync>,
    is_off: AtomicBool,
    drafts: AtomicU64,
    /// Bytes in the folder, once somebody has looked.
    bytes: Mutex<Option<u64>>,
}

impl CacheFolder {
    /// It is made at the first write. `warn` is told once when it cannot be used.
    pub fn new(path: impl Into<PathBuf>, bytes_max: u64, warn: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            path: path.into(),
            bytes_max,
            warn: Box::new(warn),
            is_off: AtomicBool::new(false),
            drafts: AtomicU64::new(0),
            bytes: Mutex::new(None),
        }
    }

    /// What is kept under a key; a file that is torn goes.
    pub(super) fn read(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.path.join(key);
        let mut bytes = fs::read(&path).ok()?;
        let end = bytes.len().checked_sub(CHECKSUM_LEN);
        let Some(end) = end.filter(|end| checksum(key, &[&bytes[..*end]]).to_le_bytes() == bytes[*end..]) else {
            drop(fs::remove_file(&path));
            return None;
        };
        bytes.truncate(end);
        mark_used(&path);
        Some(bytes)
    }

    /// Whether something is kept under a key. Only a read tells whether it is whole.
    pub(super) fn has(&self, key: &str) -> bool {
        self.path.join(key).exists()
    }

    pub(super) fn write(&self, key: &str, parts: &[&[u8]]) {
        if self.is_off.load(Relaxed) {
            return;
        }
        if let Err(error) = self.try_write(key, parts)
            && !self.is_off.swap(true, Relaxed)
        {
            (self.warn)(&format!("nothing is kept in the cache {}: {error}", self.path.display()));
        }
    }

    /// Drops what is kept under a key, and parts of it. True when there was something.
    pub(super) fn remove(&self, key: &str) -> bool {
        let Ok(files) = fs::read_dir(&self.path) else { return false };
        let kept = files.flatten().filter(|file| file.file_name().to_string_lossy().starts_with(key));
        kept.filter(|file| fs::remove_file(file.path()).is_ok()).count() > 0
    }

    fn try_write(&self, key: &str, parts: &[&[u8]]) -> io::Result<()> {
        let path = self.path.join(key);
        if path.exists() {
            return Ok(());
        }
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.is_none() {
            DirBuilder::new().recursive(true).mode(PRIVATE).create(&self.path)?;
            *bytes = Some(self.files()?.iter().map(|file| file.len).sum());
        }
        let len = parts.iter().map(|part| part.len() as u64).sum::<u64>() + CHECKSUM_LEN as u64;
        let in_all = bytes.unwrap_or(0) + len;
        *bytes = Some(if in_all > self.bytes_max { self.shrink(len)? + len } else { in_all });
        drop(bytes);
        let draft = self.path.join(format!("{DRAFT}{}-{}", process::id(), self.drafts.fetch_add(1, Relaxed)));
        let written = write_draft(&draft, key, parts).and_then(|()| fs::rename(&draft, &path));
        if written.is_err() {
            drop(fs::remove_file(&draft));
        }
        written
    }

    /// Removes what was not used for the longest time, until a quarter is free; gives what is left.
    fn shrink(&self, wanted: u64) -> io::Result<u64> {
        let mut files = self.files()?;
        files.sort_by_key(|file| file.used);
        let mut left: u64 = files.iter().map(|file| file.len).sum();
        for file in files {
            if left + wanted <= self.bytes_max / 4 * 3 {
                break;
            }
            // Another process may have been faster.
            drop(fs::remove_file(self.path.join(file.name)));
            left -= file.len;
        }
        Ok(left)
    }

    fn files(&self) -> io::Result<Vec<Kept>> {
        let mut files = Vec::new();
        for file in fs::read_dir(&self.path)? {
            let file = file?;
            let Ok(metadata) = file.metadata() else { continue };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            files.push(Kept { name: file.file_name(), len: metadata.len(), used });
        }
        Ok(files)
    }
}

struct Kept {
    name: std::ffi::OsString,
    len: u64,
    used: SystemTime,
}

fn write_draft(path: &Path, key: &str, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = File::create(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.write_all(&checksum(key, parts).to_le_bytes())
}

/// What is used now and then stays.
fn mark_used(path: &Path) {
    let now = SystemTime::now();
    let Ok(file) = File::options().append(true).open(path) else { return };
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    if modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > MARK_AFTER)) {
        drop(file.set_modified(now));
    }
}

/// FNV-1a over key and bytes: it is there for accidents, since who reads verifies.
fn checksum(key: &str, parts: &[&[u8]]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key.as_bytes().iter().chain(parts.iter().flat_map(|part| part.iter())) {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(PRIME);
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    };

    use super::*;

    fn folder(path: &Path, bytes_max: u64) -> (CacheFolder, Arc<AtomicU32>) {
        let warnings = Arc::new(AtomicU32::new(0));
        let counter = warnings.clone();
        (CacheFolder::new(path, bytes_max, move |_| _ = counter.fetch_add(1, SeqCst)), warnings)
    }

    #[test]
    fn what_is_torn_is_not_given() {
        let place = tempfile::tempdir().unwrap();
        let (cache, _) = folder(&place.path().join("made"), 1000);
        assert_eq!(cache.read("key"), None);
        cache.write("key", &[b"one", b"two"]);
        assert_eq!(cache.read("key").unwrap(), b"onetwo");
        fs::write(place.path().join("made/key"), b"onetwx01234567").unwrap();
        assert_eq!(cache.read("key"), None);
        assert!(!place.path().join("made/key").exists());
        // What belongs to another key.
        cache.write("key", &[b"one"]);
        fs::copy(place.path().join("made/key"), place.path().join("made/other")).unwrap();
        assert_eq!(cache.read("other"), None);
    }

    #[test]
    fn the_bound_holds_and_doubt_drops_all_parts() {
        let place = tempfile::tempdir().unwrap();
        let (cache, _) = folder(place.path(), 1000);
        for number in 0..50 {
            cache.write(&format!("{number:02}"), &[&[0; 92]]);
            let bytes: u64 = cache.files().unwrap().iter().map(|file| file.len).sum();
            assert!(bytes <= 1000, "{bytes}");
        }
        assert!(cache.read("49").is_some() && cache.read("00").is_none());
        cache.write("49-0-5", &[b"part"]);
        assert!(cache.remove("49") && !cache.remove("49"));
        assert_eq!(cache.read("49-0-5"), None);
    }

    #[test]
    fn a_folder_that_cannot_be_costs_one_warning() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), b"").unwrap();
        let (cache, warnings) = folder(&place.path().join("file/below"), 1000);
        (0..3).for_each(|number| cache.write(&number.to_string(), &[b"x"]));
        assert_eq!(warnings.load(SeqCst), 1);
        assert_eq!(cache.read("0"), None);
    }
}
