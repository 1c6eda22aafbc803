//! `cargo xtask bench scale`: what a store of 1 PB costs, by simulation.
//!
//! Every step is a process of its own, an example of `testkit`, so that the memory it tells is what the step took. Three sizes, each ten times
//! the one before, show what grows faster than its work.

mod table;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Base, page, setting};
use crate::failure::{Context, Outcome};
use crate::program::{command, output, run as run_program};
use crate::workspace::Workspace;

/// The marks in docs/scale.md are `<!-- bench-scale:begin -->` and `<!-- bench-scale:end -->`.
const SECTION: &str = "bench-scale";

/// Measure stores of up to 1 PB that are made of names and sizes
#[derive(clap::Args)]
pub struct Arguments {
    /// Blobs of the largest store, of 10 MB each; the others have a tenth and a hundredth of them
    #[arg(long, default_value_t = 100_000_000, value_parser = clap::value_parser!(u64).range(100_000..))]
    blobs: u64,
    /// Files of its snapshot
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(10_000..))]
    files: u64,
    #[command(flatten)]
    base: Base,
    /// Put the tables into scale.md of this folder, between its marks
    #[arg(long, value_name = "DOCS")]
    write: Option<PathBuf>,
}

/// What is measured, in this order: later steps of a size use the store of the earlier ones.
#[rustfmt::skip]
const STEPS: &[Step] = &[
    step("open", "opening", Work::Store),
    step("hit", "looking up a blob that is there", Work::Lookup),
    step("miss", "looking up a blob that is not", Work::Lookup),
    step("folder", "`ls` of a folder", Work::Store),
    step("all", "`ls -R`, everything", Work::Files),
    step("find", "`find` of a name, by walking", Work::Files),
    step("names", "building the index of names", Work::Files),
    step("search", "`find` of a name, by that index", Work::Names),
    step("again", "unchanged backup", Work::Both),
    step("made-up", "of that, making up the packs and files", Work::Both),
    step("check", "`check --quick`", Work::Store),
    step("gc", "`gc --dry-run`", Work::Both),
];

struct Step {
    name: &'static str,
    about: &'static str,
    work: Work,
}

/// What a step may grow with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Packs and index of the store.
    Store,
    Files,
    Both,
    Lookup,
    Names,
}

const fn step(name: &'static str, about: &'static str, work: Work) -> Step {
    Step { name, about, work }
}

/// A store and the figures of its steps.
struct Size {
    blobs: u64,
    files: u64,
    made: Value,
    steps: Vec<Value>,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let workspace = Workspace::find()?;
    let base = arguments.base.folder()?.join("scale");
    let mut build =
        command("cargo", ["build", "--release", "--quiet", "--package", "larder-testkit", "--example", "scale"]);
    run_program(build.current_dir(&workspace.root))?;
    let program = workspace.target.join("release/examples/scale");
    let mut sizes = Vec::new();
    for part in [100, 10, 1] {
        sizes.push(measure(&program, &base, arguments.blobs / part, arguments.files / part)?);
    }
    let section = table::section(&sizes, &setting::machine());
    println!("\n{section}");
    let write = |docs: &PathBuf| page::write_section(&docs.join("scale.md"), SECTION, &section);
    arguments.write.as_ref().map_or(Ok(()), write)
}

fn measure(program: &Path, folder: &Path, blobs: u64, files: u64) -> Outcome<Size> {
    clear(folder)?;
    let figures = |name: &str| {
        println!("{blobs} blobs, {files} files: {name}");
        let mut step = command(program, [name]);
        step.arg(folder).args([blobs.to_string(), files.to_string()]);
        serde_json::from_str::<Value>(&output(&mut step)?).context("the figures of the step")
    };
    let made = figures("make")?;
    let steps = STEPS.iter().map(|step| figures(step.name)).collect::<Outcome<_>>()?;
    clear(folder)?;
    Ok(Size { blobs, files, made, steps })
}

fn clear(folder: &Path) -> Outcome {
    if folder.exists() { fs::remove_dir_all(folder).context(folder.display()) } else { Ok(()) }
}
