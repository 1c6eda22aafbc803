//! Transcripts: files of commands with what they print, which are run again and compared.
//!
//! ```text
//! # Words about what follows.
//! $ larder at ./save ls latest
//! a line of standard output
//! ! a line of standard error
//! = 3
//! ```
//!
//! The last line of a command is its exit code, unless that is 0. What differs from run to run and from machine to machine stands in
//! brackets ([`super::normal`]). With `LARDER_BLESS=1` in the environment the files are written anew; read the difference before you
//! commit it.

use std::{env, fs, path::Path};

use super::{normal::Normal, sandbox::Sandbox};

/// Runs the transcript `tests/transcripts/NAME.txt`.
pub fn check(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(format!("{name}.txt"));
    let expected = fs::read_to_string(&file).expect("the transcript is there");
    let actual = play(&expected);
    if env::var_os("LARDER_BLESS").is_some() {
        fs::write(&file, actual).expect("the transcript can be written");
        return;
    }
    assert!(actual == expected, "{} is not what happens now:\n{}", file.display(), difference(&expected, &actual));
}

fn play(transcript: &str) -> String {
    let sandbox = Sandbox::new();
    let mut normal = Normal::new(&sandbox);
    let mut played = String::new();
    for line in transcript.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            played.push_str(&format!("$ {command}\n{}", run(&sandbox, &mut normal, command)));
        } else if line.is_empty() || line.starts_with("# ") {
            played.push_str(line);
            played.push('\n');
        }
    }
    played
}

fn run(sandbox: &Sandbox, normal: &mut Normal, command: &str) -> String {
    let (code, stdout, stderr) = sandbox.run(command);
    let mut printed = String::new();
    for line in stdout.lines() {
        printed.push_str(&quoted(&normal.line(line)));
    }
    for line in stderr.lines() {
        printed.push_str(format!("! {}", normal.line(line)).trim_end());
        printed.push('\n');
    }
    if code != 0 {
        printed.push_str(&format!("= {code}\n"));
    }
    printed
}

/// Lines that would be taken for something else get a bar in front.
fn quoted(line: &str) -> String {
    let is_mistakable = line.is_empty() || ["# ", "$ ", "! ", "= ", "| "].iter().any(|start| line.starts_with(start));
    if is_mistakable { format!("| {line}").trim_end().to_owned() + "\n" } else { format!("{}\n", line.trim_end()) }
}

/// The first lines that differ.
fn difference(expected: &str, actual: &str) -> String {
    let mut lines = Vec::new();
    let (mut old, mut new) = (expected.lines(), actual.lines());
    loop {
        match (old.next(), new.next()) {
            (None, None) => return lines.join("\n"),
            (old, new) if old == new => {}
            (old, new) => lines.extend([format!("- {}", old.unwrap_or("")), format!("+ {}", new.unwrap_or(""))]),
        }
        if lines.len() >= 20 {
            return lines.join("\n");
        }
    }
}
