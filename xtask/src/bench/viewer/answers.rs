//! How quickly `larder ui` answers: folders of a million entries, and the middle of a large file, of a store on this machine and of one in a
//! simulated Dropbox that takes 60 ms for a call.
//!
//! *Cold* is the first request of a viewer that was just started; for Dropbox, on a machine that has never seen the store. *Warm* is the median
//! of requests for other rows of the folder. What is read for a range is counted and has a bound.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::client::{Ui, encoded};
use super::files;
use crate::bench::datagen::Random;
use crate::bench::dropbox::{Account, Limits, Programs, Stage};
use crate::bench::larder_program;
use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, output, run as run_program};
use crate::workspace::Workspace;

/// The marks in docs/performance.md are `<!-- bench-viewer:begin -->` and `<!-- bench-viewer:end -->`.
pub const SECTION: &str = "bench-viewer";

/// The page asks for so many rows at a time.
const ROWS: u64 = 200;
const WARM_RUNS: usize = 21;
const LARGE_LEN: u64 = 4 << 30;
/// The simulator keeps what it is given in memory.
const LARGE_LEN_REMOTE: u64 = 256 << 20;
const RANGE_LEN: u64 = 1 << 20;
/// What may be read for a range: itself, the frames around its ends, and the way to it.
const RANGE_READ_MAX: u64 = 24 << 20;
const LATENCY: Limits = Limits { latency_ms: 60, megabits_per_second: 1000.0, calls_per_second: 1000.0 };

struct Row {
    what: String,
    cold: Duration,
    calls: Option<u64>,
    warm: Duration,
    budget: &'static str,
}

pub fn run(workspace: &Workspace, base: &Path, files: u64) -> Outcome<String> {
    let programs = Programs::build(workspace)?;
    let sets = base.join("sets");
    let folders = [files::flat(&sets, files)?, files::mixed(&sets, files)?, files::nested(&sets, files)?];
    let large = files::large(&sets, LARGE_LEN)?;
    let mut rows = Vec::new();
    let local = Local::new(larder_program(workspace), base.join("local"), &folders, &large)?;
    let local_told = local.measure(&folders, &large, files, &mut rows)?;
    let large = files::large(&sets, LARGE_LEN_REMOTE)?;
    let remote_told = dropbox(&programs, &base.join("dropbox"), &folders, &large, files, &mut rows)?;
    Ok(table(&rows, &local_told, &remote_told))
}

fn what(files: u64) -> [String; 3] {
    let many = format!("{:.1} million", files as f64 / 1e6);
    [
        format!("a folder of {many} files"),
        format!("a folder of {many} entries, one in 1,000 a folder"),
        format!("a folder of {many} files in folders of 1,000"),
    ]
}

/// A store on this machine.
struct Local {
    larder: PathBuf,
    folder: PathBuf,
}

/// What is told beside the rows.
struct Told {
    range: Duration,
    range_read: u64,
    other_order: Duration,
    peak_bytes: u64,
}

impl Local {
    fn new(larder: PathBuf, folder: PathBuf, folders: &[PathBuf], large: &Path) -> Outcome<Self> {
        let local = Self { larder, folder };
        if local.folder.exists() {
            fs::remove_dir_all(&local.folder).context(local.folder.display())?;
        }
        fs::create_dir_all(&local.folder).context(local.folder.display())?;
        run_program(local.command(&["create", "--quiet"]).arg("--key-file").arg(local.folder.join("key")))?;
        for source in folders.iter().map(PathBuf::as_path).chain([large]) {
            output(local.command(&["backup", "--quiet"]).arg(source))?;
        }
        Ok(local)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = command(&self.larder, ["at"]);
        command.arg(self.folder.join("save")).args(words).env("LARDER_KEY_FILE", self.folder.join("key"));
        for variable in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env(variable, self.folder.join("home"));
        }
        command
    }

    fn measure(&self, folders: &[PathBuf], large: &Path, files: u64, rows: &mut Vec<Row>) -> Outcome<Told> {
        let start = || Ui::start(&mut self.command(&["ui"]));
        for (folder, what) in folders.iter().zip(what(files)) {
            let ui = start()?;
            let opened = Opened::new(&ui, folder, files)?;
            let (cold, warm) = (opened.cold, opened.warm(&ui)?);
            rows.push(Row { what: format!("local: {what}"), cold, calls: None, warm, budget: "200 ms" });
            ui.end()?;
        }
        let ui = start()?;
        let other_order = Opened::new(&ui, &folders[0], files)?.by_size(&ui)?;
        for folder in folders {
            Opened::new(&ui, folder, files)?.warm(&ui)?;
        }
        let (range, range_read) = range(&ui, large, LARGE_LEN)?;
        let range_read = enough(range_read)?;
        let told = Told { range, range_read, other_order, peak_bytes: ui.peak_bytes()? };
        ui.end()?;
        Ok(told)
    }
}

/// A store in a simulated account. Each folder is looked at by a machine of its own.
fn dropbox(
    programs: &Programs,
    folder: &Path,
    folders: &[PathBuf],
    large: &Path,
    files: u64,
    rows: &mut Vec<Row>,
) -> Outcome<Told> {
    let stage = Stage::new(programs, folder, &Account::empty())?;
    stage.new_store_at_dropbox()?;
    for source in folders.iter().map(PathBuf::as_path).chain([large]) {
        output(&mut stage.larder_backup_into_dropbox(source))?;
    }
    stage.simulator.limit(LATENCY)?;
    for (folder, what) in folders.iter().zip(what(files)) {
        stage.new_home()?;
        let ui = Ui::start(&mut stage.larder_ui())?;
        stage.simulator.forget_calls()?;
        let opened = Opened::new(&ui, folder, files)?;
        let calls = Some(stage.simulator.counts()?.calls);
        let (cold, warm) = (opened.cold, opened.warm(&ui)?);
        rows.push(Row { what: format!("Dropbox: {what}"), cold, calls, warm, budget: "1 s cold, 200 ms warm" });
        ui.end()?;
    }
    stage.new_home()?;
    let ui = Ui::start(&mut stage.larder_ui())?;
    let other_order = Opened::new(&ui, &folders[0], files)?.by_size(&ui)?;
    for folder in folders {
        Opened::new(&ui, folder, files)?.warm(&ui)?;
    }
    stage.simulator.forget_calls()?;
    let (range, _) = range(&ui, large, LARGE_LEN_REMOTE)?;
    let range_read = enough(stage.simulator.counts()?.bytes)?;
    let told = Told { range, range_read, other_order, peak_bytes: ui.peak_bytes()? };
    ui.end()?;
    Ok(told)
}

/// A folder that was opened.
struct Opened {
    listing: String,
    rows: u64,
    cold: Duration,
}

impl Opened {
    /// Finds the snapshot that holds a folder, and opens it.
    fn new(ui: &Ui, folder: &Path, files: u64) -> Outcome<Self> {
        let snapshot = snapshot(ui, folder)?;
        let path = encoded(&folder.display().to_string());
        let listing = format!("/snapshots/{snapshot}/entries?path={path}&limit={ROWS}");
        let answer = ui.get(&listing)?;
        let rows = answer.json["total"].as_u64().context("the folder has no number of rows")?;
        let is_right = rows == files || rows == files.div_ceil(1000);
        if !is_right || answer.json["items"].as_array().is_none_or(|items| items.len() as u64 != ROWS) {
            return Err(Failure::new(format_args!("{listing} is not as it was made: {rows} rows")));
        }
        Ok(Self { listing, rows, cold: answer.took })
    }

    fn warm(&self, ui: &Ui) -> Outcome<Duration> {
        let mut random = Random::new(1);
        let mut took = Vec::new();
        for _ in 0..WARM_RUNS {
            took.push(ui.get(&format!("{}&at={}", self.listing, random.below(self.rows - ROWS)))?.took);
        }
        took.sort_unstable();
        Ok(took[WARM_RUNS / 2])
    }

    /// The first rows in another order, for which the whole folder is looked at once.
    fn by_size(&self, ui: &Ui) -> Outcome<Duration> {
        Ok(ui.get(&format!("{}&sort=mtime&order=desc", self.listing))?.took)
    }
}

fn snapshot(ui: &Ui, folder: &Path) -> Outcome<String> {
    let all = ui.get("/snapshots")?;
    let items = all.json["items"].as_array().context("there is no list of snapshots")?;
    let path = folder.display().to_string();
    let is_it = |item: &&serde_json::Value| item["roots"][0] == path.as_str();
    let id = items.iter().find(is_it).and_then(|item| item["id"].as_str()).context(&path)?;
    Ok(id.to_owned())
}

/// A mebibyte in the middle of a file: how long it takes, and what is read from files for it.
fn range(ui: &Ui, folder: &Path, len: u64) -> Outcome<(Duration, u64)> {
    let path = encoded(&folder.join("film").display().to_string());
    let content = format!("/snapshots/{}/content?path={path}", snapshot(ui, folder)?);
    let before = ui.read_bytes()?;
    let took = ui.range(&content, len / 2, RANGE_LEN)?;
    Ok((took, ui.read_bytes()? - before))
}

/// What was read for a range has a bound.
fn enough(read: u64) -> Outcome<u64> {
    match read {
        RANGE_LEN..RANGE_READ_MAX => Ok(read),
        read => Err(Failure::new(format_args!("{read} bytes were read for {RANGE_LEN} in the middle of a file"))),
    }
}

fn table(rows: &[Row], local: &Told, remote: &Told) -> String {
    let ms = |took: Duration| format!("{:.0} ms", took.as_secs_f64() * 1e3);
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut table = format!(
        "{ROWS} rows an answer; warm is the median of {WARM_RUNS} answers.\n\n| opening | cold | calls | warm | budget |\n\
         |---|---:|---:|---:|---|\n"
    );
    for Row { what, cold, calls, warm, budget } in rows {
        let calls = calls.map_or_else(String::new, |calls| calls.to_string());
        table.push_str(&format!("| {what} | {} | {calls} | {} | {budget} |\n", ms(*cold), ms(*warm)));
    }
    for (place, len, told) in [("local", LARGE_LEN, local), ("Dropbox", LARGE_LEN_REMOTE, remote)] {
        table.push_str(&format!(
            "\n{place}: a mebibyte in the middle of a file of {} MiB takes {} and {:.1} MiB of reading; the first folder by time, the \
             newest first, takes {} the first time; {:.0} MiB of memory at most for all of that (the budget is 200).\n",
            len >> 20,
            ms(told.range),
            mib(told.range_read),
            ms(told.other_order),
            mib(told.peak_bytes),
        ));
    }
    table
}
