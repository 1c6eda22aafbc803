//! Times one whole process: wall clock, processor time and peak memory as the kernel counted them.
//!
//! Every measured program gets a small process of its own as parent (`cargo xtask bench measure`), for two reasons:
//! the kernel tells these figures of all children together, so there may be only one; and a child's peak memory
//! begins with that of the process that started it, so that has to be small.
//! All of it is preceded by a sync, so that nobody pays for what somebody else wrote.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Value, json};

use crate::failure::{Context, Failure, Outcome};
use crate::program::shown;

/// One run of one program.
#[derive(Clone, Copy, Default)]
pub struct Figures {
    pub wall_s: f64,
    /// User and system time.
    pub processor_s: f64,
    pub memory_bytes: u64,
    /// How long the sync after it took: what the program left to be written.
    pub sync_s: f64,
}

/// The process in between: runs PROGRAM and writes its figures to a file.
#[derive(clap::Args)]
pub struct Arguments {
    figures: PathBuf,
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let [program, rest @ ..] = arguments.program.as_slice() else {
        return Err(Failure::new("there is no program to measure"));
    };
    nix::unistd::sync();
    let start = Instant::now();
    let status = Command::new(program).args(rest).status();
    let wall = start.elapsed();
    let status = status.context(Path::new(program).display())?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage")?;
    let start = Instant::now();
    nix::unistd::sync();
    let figures = json!({
        "success": status.success(),
        "wall_s": wall.as_secs_f64(),
        "processor_s": processor_seconds(&usage),
        "memory_bytes": usage.max_rss() * 1024,
        "sync_s": start.elapsed().as_secs_f64(),
    });
    fs::write(&arguments.figures, figures.to_string()).context(arguments.figures.display())
}

fn processor_seconds(usage: &Usage) -> f64 {
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    microseconds as f64 / 1e6
}

/// Starts peers under measurement.
pub struct Stopwatch {
    /// A copy of this program: the one in the target folder may be built anew meanwhile.
    program: PathBuf,
    figures: PathBuf,
    log: PathBuf,
}

impl Stopwatch {
    /// Keeps its files in `folder`.
    pub fn new(folder: &Path) -> Outcome<Self> {
        let program = folder.join("stopwatch");
        fs::copy("/proc/self/exe", &program).context(program.display())?;
        let figures = folder.join("figures.json");
        let log = folder.join("last.log");
        Ok(Self { program, figures, log })
    }

    /// Lets a program run to its end, with its arguments, environment and folder. That it fails is a failure with the
    /// end of what it said.
    pub fn time(&self, program: &Command) -> Outcome<Figures> {
        let log = File::create(&self.log).context(self.log.display())?;
        let mut command = Command::new(&self.program);
        command.args(["bench", "measure"]).arg(&self.figures).arg("--");
        command.arg(program.get_program()).args(program.get_args());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("NO_COLOR", "1");
        if let Some(folder) = program.get_current_dir() {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let status = command.status().context(self.program.display())?;
        let said = || fs::read_to_string(&self.log).unwrap_or_default();
        if !status.success() {
            return Err(Failure::new(said().trim()));
        }
        self.read().map_err(|failure| Failure::new(format_args!("{}: {failure}\n{}", shown(program), tail(&said()))))
    }

    fn read(&self) -> Outcome<Figures> {
        let text = fs::read_to_string(&self.figures).context(self.figures.display())?;
        let value: Value = serde_json::from_str(&text).context(self.figures.display())?;
        if value["success"] != true {
            return Err(Failure::new("did not end with 0"));
        }
        Figures::from_json(&value).context("the figures are not complete")
    }
}

impl Figures {
    pub fn to_json(self) -> Value {
        json!({
            "wall_s": self.wall_s,
            "processor_s": self.processor_s,
            "memory_bytes": self.memory_bytes,
            "sync_s": self.sync_s,
        })
    }

    pub fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            wall_s: value["wall_s"].as_f64()?,
            processor_s: value["processor_s"].as_f64()?,
            memory_bytes: value["memory_bytes"].as_u64()?,
            sync_s: value["sync_s"].as_f64()?,
        })
    }
}

/// The last lines of what a program said.
fn tail(text: &str) -> String {
    const LINES: usize = 10;
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
