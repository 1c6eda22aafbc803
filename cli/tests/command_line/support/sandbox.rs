//! A folder of its own for a test: the program runs in it and finds its home, its memory and its secrets there.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The passphrase that is in the environment of every command.
pub const PASSPHRASE: &str = "correct horse battery staple";

pub struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a test can make a temporary folder");
        for name in ["home", "here", "tmp"] {
            fs::create_dir(folder.path().join(name)).expect("a test can make folders in its own");
        }
        Self { folder }
    }

    /// Where commands run.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("here")
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A shell line, with `larder` in the path.
    pub fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("umask 022; {line}")).current_dir(self.work()).stdin(Stdio::null());
        command.env_clear().envs([
            ("LC_ALL", "C"),
            ("TZ", "UTC"),
            ("TERM", "xterm"),
            ("LARDER_PASSPHRASE", PASSPHRASE),
        ]);
        command.env("HOME", self.folder.path().join("home")).env("TMPDIR", self.folder.path().join("tmp"));
        command.env("PATH", self.path_with_programs());
        command
    }

    /// The program, and what a test puts into `bin` in the place of others.
    fn path_with_programs(&self) -> std::ffi::OsString {
        let program = Path::new(env!("CARGO_BIN_EXE_larder"));
        let folders = [Some(self.folder.path().join("bin")), program.parent().map(Path::to_path_buf)];
        let others = env::var_os("PATH").unwrap_or_default();
        let all = folders.into_iter().flatten().chain(env::split_paths(&others));
        env::join_paths(all).expect("a path holds no colon here")
    }

    /// Runs a shell line; its exit code, standard output and standard error.
    pub fn run(&self, line: &str) -> (i32, String, String) {
        let output = self.shell(line).output().expect("a test can run the shell");
        (code(&output), text(&output.stdout), text(&output.stderr))
    }

    /// Runs a line that has to succeed; returns what it printed.
    pub fn ok(&self, line: &str) -> String {
        let (code, stdout, stderr) = self.run(line);
        assert_eq!(code, 0, "{line}\n{stdout}\n{stderr}");
        stdout
    }

    /// Runs a line that has to end with `expected`; returns what it said on standard error.
    #[track_caller]
    pub fn fails(&self, expected: i32, line: &str) -> String {
        let (code, stdout, stderr) = self.run(line);
        assert_eq!(code, expected, "{line}\n{stdout}\n{stderr}");
        stderr
    }
}

/// As the shell counts it: 128 and the signal for a program that a signal ended.
fn code(output: &Output) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
