//! The tour: each step is a command line that is really run, by a shell or by this very program, and shown with what it printed.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use larder_model::{Problem, Result};
use serde_json::json;

use super::{cannot, input};
use crate::{context::Context, text};

/// For the demo's own store, which does not outlive it.
const PASSPHRASE: &str = "only for this demo";

/// A file younger than two seconds is read again by the next backup, whatever it looks like; the tour is to show how the files of a
/// usual day are treated.
const SETTLE: Duration = Duration::from_millis(2_100);

pub fn run(context: &Context, folder: &Path) -> Result<()> {
    let tour = Tour { context, folder, program: program()? };
    let input = input::fill(&folder.join("files"))?;
    thread::sleep(SETTLE);
    tour.say(&format!("Some real files to back up (copied from {}):", input.from))?;
    tour.shell("du -sh files; find files -type f | wc -l")?;
    tour.say("A store for the backups. Its passphrase comes from the environment here; else Larder asks for it.")?;
    tour.say(&format!("$ export LARDER_PASSPHRASE='{PASSPHRASE}'"))?;
    tour.larder("at ./save create")?;
    tour.say("The first backup reads everything:")?;
    let first = tour.larder("at ./save backup ./files")?;
    tour.changes()?;
    tour.say("The second backup reads only what has changed:")?;
    tour.larder("at ./save backup ./files --tag changed")?;
    tour.look(first.trim())?;
    tour.restore()?;
    tour.say("All is well. The folder of this demo is removed now.")
}

struct Tour<'a> {
    context: &'a Context,
    folder: &'a Path,
    program: PathBuf,
}

impl Tour<'_> {
    fn changes(&self) -> Result<()> {
        self.say("Then life goes on:")?;
        self.shell("mkdir files/letters && echo 'Dear Ann, ...' > files/letters/to-ann.txt")?;
        let file = some_file(&self.folder.join("files"))?;
        let file = file.strip_prefix(self.folder).unwrap_or(&file).display().to_string();
        self.shell(&format!("echo 'one more line' >> '{file}'"))
    }

    fn look(&self, first: &str) -> Result<()> {
        self.say("The snapshots, and what differs between the two:")?;
        self.larder("at ./save ls")?;
        self.larder(&format!("at ./save diff {} latest", first.get(..8).unwrap_or(first)))?;
        self.say("Find a file in all snapshots, and look into it:")?;
        self.larder("at ./save find 'to-*.txt' --newer 1h")?;
        self.larder("at ./save cat latest:letters/to-ann.txt").map(drop)
    }

    fn restore(&self) -> Result<()> {
        self.say("Bring everything back, read it again, and compare:")?;
        self.larder("at ./save restore -to ./back latest --verify")?;
        self.larder("at ./save diff latest ./back --stat")?;
        let (files, bytes) = same(&self.folder.join("files"), &self.folder.join("back"))?;
        self.say(&format!(
            "(The demo compared files and back itself: {} with {} are the same, byte for byte.)",
            text::count(files, "file"),
            text::size(bytes)
        ))?;
        self.say("Is the store whole, each byte of it? And how large is it?")?;
        self.larder("at ./save check --data")?;
        self.larder("at ./save info").map(drop)
    }

    /// Words of our own.
    fn say(&self, text: &str) -> Result<()> {
        if self.context.output.is_json() {
            return self.context.output.json(&json!({"event": "text", "text": text}));
        }
        self.context.output.line(if text.starts_with('$') { text.to_owned() } else { format!("\n# {text}") })
    }

    /// Runs a line of this program's arguments; returns what it printed.
    fn larder(&self, line: &str) -> Result<String> {
        let mut command = self.command("exec \"$LARDER_PROGRAM\" ", line);
        command.env("LARDER_PROGRAM", &self.program);
        self.run(&format!("larder {line}"), command)
    }

    fn shell(&self, line: &str) -> Result<()> {
        self.run(line, self.command("", line)).map(drop)
    }

    /// The shell takes the line apart as it would for the reader. The store's memory and cache stay in the demo's folder.
    fn command(&self, before: &str, line: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("{before}{line}")).current_dir(self.folder).stdin(Stdio::null());
        command.env("LARDER_PASSPHRASE", PASSPHRASE).env_remove("LARDER_KEY_FILE").env_remove("LARDER_STORE");
        for variable in ["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, self.folder.join("own"));
        }
        command
    }

    fn run(&self, shown: &str, mut command: Command) -> Result<String> {
        self.context.check_interrupt()?;
        let is_json = self.context.output.is_json();
        if !is_json {
            self.context.output.line(format_args!("$ {shown}"))?;
            self.context.output.flush()?;
        }
        let began = Instant::now();
        let failed = |error: std::io::Error| Problem::failed(format!("cannot run `{shown}`: {error}"));
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut printed = String::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_string(&mut printed).map_err(failed)?;
        }
        let status = child.wait().map_err(failed)?;
        let took = text::duration(began.elapsed().as_millis() as u64);
        if is_json {
            let event = json!({"event": "command", "command": shown, "stdout": printed, "code": status.code()});
            self.context.output.json(&event)?;
        } else {
            self.context.output.bytes(printed.as_bytes())?;
            if shown.starts_with("larder") {
                self.context.output.line(format_args!("[{took}]"))?;
            }
        }
        self.context.check_interrupt()?;
        if status.success() {
            return Ok(printed);
        }
        Err(Problem::failed(format!("the demo stopped: `{shown}` failed ({status})")))
    }
}

fn program() -> Result<PathBuf> {
    env::current_exe().map_err(|error| Problem::failed(format!("cannot find this program itself: {error}")))
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
