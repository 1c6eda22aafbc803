//! Ctrl-C and its relatives (SIGTERM, SIGHUP): the first asks the command to end cleanly, the second ends the program at once.

use std::process;

use larder_engine::Interrupt;
use larder_model::{Problem, ProblemKind, Result};

use crate::output::say;

pub fn watch(interrupt: Interrupt) -> Result<()> {
    let on_signal = move || {
        if interrupt.is_set() {
            process::exit(i32::from(ProblemKind::Interrupted.exit_code()));
        }
        interrupt.set();
        say("\nlarder: ending; Ctrl-C once more ends at once");
    };
    ctrlc::set_handler(on_signal).map_err(|error| Problem::failed(format!("cannot watch for Ctrl-C: {error}")))
}
