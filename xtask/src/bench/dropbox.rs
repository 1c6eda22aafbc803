//! `cargo xtask bench dropbox`: Larder and rclone, each copying one simulated Dropbox account to this machine and files of this
//! machine into it; and a store in it, of Larder's and of restic's.
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
mod served;
mod simulator;
mod stage;

use std::path::{Path, PathBuf};

use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, output, run as run_program};
use crate::workspace::Workspace;

use super::datagen::Set;
use super::verify::verify;
use super::{Base, build_larder, larder_program, page};
use rclone::{VARIANTS, Variant};
use report::{Record, Report, Row, Share};
use served::{RESTIC, Served};

pub use account::Account;
pub use simulator::Limits;
pub use stage::Stage;

/// rclone is run on one in so many of the files.
const RCLONE_PART: u64 = 10;
const SMOKE_FILES: u64 = 200;
/// Files that are brought into the account, in proportion to those that are in it, and their size.
const RESTORED_PART: u64 = 2;
const RESTORED_SIZE: u64 = 4_000;
/// What goes into a store in the account: a quarter of set B.
const STORED_MIB: u64 = 1024;
const STORED_PERCENT: u64 = 25;
const SMOKE_PERCENT: u64 = 1;

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
pub struct Programs {
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
    let report = compare(&programs, &base, &arguments.base.folder()?, arguments)?;
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
    let base = workspace.target.join("bench-smoke");
    let stage = Stage::new(&programs, &base.join("restored"), &Account::empty())?;
    restored(&stage, &account, &base.join("restored/small"), 1)?;
    same_restored(&stage, &base.join("restored/small"))?;
    let media = Set::B.made(&base, SMOKE_PERCENT)?.folder;
    let stage = Stage::new(&programs, &base.join("stored"), &Account::empty())?;
    stored(&stage, &media, 1)?;
    println!("Counts of {SMOKE_FILES} files in Dropbox are within their bounds");
    Ok(())
}

fn compare(programs: &Programs, base: &Path, sets: &Path, arguments: &Arguments) -> Outcome<Report> {
    let part = |files: u64| (files / RCLONE_PART).max(SMOKE_FILES);
    let account = Share { whole: Account::new(arguments.files), part: Account::new(part(arguments.files)) };
    let files = (arguments.files / RESTORED_PART).max(SMOKE_FILES);
    let restored =
        Share { whole: Account::of_size(files, RESTORED_SIZE), part: Account::of_size(part(files), RESTORED_SIZE) };
    let mut records = rclone_rows(programs, base, &account.part, &restored.part)?;
    let stage = Stage::new(programs, &base.join("part"), &account.part)?;
    first_and_same(&stage, &account.part, 1)?;
    same_content(&stage)?;
    let stage = Stage::new(programs, &base.join("whole"), &account.whole)?;
    stage.simulator.limit(Limits::SLOW)?;
    for number in 1..=arguments.runs {
        records.extend(first_and_same(&stage, &account.whole, number)?);
    }
    let versions = vec![stage.larder_version()?, stage.rclone_version()?];
    records.extend(restore_rows(programs, base, &restored, arguments.runs)?);
    records.extend(store_rows(programs, base, sets, arguments.runs)?);
    Ok(Report { account, restored, versions, records })
}

/// Larder's restores into the account: of the part, which is compared, and of everything.
fn restore_rows(programs: &Programs, base: &Path, share: &Share, runs: u64) -> Outcome<Vec<Record>> {
    let folder = base.join("restored-part");
    let stage = Stage::new(programs, &folder, &Account::empty())?;
    restored(&stage, &share.part, &folder.join("small"), 1)?;
    same_restored(&stage, &folder.join("small"))?;
    let folder = base.join("restored-whole");
    let run = |number| {
        let stage = Stage::new(programs, &folder, &Account::empty())?;
        stage.simulator.limit(Limits::SLOW)?;
        restored(&stage, &share.whole, &folder.join("small"), number)
    };
    (1..=runs).map(run).collect()
}

/// A gigabyte into a store of Larder's in the account, and of restic's.
fn store_rows(programs: &Programs, base: &Path, sets: &Path, runs: u64) -> Outcome<Vec<Record>> {
    let media = Set::B.made(sets, STORED_PERCENT)?.folder;
    let folder = base.join("stored");
    let mut records = Vec::new();
    for number in 1..=runs {
        let stage = Stage::new(programs, &folder, &Account::empty())?;
        stage.simulator.limit(Limits::SLOW)?;
        records.push(stored(&stage, &media, number)?);
    }
    let stage = Stage::new(programs, &folder, &Account::empty())?;
    stage.simulator.limit(Limits::SLOW)?;
    let served = Served::start(&stage, &sets.join("peers"), &folder)?;
    let (figures, counts) = stage.measure(&served.backup(&media)?)?;
    records.push(Record::new(Row::Store, RESTIC, 1, figures, counts));
    Ok(records)
}

/// The variants run at the same time, each at a simulator of its own: they wait for the rate limit nearly all the time.
fn rclone_rows(programs: &Programs, base: &Path, part: &Account, restored: &Account) -> Outcome<Vec<Record>> {
    let rows = |number: usize, variant: &Variant| {
        let folder = base.join(format!("rclone-{number}"));
        let stage = Stage::new(programs, &folder, part)?;
        let small = folder.join("small");
        restored.write_to(&small)?;
        stage.simulator.limit(Limits::SLOW)?;
        let row = |row| {
            let program = match row {
                Row::Restore => stage.rclone_send(&small, variant.options),
                _ => stage.rclone_copy(variant.options),
            };
            let (figures, counts) = stage.measure(&program)?;
            Ok(Record::new(row, variant.name, 1, figures, counts))
        };
        [Row::First, Row::Same, Row::Restore].into_iter().map(row).collect::<Outcome<Vec<_>>>()
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

/// Larder's restore of small files into an empty account.
fn restored(stage: &Stage, files: &Account, folder: &Path, number: u64) -> Outcome<Record> {
    stage.clear(folder)?;
    files.write_to(folder)?;
    stage.new_store()?;
    output(&mut stage.larder_backup_of(folder))?;
    let (figures, counts) = stage.measure(&stage.larder_restore_to_dropbox())?;
    bounds::check(Row::Restore, files, &counts)?;
    Ok(Record::new(Row::Restore, report::LARDER, number, figures, counts))
}

/// Larder's backup of files of this machine into a new store in the account.
fn stored(stage: &Stage, folder: &Path, number: u64) -> Outcome<Record> {
    stage.new_store_at_dropbox()?;
    let (figures, counts) = stage.measure(&stage.larder_backup_into_dropbox(folder))?;
    bounds::check(Row::Store, &Account::empty(), &counts)?;
    Ok(Record::new(Row::Store, report::LARDER, number, figures, counts))
}

/// Whether what came into the account is what was sent.
fn same_restored(stage: &Stage, folder: &Path) -> Outcome {
    stage.clear(&stage.copied)?;
    output(&mut stage.rclone_fetch("/Back"))?;
    verify(folder, &stage.copied)
}

/// Whether the snapshot holds what rclone copies: a fast backup of something else would win every row.
fn same_content(stage: &Stage) -> Outcome {
    stage.measure(&stage.rclone_copy(&[]))?;
    stage.clear(&stage.restored)?;
    output(&mut stage.larder_restore())?;
    verify(&stage.copied, &stage.restored)
}

impl Programs {
    pub fn build(workspace: &Workspace) -> Outcome<Self> {
        build_larder(workspace)?;
        let mut build = command("cargo", ["build", "--release", "--package", "dropbox-simulator", "--quiet"]);
        run_program(build.current_dir(&workspace.root)).context("the simulator")?;
        let simulator = workspace.target.join("release/dropbox-simulator");
        Ok(Self { larder: larder_program(workspace), simulator })
    }
}
