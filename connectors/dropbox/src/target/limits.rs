//! How much goes into one batch: what Dropbox's proxies take of it nobody has published, so what was refused is remembered.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use dropbox_client::APPENDS_MAX;

/// Proxies take 8 to 60 KiB of headers in all.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// Bytes of a body: large enough to fill a line, small enough to lie in memory several times.
const BODY_BYTES_MAX: u64 = 16 << 20;

/// What was refused is tried again after so long.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

const FILE: &str = "batches";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub entries: usize,
    pub header_bytes: usize,
    pub bytes: u64,
    /// Batches are refused altogether.
    pub is_single: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: APPENDS_MAX, header_bytes: HEADER_BYTES_MAX, bytes: BODY_BYTES_MAX, is_single: false }
    }
}

impl Limits {
    /// A batch of so many files was refused: none is that large again.
    pub fn halve(&mut self, files: usize, header_bytes: usize, bytes: u64) {
        self.entries = self.entries.min(files / 2).max(1);
        self.header_bytes = self.header_bytes.min(header_bytes / 2).max(1);
        self.bytes = self.bytes.min(bytes / 2).max(1);
    }

    /// What an earlier run found out, if that is not long ago.
    pub fn load(folder: Option<&Path>) -> Self {
        folder.and_then(read).unwrap_or_default()
    }

    /// Failing at that costs a refused call next time.
    pub fn save(&self, folder: Option<&Path>) {
        let Some(folder) = folder else { return };
        let text = format!("{} {} {} {}\n", self.entries, self.header_bytes, self.bytes, u8::from(self.is_single));
        let draft: PathBuf = folder.join(format!("{FILE}.{}", std::process::id()));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&draft, text));
        if written.and_then(|()| fs::rename(&draft, folder.join(FILE))).is_err() {
            let _ = fs::remove_file(draft);
        }
    }
}

fn read(folder: &Path) -> Option<Limits> {
    let path = folder.join(FILE);
    let age = SystemTime::now().duration_since(fs::metadata(&path).ok()?.modified().ok()?).ok()?;
    let text = fs::read_to_string(&path).ok().filter(|_| age < REMEMBERED)?;
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    let mut next = || numbers.next()?.ok();
    let (entries, header_bytes, bytes, is_single) = (next()?, next()?, next()?, next()? == 1);
    let usual = Limits::default();
    let least = |value: u64, most: usize| usize::try_from(value).unwrap_or(most).clamp(1, most);
    Some(Limits {
        entries: least(entries, usual.entries),
        header_bytes: least(header_bytes, usual.header_bytes),
        bytes: bytes.clamp(1, usual.bytes),
        is_single,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_remembered() {
        let folder = std::env::temp_dir().join(format!("larder-limits-{}", std::process::id()));
        assert_eq!(Limits::load(Some(&folder)), Limits::default());
        let mut limits = Limits::default();
        limits.halve(100, 9000, 400_000);
        assert_eq!((limits.entries, limits.header_bytes, limits.bytes), (50, 4500, 200_000));
        limits.save(Some(&folder));
        assert_eq!(Limits::load(Some(&folder)), limits);
        limits.halve(1, 1, 0);
        assert_eq!((limits.entries, limits.header_bytes, limits.bytes), (1, 1, 1));
        fs::write(folder.join(FILE), "junk").unwrap();
        assert_eq!(Limits::load(Some(&folder)), Limits::default());
        let _ = fs::remove_dir_all(&folder);
    }
}
