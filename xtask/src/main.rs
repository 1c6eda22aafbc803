//! The project's own chores, run as `cargo xtask CHORE`: what every change has to pass (`ci`), the house rules that
//! no compiler knows (`tidy`) and the comparison with other backup tools (`bench`).
//!
//! One file a chore. Nothing here is part of the program that users get.

mod bench;
mod ci;
mod failure;
mod program;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use failure::Outcome;
use workspace::Workspace;

/// Larder's own chores
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Chore {
    Ci(ci::Arguments),
    Tidy(tidy::Arguments),
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    match run(Chore::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Outcome {
    match chore {
        Chore::Ci(arguments) => ci::run(&Workspace::find()?, &arguments),
        Chore::Tidy(arguments) => tidy::run(&Workspace::find()?, &arguments),
        Chore::Bench(arguments) => bench::run(arguments),
    }
}
