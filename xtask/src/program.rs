//! Running other programs: with their output passed through, or taken.
//!
//! Nothing that a chore starts may wait for a person, so standard input is always empty.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::failure::{Context, Failure, Outcome};

/// A command to be filled in: `command("cargo", ["fmt", "--check"])`.
pub fn command<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs to the end, output passed through. Ending with anything but 0 is a failure.
pub fn run(command: &mut Command) -> Outcome {
    let status = command.status().context(shown(command))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format_args!("`{}` ended with {status}", shown(command))))
}

/// Runs to the end and returns standard output. Ending with anything but 0 is a failure that quotes standard error.
pub fn output(command: &mut Command) -> Outcome<String> {
    let output = command.output().context(shown(command))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format_args!("`{}` ended with {}: {}", shown(command), output.status, said.trim())))
}

/// Whether the command can be started and ends with 0; its output goes nowhere.
pub fn works(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The command as a person would type it, as far as no argument needs quoting.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
