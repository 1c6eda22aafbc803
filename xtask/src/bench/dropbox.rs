//! `cargo xtask bench dropbox`: Larder and rclone, each copying one simulated Dropbox account to this machine.
//!
//! The simulator is a process of its own with the latency, the bandwidth and the rate limit of a real account, and
//! counts what it is asked. What decides here are those counts: rclone makes a call a file and is held by the rate limit,
//! so it is run on a part of the account and scaled by its counted calls. Bounds of Larder's own counts are checked in
//! every run; a smoke run of `ci` checks nothing else.

mod account;
mod bounds;
mod counts;
mod larder;
mod rclone;
mod report;
mod simulator;
mod stage;

use std::path::{Path, PathBuf};

use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, output, run as run_program};
use crate::workspace::Workspace;

use super::verify::verify;
use super::{Base, build_larder, larder_program, page};
use account::Account;
use rclone::{VARIANTS, Variant};
use report::{Record, Report, Row};
use simulator::Limits;
use stage::Stage;

/// rclone is run on one in so many of the files.
const RCLONE_PART: u64 = 10;
const SMOKE_FILES: u64 = 200;

/// Compare with rclone at a simulated Dropbox
#[derive(clap::Args)]
pub struct Arguments {
    /// Files of the account
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(200..=20_000))]
    files: u64,
    /// How often Larder's rows are run; rclone's are run once
    #[arg(long, default_value_t = 3)]
    runs: u64,
    #[command(flatten)]
    base: Base,
    /// Put the table into STEM.md, between its marks
    #[arg(long, value_name = "STEM")]
    write: Option<PathBuf>,
    /// Only see that the counts are within their bounds: 200 files, no latency
    #[arg(long)]
    smoke: bool,
}

/// The programs that take part.
struct Programs {
    larder: PathBuf,
    simulator: PathBuf,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let workspace = Workspace::find()?;
    if arguments.smoke {
        return smoke(&workspace);
    }
    let programs = Programs::build(&workspace)?;
    let base = arguments.base.folder()?.join("dropbox");
    let report = compare(&programs, &base, arguments)?;
    println!("\n{}", report.markdown());
    match &arguments.write {
        Some(stem) => page::write_section(&stem.with_extension("md"), "bench-dropbox", &report.markdown()),
        None => Ok(()),
    }
}

/// Counts alone, of a small account without latency; what arrives is compared with what rclone gets.
pub fn smoke(workspace: &Workspace) -> Outcome {
    let programs = Programs::build(workspace)?;
    let account = Account::new(SMOKE_FILES);
    let stage = Stage::new(&programs, &workspace.target.join("bench-smoke/dropbox"), &account)?;
    first_and_same(&stage, &account, 1)?;
    same_content(&stage)?;
    println!("Counts of {SMOKE_FILES} files in Dropbox are within their bounds");
    Ok(())
}

fn compare(programs: &Programs, base: &Path, arguments: &Arguments) -> Outcome<Report> {
    let whole = Account::new(arguments.files);
    let part = Account::new((arguments.files / RCLONE_PART).max(SMOKE_FILES));
    let mut records = rclone_rows(programs, base, &part)?;
    let stage = Stage::new(programs, &base.join("part"), &part)?;
    first_and_same(&stage, &part, 1)?;
    same_content(&stage)?;
    let stage = Stage::new(programs, &base.join("whole"), &whole)?;
    stage.simulator.limit(Limits::SLOW)?;
    for number in 1..=arguments.runs {
        records.extend(first_and_same(&stage, &whole, number)?);
    }
    let versions = vec![stage.larder_version()?, stage.rclone_version()?];
    Ok(Report { whole, part, versions, records })
}

/// The variants run at the same time, each at a simulator of its own: they wait for the rate limit nearly all the time.
fn rclone_rows(programs: &Programs, base: &Path, part: &Account) -> Outcome<Vec<Record>> {
    let rows = |number: usize, variant: &Variant| {
        let stage = Stage::new(programs, &base.join(format!("rclone-{number}")), part)?;
        stage.simulator.limit(Limits::SLOW)?;
        let row = |row| {
            let (figures, counts) = stage.measure(&stage.rclone_copy(variant.options))?;
            Ok(Record::new(row, variant.name, 1, figures, counts))
        };
        [Row::First, Row::Same].into_iter().map(row).collect::<Outcome<Vec<_>>>()
    };
    let all: Outcome<Vec<_>> = std::thread::scope(|scope| {
        let start = |(number, variant)| scope.spawn(move || rows(number, variant));
        let started: Vec<_> = VARIANTS.iter().enumerate().map(start).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().map_err(|_| Failure::new("a run of rclone was given up"))?
        };
        started.into_iter().map(join).collect()
    });
    Ok(all?.into_iter().flatten().collect())
}

/// Larder's rows in a new store. Counts above their bounds are a failure.
fn first_and_same(stage: &Stage, account: &Account, number: u64) -> Outcome<Vec<Record>> {
    stage.new_store()?;
    let mut records = Vec::new();
    for row in [Row::First, Row::Same] {
        let (figures, counts) = stage.measure(&stage.larder_backup())?;
        bounds::check(row, account, &counts)?;
        records.push(Record::new(row, report::LARDER, number, figures, counts));
    }
    Ok(records)
}

/// Whether the snapshot holds what rclone copies: a fast backup of something else would win every row.
fn same_content(stage: &Stage) -> Outcome {
    stage.measure(&stage.rclone_copy(&[]))?;
    stage.clear(&stage.restored)?;
    output(&mut stage.larder_restore())?;
    verify(&stage.copied, &stage.restored)
}

impl Programs {
    fn build(workspace: &Workspace) -> Outcome<Self> {
        build_larder(workspace)?;
        let mut build = command("cargo", ["build", "--release", "--package", "dropbox-simulator", "--quiet"]);
        run_program(build.current_dir(&workspace.root)).context("the simulator")?;
        let simulator = workspace.target.join("release/dropbox-simulator");
        Ok(Self { larder: larder_program(workspace), simulator })
    }
}
