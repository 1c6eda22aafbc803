//! `cargo xtask bench`: Larder and other backup tools at the same work on the same data.
//!
//! What is measured is the whole process as a user would start it: wall clock, processor time, peak memory, and the
//! size of the store. The table and how to read it are in docs/performance.md.

mod borg;
mod bupstash;
mod conserve;
mod datagen;
mod dropbox;
mod folders;
mod get_peers;
mod larder;
mod measure;
mod mount;
mod page;
mod peer;
mod plot;
mod race;
mod ratios;
mod restic;
mod results;
mod rows;
mod rustic;
mod scale;
mod setting;
mod tables;
mod verify;
mod viewer;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, run as run_program};
use crate::workspace::Workspace;

use peer::Peer;
use race::Race;
use results::Results;
use rows::Group;

/// Compare Larder with other backup tools
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    race: RaceArguments,
}

#[derive(clap::Subcommand)]
enum Other {
    /// Install the tools to compare with, below the base folder
    GetPeers {
        /// restic, rustic, borg, bupstash, conserve
        #[arg(value_name = "PEER", default_values = peer::MAIN)]
        peers: Vec<String>,
        #[command(flatten)]
        base: Base,
    },
    /// Make the tables and the plot of an earlier run again
    Report {
        /// A file of results, as `bench` names it at its end
        results: PathBuf,
        #[arg(long, value_name = "STEM")]
        write: Option<PathBuf>,
    },
    Dropbox(dropbox::Arguments),
    Mount(mount::Arguments),
    Viewer(viewer::Arguments),
    Scale(scale::Arguments),
    #[command(hide = true)]
    Measure(measure::Arguments),
}

#[derive(clap::Args)]
struct Base {
    /// Where data, peers, stores and results are kept; about 25 GiB at full size [default: bench in the target folder]
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
}

#[derive(clap::Args)]
struct RaceArguments {
    /// Which parts to run
    #[arg(long, value_name = "SET", value_delimiter = ',', default_value = "A,B,C,D,FIXED,OPEN", ignore_case = true)]
    sets: Vec<Group>,
    /// Who takes part: larder, restic, rustic, borg, bupstash, conserve
    #[arg(long, value_name = "PEER", value_delimiter = ',', default_value = "larder,restic,rustic")]
    peers: Vec<String>,
    /// How often each row is run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=datagen::CHANGE_ROUNDS_MAX))]
    runs: u64,
    /// Size of the data sets against their full size
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100))]
    size: u64,
    #[command(flatten)]
    base: Base,
    /// Put tables and plot into STEM.md, between its marks, and STEM.svg
    #[arg(long, value_name = "STEM")]
    write: Option<PathBuf>,
    /// Only see that it works: one run at 1 % of the size
    #[arg(long)]
    smoke: bool,
}

pub fn run(arguments: Arguments) -> Outcome {
    match arguments.other {
        Some(Other::Dropbox(arguments)) => dropbox::run(&arguments),
        Some(Other::Mount(arguments)) => mount::run(&arguments),
        Some(Other::Viewer(arguments)) => viewer::run(&arguments),
        Some(Other::Scale(arguments)) => scale::run(&arguments),
        Some(Other::Measure(arguments)) => measure::run(&arguments),
        Some(Other::GetPeers { peers, base }) => get_peers::get_peers(&peers, &base.folder()?),
        Some(Other::Report { results, write }) => report(&Results::read(&results)?, write.as_deref()),
        None => compare(arguments.race),
    }
}

/// The smoke run of `ci`: Larder alone, and its calls to Dropbox.
pub fn smoke(workspace: &Workspace) -> Outcome {
    build_larder(workspace)?;
    let larder = larder_program(workspace);
    let peers = peers(&["larder".to_owned()], &larder, workspace.target.as_path())?;
    let base = workspace.target.join("bench-smoke");
    race(&peers, &base, &RaceArguments::smoke())?;
    dropbox::smoke(workspace)
}

fn compare(mut arguments: RaceArguments) -> Outcome {
    if arguments.smoke {
        (arguments.runs, arguments.size) = (1, 1);
    }
    let base = arguments.base.folder()?;
    let workspace = Workspace::find()?;
    if arguments.peers.iter().any(|peer| peer == "larder") {
        build_larder(&workspace)?;
    }
    let peers = peers(&arguments.peers, &larder_program(&workspace), &base.join("peers"))?;
    let results = race(&peers, &base, &arguments)?;
    report(&results, arguments.write.as_deref())?;
    println!("\nThe figures are in {}", results.path.display());
    Ok(())
}

fn race(peers: &[Peer], base: &Path, arguments: &RaceArguments) -> Outcome<Results> {
    let setting = setting::setting(peers, arguments.runs, arguments.size)?;
    let mut results = Results::create(base, setting)?;
    let race = Race { peers, base, runs: arguments.runs, percent: arguments.size };
    race.run(&arguments.sets, &mut results)?;
    results::plausible(&results)?;
    Ok(results)
}

fn report(results: &Results, write: Option<&Path>) -> Outcome {
    println!("\n{}", tables::tables(results));
    write.map_or(Ok(()), |stem| page::write(results, stem))
}

fn build_larder(workspace: &Workspace) -> Outcome {
    let mut build = command("cargo", ["build", "--release", "--package", "larder", "--quiet"]);
    run_program(build.current_dir(&workspace.root))
}

fn larder_program(workspace: &Workspace) -> PathBuf {
    workspace.target.join("release/larder")
}

fn peers(names: &[String], larder: &Path, folder: &Path) -> Outcome<Vec<Peer>> {
    let peer = |name: &String| {
        let known = peer::NAMES.join(", ");
        let peer = peer::named(name, larder, folder).context(format_args!("`{name}` is no peer; there are {known}"))?;
        if peer.program.exists() {
            return Ok(peer);
        }
        let program = peer.program.display();
        Err(Failure::new(format_args!("there is no {program}; `cargo xtask bench get-peers {name}` installs it")))
    };
    names.iter().map(peer).collect()
}

impl Base {
    fn folder(&self) -> Outcome<PathBuf> {
        let folder = match &self.base {
            Some(folder) => folder.clone(),
            None => Workspace::find()?.target.join("bench"),
        };
        std::path::absolute(&folder).context(folder.display())
    }
}

impl RaceArguments {
    fn smoke() -> Self {
        Self {
            sets: Group::value_variants().to_vec(),
            peers: Vec::new(),
            runs: 1,
            size: 1,
            base: Base { base: None },
            write: None,
            smoke: true,
        }
    }
}
