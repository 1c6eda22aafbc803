//! The program `larder`: everything below it is put together here, and nowhere else.
//!
//! `main` reads the command line, makes the [`Context`] that all commands share, runs one command and turns what came of it into an
//! exit code. Each command is a file in `commands/`; all connectors are named in `connectors`.

mod accounts;
mod arguments;
mod commands;
mod connectors;
mod context;
mod entries;
mod folders;
mod grammar;
mod location;
mod opening;
mod output;
mod own_runs;
mod parse;
mod progress;
mod remembered;
mod remotes;
mod secrets;
mod select;
mod signals;
mod text;
mod usage;
mod whole_file;

use std::{
    env,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

use larder_engine::Interrupt;
use larder_model::{Problem, ProblemKind};

use commands::Outcome;
use context::Context;
use output::say;
use usage::Parsed;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| say(format_args!("larder: this is a defect in Larder: {panic}"))));
    let run = panic::catch_unwind(AssertUnwindSafe(run));
    ExitCode::from(run.unwrap_or_else(|_| {
        say("hint: please report it, with the command that you ran and the text above; your store is as it was");
        ProblemKind::Failed.exit_code()
    }))
}

fn run() -> u8 {
    let arguments = match usage::parse(env::args_os()) {
        Parsed::Run(arguments) => *arguments,
        Parsed::Ended(code) => return code,
    };
    let interrupt = Interrupt::default();
    let context = Context::new(arguments.global, interrupt.clone());
    let watched = signals::watch(interrupt, context.output.clone(), context.ending.clone());
    if let Err(problem) = watched.and_then(|()| larder_fs::raise_open_files_limit()) {
        context.output.warn(problem);
    }
    let result = arguments.command.run(&context);
    // Also what a command has said before it failed.
    let flushed = context.output.flush();
    let result = result.and_then(|outcome| match flushed {
        Err(problem) if !context.output.is_closed() => Err(problem),
        _ => Ok(outcome),
    });
    context.ending.take();
    exit_code(&context, result)
}

fn exit_code(context: &Context, result: Result<Outcome, Problem>) -> u8 {
    match result {
        Ok(outcome) => outcome.exit_code(),
        // Whoever closed the pipe has what they wanted.
        Err(_) if context.output.is_closed() => Outcome::Done.exit_code(),
        Err(problem) => {
            let problem = if context.interrupt.is_set() { interrupted(problem) } else { problem };
            context.output.problem(&problem);
            problem.kind().exit_code()
        }
    }
}

/// What fails after somebody asked for the end fails for that reason: a stream that was closed, a program that got the signal too.
fn interrupted(problem: Problem) -> Problem {
    if problem.is(ProblemKind::Interrupted) {
        return problem;
    }
    Problem::new(ProblemKind::Interrupted, format!("interrupted ({problem})"))
}
