//! Ctrl-C and its relatives (SIGTERM, SIGHUP): the first asks the command to end cleanly, the second ends the program at once.
//!
//! A command ends at its next blob, which is soon, but for a disk or a network that takes its time. What has not ended by itself within
//! a second is ended here: a store takes no harm from that, at any point, and the next run goes on from there.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc::channel,
    },
    thread,
    time::Duration,
};

use larder_engine::Interrupt;
use larder_model::{Problem, ProblemKind, Result};

use crate::output::{Output, say};

/// How long a command may take to end by itself.
const GRACE: Duration = Duration::from_millis(750);
/// How long telling so may take: nobody may be reading.
const TELLING: Duration = Duration::from_millis(100);

const EXIT_CODE: u8 = ProblemKind::Interrupted.exit_code();

/// Whoever ends the program says how: the command, or the watch.
#[derive(Clone, Default, Debug)]
pub struct Ending(Arc<Shared>);

#[derive(Default, Debug)]
struct Shared {
    is_taken: AtomicBool,
    is_the_commands: AtomicBool,
}

impl Ending {
    /// True for the first who asks.
    fn is_mine(&self) -> bool {
        !self.0.is_taken.swap(true, SeqCst)
    }

    /// For a command that has something to clear away, and that does nothing which could last: nobody else ends it.
    pub fn leave_to_command(&self) {
        self.0.is_the_commands.store(true, SeqCst);
    }

    /// For the command that has ended. If the watch was faster, it ends the program in a moment.
    pub fn take(&self) {
        if !self.is_mine() {
            loop {
                thread::park();
            }
        }
    }
}

pub fn watch(interrupt: Interrupt, output: Arc<Output>, ending: Ending) -> Result<()> {
    let on_signal = move || {
        if interrupt.is_set() {
            process::exit(i32::from(EXIT_CODE));
        }
        interrupt.set();
        say("\nlarder: ending; Ctrl-C once more ends at once");
        let (output, ending) = (output.clone(), ending.clone());
        thread::spawn(move || end_late(output, &ending));
    };
    ctrlc::set_handler(on_signal).map_err(|error| Problem::failed(format!("cannot watch for Ctrl-C: {error}")))
}

/// The interruption that a command tells of itself, told for it.
fn end_late(output: Arc<Output>, ending: &Ending) {
    thread::sleep(GRACE);
    if ending.0.is_the_commands.load(SeqCst) || !ending.is_mine() {
        return;
    }
    let problem =
        Problem::new(ProblemKind::Interrupted, "interrupted").hint("run the same command again; it goes on from here");
    let (told, wait) = channel();
    thread::spawn(move || {
        output.problem(&problem);
        told.send(())
    });
    let _ = wait.recv_timeout(TELLING);
    process::exit(i32::from(EXIT_CODE));
}
