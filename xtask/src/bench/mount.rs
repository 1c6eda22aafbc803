//! `cargo xtask bench mount`: what reading through a mount costs against restoring the same, and how fast a large folder is listed.
//!
//! Each reading and each listing has a mount of its own, so that the kernel remembers nothing. What is read goes nowhere, what is
//! restored goes to a disk; `sync` runs before a restore.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::datagen::Set;
use super::folders::remove;
use super::measure::Stopwatch;
use super::{Base, build_larder, larder_program, page};
use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, run as run_program};
use crate::workspace::Workspace;

/// Entries of the folder that is listed.
const ENTRIES: u64 = 100_000;
/// What is read at a time, as `cat` and `cp` do.
const BUFFER: usize = 128 << 10;

/// Compare reading through a mount with restoring, and list a large folder
#[derive(clap::Args)]
pub struct Arguments {
    /// How often each row is run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Size of set B against its full size
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100))]
    size: u64,
    #[command(flatten)]
    base: Base,
    /// Put the table into STEM.md, between its marks
    #[arg(long, value_name = "STEM")]
    write: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let workspace = Workspace::find()?;
    build_larder(&workspace)?;
    let base = arguments.base.folder()?;
    let media = Set::B.made(&base, arguments.size)?.folder;
    let stage = Stage::new(larder_program(&workspace), base.join("mount"))?;
    let many = stage.many()?;
    let [media, many] = [stage.backup(&media)?, stage.backup(&many)?];
    let mut rows = [Row::new("restore set B"), Row::new("read it through a mount"), Row::new("list 100,000 entries")];
    for _ in 0..arguments.runs {
        rows[0].add(stage.restore(&media)?);
        rows[1].add(stage.mounted(&media, read_all)?);
        rows[2].add(stage.mounted(&many, list)?);
    }
    let table = table(&rows, arguments);
    println!("\n{table}");
    match &arguments.write {
        Some(stem) => page::write_section(&stem.with_extension("md"), "bench-mount", &table),
        None => Ok(()),
    }
}

/// A store, and a folder to mount on.
struct Stage {
    larder: PathBuf,
    folder: PathBuf,
    stopwatch: Stopwatch,
}

/// Seconds, and the most memory that the program had.
#[derive(Clone, Copy)]
struct Figure {
    seconds: f64,
    memory_bytes: u64,
}

impl Stage {
    fn new(larder: PathBuf, folder: PathBuf) -> Outcome<Self> {
        remove(&folder).context(folder.display())?;
        fs::create_dir_all(folder.join("mounted")).context(folder.display())?;
        let stage = Self { larder, stopwatch: Stopwatch::new(&folder)?, folder };
        run_program(stage.command(&["create", "--quiet"]).arg("--key-file").arg(stage.folder.join("key")))?;
        Ok(stage)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = command(&self.larder, ["at"]);
        command.arg(self.folder.join("save")).args(words).env("LARDER_KEY_FILE", self.folder.join("key"));
        for variable in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env(variable, self.folder.join("home"));
        }
        command
    }

    fn many(&self) -> Outcome<PathBuf> {
        let many = self.folder.join("many");
        fs::create_dir(&many).context(many.display())?;
        for number in 0..ENTRIES {
            File::create(many.join(format!("entry {number}"))).context(many.display())?;
        }
        Ok(many)
    }

    /// Takes a snapshot; its id.
    fn backup(&self, folder: &Path) -> Outcome<String> {
        let said = crate::program::output(self.command(&["backup", "--quiet"]).arg(folder))?;
        Ok(said.trim().to_owned())
    }

    fn restore(&self, id: &str) -> Outcome<Figure> {
        let back = self.folder.join("back");
        let figures = self.stopwatch.time(self.command(&["restore", "-to"]).arg(&back).arg(id))?;
        fs::remove_dir_all(&back).context(back.display())?;
        Ok(Figure { seconds: figures.wall_s, memory_bytes: figures.memory_bytes })
    }

    fn mounted(&self, id: &str, look: fn(&Path) -> std::io::Result<()>) -> Outcome<Figure> {
        let place = self.folder.join("mounted");
        let mut mount = self.command(&["mount"]);
        let mut mount = mount.arg(&place).arg(id).stdout(Stdio::piped()).spawn().context(self.larder.display())?;
        let looked = ready(&mut mount).and_then(|()| {
            let start = Instant::now();
            look(&place).context(place.display())?;
            Ok(Figure { seconds: start.elapsed().as_secs_f64(), memory_bytes: peak(mount.id())? })
        });
        run_program(&mut command("kill", [mount.id().to_string()]))?;
        let ended = mount.wait().context(self.larder.display())?;
        if ended.success() { looked } else { Err(Failure::new(format_args!("the mount ended with {ended}"))) }
    }
}

fn ready(mount: &mut Child) -> Outcome {
    let mut line = String::new();
    let stdout = mount.stdout.take().context("the mount has no output")?;
    BufReader::new(stdout).read_line(&mut line).context("the mount's output")?;
    if line.starts_with("mounted at ") { Ok(()) } else { Err(Failure::new("nothing was mounted")) }
}

fn read_all(folder: &Path) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    for entry in fs::read_dir(folder)? {
        let mut file = File::open(entry?.path())?;
        while file.read(&mut buffer)? > 0 {}
    }
    Ok(())
}

fn list(folder: &Path) -> std::io::Result<()> {
    let count = fs::read_dir(folder)?.count() as u64;
    if count == ENTRIES { Ok(()) } else { Err(std::io::Error::other(format!("{count} entries are listed"))) }
}

/// The most memory that a process ever had.
fn peak(process: u32) -> Outcome<u64> {
    let file = format!("/proc/{process}/status");
    let status = fs::read_to_string(&file).context(&file)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the kernel tells no peak")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().context(&file)?;
    Ok(kib << 10)
}

struct Row {
    what: &'static str,
    figures: Vec<Figure>,
}

impl Row {
    fn new(what: &'static str) -> Self {
        Self { what, figures: Vec::new() }
    }

    fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    fn median(&self) -> f64 {
        let mut seconds: Vec<f64> = self.figures.iter().map(|figure| figure.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    }

    fn line(&self) -> String {
        let seconds = || self.figures.iter().map(|figure| figure.seconds);
        let (least, most) = (seconds().fold(f64::MAX, f64::min), seconds().fold(0.0, f64::max));
        let memory = self.figures.iter().map(|figure| figure.memory_bytes >> 20).max().unwrap_or(0);
        format!("| {} | {:.2} ({least:.2} to {most:.2}) | {memory} |\n", self.what, self.median())
    }
}

fn table(rows: &[Row; 3], arguments: &Arguments) -> String {
    let mut table = format!(
        "Medians of {} runs, set B at {} % of its size.\n\n| row | seconds: median (fastest to slowest) | peak memory, MiB |\n\
         |---|---:|---:|\n",
        arguments.runs, arguments.size
    );
    rows.iter().for_each(|row| table.push_str(&row.line()));
    let share = 100.0 * rows[0].median() / rows[1].median();
    table.push_str(&format!(
        "\nThe mount reads at {share:.0} % of the rate of `restore`; the budget is 60 %, and a second for the list.\n"
    ));
    table
}
