//! Standard input, or what a program prints, as a stream that can be interrupted.
//!
//! A thread reads and hands over what it got, so that the backup never waits in a read that nothing can end: Ctrl-C must work while
//! the other side of a pipe says nothing.

use std::{
    ffi::OsStr,
    io::{self, ErrorKind, Read},
    os::unix::{ffi::OsStrExt, process::CommandExt},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use larder_engine::Interrupt;
use larder_model::{Problem, ProblemKind, Result, escape};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{secrets::SECRET_VARIABLES, text};

/// A stream, and what is asked when it has ended.
type Stream = (Box<dyn Read + Send>, Box<dyn FnOnce() -> Result<()> + Send>);

const BUFFER_LEN: usize = 256 << 10;
/// Buffers on their way.
const BUFFERS: usize = 4;
const PATIENCE: Duration = Duration::from_millis(100);

pub fn from_stdin(interrupt: &Interrupt) -> Stream {
    let reader = Interruptible::new(io::stdin(), interrupt);
    let interrupt = interrupt.clone();
    (Box::new(reader), Box::new(move || not_interrupted(&interrupt, PATIENCE)))
}

/// Ctrl-C reaches every program of a pipeline, and it may be for this reason that the stream has ended. The signal may come a moment
/// after the end.
fn not_interrupted(interrupt: &Interrupt, patience: Duration) -> Result<()> {
    let end = Instant::now() + patience;
    while !interrupt.is_set() && Instant::now() < end {
        thread::sleep(PATIENCE / 10);
    }
    if interrupt.is_set() {
        return Err(Problem::new(ProblemKind::Interrupted, "interrupted, and what was read may not be all")
            .hint("run it again"));
    }
    Ok(())
}

/// Runs `command` in the shell. If it fails, what it printed is worth nothing.
pub fn from_command(command: &OsStr, interrupt: &Interrupt) -> Result<Stream> {
    let shown = escape(command.as_bytes());
    let mut shell = Command::new("/bin/sh");
    // A group of its own, so that what the shell starts ends with it.
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    for variable in SECRET_VARIABLES {
        shell.env_remove(variable);
    }
    let mut child =
        shell.spawn().map_err(|error| Problem::failed(format!("cannot run `{shown}`: {}", text::reason(&error))))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(Problem::failed(format!("cannot read what `{shown}` prints")));
    };
    let reader = Interruptible::new(stdout, interrupt);
    let program = Program { child, shown };
    let interrupt = interrupt.clone();
    let verdict = move || {
        let verdict = program.verdict();
        // The program may have failed of the signal that is on its way to this one, too.
        let patience = if verdict.is_ok() { PATIENCE } else { PATIENCE * 5 };
        not_interrupted(&interrupt, patience).and(verdict)
    };
    Ok((Box::new(reader), Box::new(verdict)))
}

/// A program that runs. It does not outlive the backup.
struct Program {
    child: Child,
    shown: String,
}

impl Program {
    fn verdict(mut self) -> Result<()> {
        let shown = &self.shown;
        let status = self
            .child
            .wait()
            .map_err(|error| Problem::failed(format!("cannot wait for `{shown}`: {}", text::reason(&error))))?;
        if status.success() {
            return Ok(());
        }
        Err(Problem::failed(format!("`{shown}` failed ({status}), so there is no snapshot of what it printed"))
            .hint("run the command alone to see why"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // Nobody reads it any more; it may have ended in between.
            if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// A reader whose waiting ends with the interrupt.
struct Interruptible {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    used: usize,
    interrupt: Interrupt,
}

impl Interruptible {
    fn new(mut from: impl Read + Send + 'static, interrupt: &Interrupt) -> Self {
        let (sender, pieces) = sync_channel(BUFFERS);
        thread::spawn(move || {
            loop {
                let piece = read_piece(&mut from);
                let is_last = !matches!(&piece, Ok(bytes) if !bytes.is_empty());
                if sender.send(piece).is_err() || is_last {
                    return;
                }
            }
        });
        Self { pieces, piece: Vec::new(), used: 0, interrupt: interrupt.clone() }
    }

    /// The next piece; an empty one is the end.
    fn receive(&self) -> io::Result<Vec<u8>> {
        loop {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => return piece,
                Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Timeout) if self.interrupt.is_set() => {
                    // Not of kind `Interrupted`, which callers take for a reason to try again.
                    return Err(io::Error::other("interrupted"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

fn read_piece(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; BUFFER_LEN];
    loop {
        match from.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(len) => {
                piece.truncate(len);
                return Ok(piece);
            }
        }
    }
}

impl Read for Interruptible {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.piece.len() {
            self.piece = self.receive()?;
            self.used = 0;
        }
        let len = buffer.len().min(self.piece.len() - self.used);
        buffer[..len].copy_from_slice(&self.piece[self.used..][..len]);
        self.used += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_is_read_to_its_end() {
        let (mut reader, verdict) = from_command(OsStr::new("seq 200000"), &Interrupt::default()).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text.lines().count(), 200_000);
        assert!(verdict().is_ok());
    }

    #[test]
    fn a_program_that_fails_is_told() {
        let (mut reader, verdict) = from_command(OsStr::new("echo a; exit 7"), &Interrupt::default()).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
        let problem = verdict().unwrap_err();
        assert!(problem.message().contains("exit status: 7"), "{problem}");
    }

    #[test]
    fn what_the_shell_started_ends_with_it() {
        let (_reader, verdict) = from_command(OsStr::new("sleep 61.25; true"), &Interrupt::default()).unwrap();
        thread::sleep(PATIENCE * 3);
        let runs = || Command::new("pgrep").args(["-f", "^sleep 61.25"]).output().is_ok_and(|it| !it.stdout.is_empty());
        assert!(runs());
        drop(verdict);
        thread::sleep(PATIENCE);
        assert!(!runs());
    }

    #[test]
    fn a_silent_program_can_be_interrupted() {
        let interrupt = Interrupt::default();
        let (mut reader, verdict) = from_command(OsStr::new("exec sleep 60"), &interrupt).unwrap();
        interrupt.set();
        assert!(reader.read(&mut [0; 16]).is_err());
        // Ends the program.
        drop(verdict);
    }
}
