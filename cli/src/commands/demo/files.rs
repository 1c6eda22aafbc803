//! The tour of files: a part of what this machine has is backed up, changed, backed up again, and restored.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use larder_model::{Problem, Result};

use super::{
    cannot, input,
    stage::{PASSPHRASE, Stage},
};
use crate::{context::Context, text};

/// A file younger than two seconds is read again by the next backup, whatever it looks like; the tour is to show how the files of a
/// usual day are treated.
const SETTLE: Duration = Duration::from_millis(2_100);

pub fn run(context: &Context, folder: &Path) -> Result<()> {
    let stage = Stage::new(context, folder)?;
    let input = input::fill(&folder.join("files"))?;
    thread::sleep(SETTLE);
    stage.say(&format!("Some real files to back up (copied from {}):", input.from))?;
    stage.shell("du -sh files; find files -type f | wc -l")?;
    stage.say("A store for the backups. Its passphrase comes from the environment here; else Larder asks for it.")?;
    stage.export("LARDER_PASSPHRASE", PASSPHRASE)?;
    stage.larder("at ./save create")?;
    stage.say("The first backup reads everything:")?;
    let first = stage.larder("at ./save backup ./files")?;
    changes(&stage)?;
    stage.say("The second backup reads only what has changed:")?;
    stage.larder("at ./save backup ./files --tag changed")?;
    look(&stage, first.trim())?;
    restore(&stage)?;
    stage.say("All is well.")
}

fn changes(stage: &Stage) -> Result<()> {
    stage.say("Then life goes on:")?;
    stage.shell("mkdir files/letters && echo 'Dear Ann, ...' > files/letters/to-ann.txt")?;
    let file = some_file(&stage.folder.join("files"))?;
    let file = file.strip_prefix(stage.folder).unwrap_or(&file).display().to_string();
    stage.shell(&format!("echo 'one more line' >> '{file}'"))
}

fn look(stage: &Stage, first: &str) -> Result<()> {
    stage.say("The snapshots, and what differs between the two:")?;
    stage.larder("at ./save ls")?;
    stage.larder(&format!("at ./save diff {} latest", first.get(..8).unwrap_or(first)))?;
    stage.say("Find a file in all snapshots, and look into it:")?;
    stage.larder("at ./save find 'to-*.txt' --newer 1h")?;
    stage.larder("at ./save cat latest:letters/to-ann.txt").map(drop)
}

fn restore(stage: &Stage) -> Result<()> {
    stage.say("Bring everything back, read it again, and compare:")?;
    stage.larder("at ./save restore -to ./back latest --verify")?;
    stage.larder("at ./save diff latest ./back --stat")?;
    let (files, bytes) = same(&stage.folder.join("files"), &stage.folder.join("back"))?;
    stage.say(&format!(
        "(The demo compared files and back itself: {} with {} are the same, byte for byte.)",
        text::count(files, "file"),
        text::size(bytes)
    ))?;
    stage.say("Is the store whole, each byte of it? And how large is it?")?;
    stage.larder("at ./save check --data")?;
    stage.larder("at ./save info").map(drop)
}

/// The first plain file with a name that needs no quoting.
fn some_file(folder: &Path) -> Result<PathBuf> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> =
            fs::read_dir(&folder).map_err(|error| cannot("read", &folder, &error))?.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && !path.to_string_lossy().contains(['\'', '\u{fffd}']) => return Ok(path),
                _ => {}
            }
        }
    }
    Err(Problem::failed("the demo found no file to change"))
}

/// Compares two folders file by file; returns how many files and bytes are the same.
fn same(one: &Path, other: &Path) -> Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(one).map_err(|error| cannot("read", one, &error))?.flatten() {
        let (one, other) = (entry.path(), other.join(entry.file_name()));
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let (files_below, bytes_below) = same(&one, &other)?;
            (files, bytes) = (files + files_below, bytes + bytes_below);
            continue;
        }
        let read = |path: &Path| fs::read(path).map_err(|error| cannot("read", path, &error));
        let content = read(&one)?;
        if content != read(&other)? {
            return Err(Problem::damaged(format!("{} came back different", one.display())));
        }
        (files, bytes) = (files + 1, bytes + content.len() as u64);
    }
    Ok((files, bytes))
}
