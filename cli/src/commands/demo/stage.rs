//! Where a tour plays: a folder, commands that are really run in it, by a shell or by this very program, and shown with what they
//! printed.

use std::{
    cell::RefCell,
    env,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Instant,
};

use larder_model::{Problem, Result};
use serde_json::json;

use crate::{context::Context, text};

/// For the demo's own store, which does not outlive it.
pub const PASSPHRASE: &str = "only for this demo";

/// What a user may have set, and a tour must not use.
const NOT_THE_USERS: [&str; 4] =
    ["LARDER_KEY_FILE", "LARDER_STORE", "LARDER_DROPBOX_ENDPOINT", "LARDER_DROPBOX_APP_SECRET"];

/// Answers what a command asks in its first line.
type Answer<'a> = &'a dyn Fn(&str) -> Result<String>;

pub struct Stage<'a> {
    context: &'a Context,
    pub folder: &'a Path,
    program: PathBuf,
    /// What was exported on the way.
    variables: RefCell<Vec<(&'static str, String)>>,
}

impl<'a> Stage<'a> {
    pub fn new(context: &'a Context, folder: &'a Path) -> Result<Self> {
        let program = env::current_exe()
            .map_err(|error| Problem::failed(format!("cannot find this program itself: {}", text::reason(&error))))?;
        Ok(Self { context, folder, program, variables: RefCell::default() })
    }

    /// Words of our own.
    pub fn say(&self, text: &str) -> Result<()> {
        if self.context.output.is_json() {
            return self.context.output.json(&json!({"event": "text", "text": text}));
        }
        self.context.output.line(if text.starts_with('$') { text.to_owned() } else { format!("\n# {text}") })
    }

    /// Sets a variable for all that follows.
    pub fn export(&self, name: &'static str, value: &str) -> Result<()> {
        self.variables.borrow_mut().push((name, value.to_owned()));
        self.say(&format!("$ export {name}='{value}'"))
    }

    /// Runs a line of this program's arguments; returns what it printed.
    pub fn larder(&self, line: &str) -> Result<String> {
        self.larder_ends(line, 0)
    }

    /// The same for a line that ends with another exit code.
    pub fn larder_ends(&self, line: &str, code: i32) -> Result<String> {
        self.run(&format!("larder {line}"), self.program(line), code, None)
    }

    /// The same for a line that prints a question first, and reads the answer to it.
    pub fn larder_asks(&self, line: &str, answer: Answer) -> Result<String> {
        self.run(&format!("larder {line}"), self.program(line), 0, Some(answer))
    }

    pub fn shell(&self, line: &str) -> Result<()> {
        self.run(line, self.command("", line), 0, None).map(drop)
    }

    fn program(&self, line: &str) -> Command {
        let mut command = self.command("exec \"$LARDER_PROGRAM\" ", line);
        command.env("LARDER_PROGRAM", &self.program);
        command
    }

    /// The shell takes the line apart as it would for the reader. What Larder keeps of its own stays in the demo's folder.
    fn command(&self, before: &str, line: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("{before}{line}")).current_dir(self.folder).stdin(Stdio::null());
        for variable in NOT_THE_USERS {
            command.env_remove(variable);
        }
        for variable in ["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, self.folder.join("own"));
        }
        command.envs(self.variables.borrow().iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, shown: &str, mut command: Command, code: i32, answer: Option<Answer>) -> Result<String> {
        self.context.check_interrupt()?;
        self.show(format_args!("$ {shown}\n"))?;
        let began = Instant::now();
        if answer.is_some() {
            command.stdin(Stdio::piped());
        }
        let failed = |error: std::io::Error| Problem::failed(format!("cannot run `{shown}`: {}", text::reason(&error)));
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let printed = self.talk(&mut child, answer);
        if printed.is_err() {
            // It may wait for an answer for good.
            drop(child.kill());
        }
        let status = child.wait().map_err(failed)?;
        let printed = printed?;
        self.ended(shown, &printed, status, began)?;
        self.context.check_interrupt()?;
        if status.code() == Some(code) {
            return Ok(printed);
        }
        Err(Problem::failed(format!("the demo stopped: `{shown}` failed ({status})")))
    }

    /// Shows what a command prints, and answers what it asks.
    fn talk(&self, child: &mut Child, answer: Option<Answer>) -> Result<String> {
        let failed = |error: std::io::Error| {
            Problem::failed(format!("cannot talk to a command of the demo: {}", text::reason(&error)))
        };
        let mut printed = String::new();
        let Some(stdout) = child.stdout.take() else { return Ok(printed) };
        let mut stdout = BufReader::new(stdout);
        if let (Some(answer), Some(mut stdin)) = (answer, child.stdin.take()) {
            stdout.read_line(&mut printed).map_err(failed)?;
            self.show(format_args!("{printed}"))?;
            let answer = answer(printed.trim_end())?;
            self.show(format_args!("{answer}\n"))?;
            // If it has ended meanwhile, its exit code says why.
            drop(writeln!(stdin, "{answer}"));
        }
        let shown = printed.len();
        stdout.read_to_string(&mut printed).map_err(failed)?;
        self.show(printed.get(shown..).unwrap_or_default())?;
        Ok(printed)
    }

    fn show(&self, text: impl std::fmt::Display) -> Result<()> {
        if !self.context.output.is_json() {
            self.context.output.bytes(text.to_string().as_bytes())?;
            self.context.output.flush()?;
        }
        Ok(())
    }

    fn ended(&self, shown: &str, printed: &str, status: ExitStatus, began: Instant) -> Result<()> {
        if self.context.output.is_json() {
            let event = json!({"event": "command", "command": shown, "stdout": printed, "code": status.code()});
            return self.context.output.json(&event);
        }
        if shown.starts_with("larder") {
            let took = text::duration(began.elapsed().as_millis() as u64);
            let code = status.code().filter(|code| *code != 0).map(|code| format!(", exit code {code}"));
            self.context.output.line(format_args!("[{took}{}]", code.unwrap_or_default()))?;
        }
        Ok(())
    }
}
