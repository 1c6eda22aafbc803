//! `cargo xtask ci`: everything that has to hold before a change is taken.
//!
//! Named steps, one after the other, never two builds at once: the machines that run this have two cores. The first
//! step that fails ends the run; a step itself goes on after its first error where its tool can, so that one run tells
//! as much as possible. The output of the tools is passed through.

mod advisories;
mod api;
mod python;
mod requirements;
mod steps;
mod web;

use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

use steps::{STEPS, Step};

/// Install what the tests need, then run all checks and tests
#[derive(clap::Args)]
pub struct Arguments {
    /// Run only these steps, for instance `--only clippy,tidy`
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<String>,
    /// Print the names of the steps, run none
    #[arg(long)]
    list: bool,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    if arguments.list {
        STEPS.iter().for_each(|step| println!("{:14} {}", step.name, step.about));
        return Ok(());
    }
    let mut times = Vec::new();
    let outcome = chosen(&arguments.only)?.into_iter().try_for_each(|step| timed(step, workspace, &mut times));
    print_times(&times);
    outcome
}

fn chosen(only: &[String]) -> Outcome<Vec<&'static Step>> {
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != *name)) {
        return Err(Failure::new(format_args!("there is no step `{unknown}`; `cargo xtask ci --list` names them")));
    }
    let wanted = |step: &&Step| only.is_empty() || only.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

fn timed(step: &'static Step, workspace: &Workspace, times: &mut Vec<(&'static str, Duration)>) -> Outcome {
    println!("\n== {}: {}", step.name, step.about);
    let start = Instant::now();
    let outcome = (step.run)(workspace);
    let time = start.elapsed();
    times.push((step.name, time));
    let seconds = time.as_secs_f64();
    match outcome {
        Ok(()) => {
            println!("== {}: ok, {seconds:.1} s", step.name);
            Ok(())
        }
        Err(failure) => Err(Failure::new(format_args!(
            "step {} failed after {seconds:.1} s: {failure}\nAgain, only this: cargo xtask ci --only {}",
            step.name, step.name
        ))),
    }
}

fn print_times(times: &[(&str, Duration)]) {
    println!("\n== times");
    for (name, time) in times {
        println!("{name:14} {:7.1} s", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:14} {:7.1} s", "all", total.as_secs_f64());
}
