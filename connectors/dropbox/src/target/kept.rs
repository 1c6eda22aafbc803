//! Notes on uploads of large files, which live longer than the program: what is at Dropbox already is not sent again.
//!
//! A note is a file of lines, each of which is written at once; the last one counts only if it is whole. It is for its owner alone,
//! and locked by the run that goes on with it. Dropbox keeps the session of an upload for seven days.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use dropbox_client::ContentHash;

/// A little less than the life of a session.
const LIFE: Duration = Duration::from_secs(13 * 12 * 3600);

const SUFFIX: &str = "upload";

/// Digests of the blocks of a piece.
pub type Digests = Vec<[u8; 32]>;

/// The note on one upload.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    file: File,
}

/// What a note says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub session: String,
    /// Pieces that are there, by number.
    pub pieces: Vec<(u64, Digests)>,
}

/// What an upload is known by: account, path and content.
pub fn key(parts: &[&[u8]]) -> String {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_le_bytes());
        all.extend_from_slice(part);
    }
    ContentHash::of(&all)
}

impl Kept {
    /// Opens the note of this key, or begins one. `None` when it cannot be kept, or another run has it.
    pub fn open(folder: &Path, key: &str) -> Option<(Self, Option<Known>)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
        let path = folder.join(format!("{key}.{SUFFIX}"));
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path).ok()?;
        file.try_lock().ok()?;
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        let known = parse(&text).filter(|_| is_young(&file));
        let mut kept = Self { path, file };
        match text.rfind('\n') {
            // What is added must not stand behind a torn line.
            Some(end) if known.is_some() => kept.file.set_len(end as u64 + 1).ok()?,
            _ => kept.clear()?,
        }
        Some((kept, known))
    }

    /// Begins anew.
    pub fn clear(&mut self) -> Option<()> {
        self.file.set_len(0).ok()?;
        self.file.rewind().ok()
    }

    pub fn note_session(&mut self, session: &str) {
        self.line(&format!("session {session}\n"));
    }

    pub fn note_piece(&mut self, number: u64, digests: &Digests) {
        let digests: String = digests.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
        self.line(&format!("piece {number} {digests}\n"));
    }

    /// What cannot be noted is sent again, and that is all.
    fn line(&mut self, line: &str) {
        let _ = self.file.write_all(line.as_bytes());
    }

    /// The upload has come to its end.
    pub fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes notes that are of no use any more.
pub fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_note = entry.path().extension().is_some_and(|suffix| suffix == SUFFIX);
        let is_old = entry.metadata().ok().and_then(|meta| meta.modified().ok()).is_some_and(|time| age(time) > LIFE);
        if is_note && is_old {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_young(file: &File) -> bool {
    // The session is as old as the file, or younger.
    let begun = file.metadata().and_then(|meta| meta.created().or_else(|_| meta.modified()));
    begun.is_ok_and(|time| age(time) < LIFE)
}

fn age(time: SystemTime) -> Duration {
    SystemTime::now().duration_since(time).unwrap_or_default()
}

fn parse(text: &str) -> Option<Known> {
    let whole = &text[..text.rfind('\n')? + 1];
    let mut lines = whole.lines();
    let session = lines.next()?.strip_prefix("session ")?.to_owned();
    let pieces = lines.map_while(|line| {
        let (number, digests) = line.strip_prefix("piece ")?.split_once(' ')?;
        Some((number.parse().ok()?, digests_of(digests)?))
    });
    Some(Known { session, pieces: pieces.collect() })
}

fn digests_of(text: &str) -> Option<Digests> {
    let digest = |chunk: &[u8]| {
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(chunk.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(digest)
    };
    if text.is_empty() || !text.len().is_multiple_of(64) {
        return None;
    }
    text.as_bytes().chunks(64).map(digest).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("larder-kept-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_note_comes_back_and_a_torn_line_does_not() {
        let folder = folder("torn");
        let (mut kept, known) = Kept::open(&folder, "a").unwrap();
        assert_eq!(known, None);
        assert!(Kept::open(&folder, "a").is_none(), "it is another run's");
        kept.note_session("pid:1");
        kept.note_piece(3, &vec![[7; 32], [8; 32]]);
        kept.line("piece 4 ab");
        let mode = fs::metadata(&kept.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(kept);
        let (kept, known) = Kept::open(&folder, "a").unwrap();
        let expected = Known { session: "pid:1".into(), pieces: vec![(3, vec![[7; 32], [8; 32]])] };
        assert_eq!(known, Some(expected));
        kept.remove();
        assert_eq!(Kept::open(&folder, "a").unwrap().1, None);
        let _ = fs::remove_dir_all(&folder);
    }

    #[test]
    fn what_is_no_note_begins_anew() {
        let folder = folder("anew");
        fs::create_dir_all(&folder).unwrap();
        for text in ["", "nonsense\n", "session x", "\u{0}\n"] {
            fs::write(folder.join("a.upload"), text).unwrap();
            let (kept, known) = Kept::open(&folder, "a").unwrap();
            assert_eq!(known, None, "{text:?}");
            assert_eq!(fs::metadata(&kept.path).unwrap().len(), 0);
        }
        let _ = fs::remove_dir_all(&folder);
    }
}
