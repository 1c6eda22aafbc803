//! What a command says: results on standard output, remarks and errors on standard error.
//!
//! A result is either lines for people or JSON, never both. Somebody who closes standard output early (`| head`) has seen enough: the
//! write fails with an error that [`Output::is_closed`] tells apart, and the program ends quietly.

use std::{
    fmt::Display,
    io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use larder_model::{Problem, ProblemKind, Result};
use serde_json::{Value, json};

use crate::text;

/// How much a person wants to be told beside the result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Talk {
    Quiet,
    Normal,
    Verbose,
}

/// Standard output and standard error.
pub struct Output {
    stdout: Mutex<BufWriter<Stdout>>,
    is_json: bool,
    talk: Talk,
    is_live: bool,
    is_closed: AtomicBool,
}

impl Output {
    pub fn new(is_json: bool, talk: Talk) -> Self {
        let stdout = io::stdout();
        let is_live = is_json || stdout.is_terminal();
        let stdout = Mutex::new(BufWriter::with_capacity(1 << 16, stdout));
        Self { stdout, is_json, talk, is_live, is_closed: AtomicBool::new(false) }
    }

    pub fn is_json(&self) -> bool {
        self.is_json
    }

    pub fn talk(&self) -> Talk {
        self.talk
    }

    /// The reader of standard output has gone away.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Relaxed)
    }

    /// A line of the result, for people.
    pub fn line(&self, text: impl Display) -> Result<()> {
        self.write(|stdout| writeln!(stdout, "{text}"))
    }

    /// The result's bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> Result<()> {
        self.write(|stdout| stdout.write_all(bytes))
    }

    /// A document, or one of several events, on a line of its own.
    pub fn json(&self, value: &Value) -> Result<()> {
        self.line(value)
    }

    /// What was asked for, in the form that was asked for.
    pub fn result(&self, people: impl Display, json: &Value) -> Result<()> {
        if self.is_json { self.json(json) } else { self.line(people) }
    }

    /// What was done. Those who asked for silence learn it from the exit code.
    pub fn done(&self, people: impl Display, json: &Value) -> Result<()> {
        if !self.is_json && self.talk == Talk::Quiet { Ok(()) } else { self.result(people, json) }
    }

    pub fn flush(&self) -> Result<()> {
        self.write(|stdout| stdout.flush())
    }

    fn write(&self, write: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) -> Result<()> {
        let mut stdout = self.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        let written = write(&mut stdout).and_then(|()| if self.is_live { stdout.flush() } else { Ok(()) });
        written.map_err(|error| {
            self.is_closed.store(error.kind() == ErrorKind::BrokenPipe, Relaxed);
            not_written(&error)
        })
    }

    /// A remark on what was done, for people who did not ask for silence.
    pub fn remark(&self, text: impl Display) {
        if self.talk >= Talk::Normal {
            say(text);
        }
    }

    /// Something that people should know and that stops nothing.
    pub fn warn(&self, text: impl Display) {
        say(format_args!("larder: warning: {text}"));
    }

    /// The error that a command ends with.
    pub fn problem(&self, problem: &Problem) {
        if self.is_json {
            drop(self.json(&problem_json(problem)).and_then(|()| self.flush()));
        }
        say(format_args!("larder: {problem}"));
        if let Some(hint) = problem.hint_text() {
            say(format_args!("hint: {hint}"));
        }
    }
}

/// A line on standard error. Unlike `eprintln!` it does not panic when nobody is there to read it.
pub fn say(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}

fn not_written(error: &io::Error) -> Problem {
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ProblemKind::NoSpace,
        _ => ProblemKind::Failed,
    };
    Problem::new(kind, format!("cannot write to standard output: {}", text::reason(error)))
}

/// The form in which errors stand in JSON.
fn problem_json(problem: &Problem) -> Value {
    json!({
        "event": "error",
        "kind": problem.kind().word(),
        "message": problem.message(),
        "hint": problem.hint_text(),
        "code": problem.kind().exit_code(),
    })
}
