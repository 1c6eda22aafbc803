//! A passphrase out of a file or a program: one line.

use std::{
    fs::File,
    io::Read,
    path::Path,
    process::{Command, Stdio},
};

use larder_model::{Problem, ProblemKind, Result, escape};
use zeroize::Zeroizing;

use super::SECRET_VARIABLES;
use crate::{location::shown, text};

/// What a file with a secret may have (docs/format.md §3). A file without an end must not take the memory.
const SECRET_LEN_MAX: u64 = 1 << 20;

pub fn from_file(file: &Path) -> Result<Zeroizing<String>> {
    let bytes = read_secret("passphrase file", file)?;
    one_line(&bytes, &shown(file))
}

/// Runs `command` in the shell.
pub fn from_command(command: &str) -> Result<Zeroizing<String>> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::inherit()).stderr(Stdio::inherit());
    for variable in SECRET_VARIABLES {
        shell.env_remove(variable);
    }
    let what = format!("the passphrase command `{}`", escape(command.as_bytes()));
    let output = shell.output().map_err(|error| {
        refused(format!("cannot run {what}: {}", text::reason(&error)))
            .hint("it is run by /bin/sh; run it alone to see why")
    })?;
    let bytes = Zeroizing::new(output.stdout);
    if !output.status.success() {
        let hint = "run it alone to see why; it has to print the passphrase, and to end with 0";
        return Err(refused(format!("{what} failed ({})", output.status)).hint(hint));
    }
    one_line(&bytes, &what)
}

/// Without its line end. A second line would be a mistake that makes the passphrase another one than the person believes. What
/// cannot be a passphrase at all is wrong usage, and not a passphrase that does not fit.
fn one_line(bytes: &[u8], what: &str) -> Result<Zeroizing<String>> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(Problem::usage(format!("{what} gives an empty passphrase"))
            .hint("a passphrase is a single line, and not an empty one"));
    }
    if line.contains(&b'\n') {
        return Err(Problem::usage(format!("{what} gives more than one line")).hint("a passphrase is a single line"));
    }
    match std::str::from_utf8(line) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Problem::usage(format!("{what} gives a passphrase that is not UTF-8"))
            .hint("a passphrase is text; what is not can be a key file (--key-file)")),
    }
}

fn refused(message: String) -> Problem {
    Problem::new(ProblemKind::Credentials, message)
}

/// Reads a small file. One that cannot be read is a credential that is wanting, not a store that is not there.
pub fn read_secret(what: &str, file: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = File::open(file).and_then(|handle| handle.take(SECRET_LEN_MAX + 1).read_to_end(&mut bytes));
    let trouble = match read {
        Ok(_) if bytes.len() as u64 <= SECRET_LEN_MAX => return Ok(bytes),
        Ok(_) => "it has more than 1 MiB".to_owned(),
        Err(error) => text::reason(&error),
    };
    let hint = format!("name the {what} that belongs to this store, and see that you may read it");
    Err(refused(format!("cannot read the {what} {}: {trouble}", shown(file))).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_one_line() {
        let line = |bytes: &[u8]| one_line(bytes, "it").map(|text| text.to_string());
        assert_eq!(line(b" a b \n").unwrap(), " a b ");
        assert_eq!(line(b"a\r\n").unwrap(), "a");
        for bad in [&b""[..], b"\n", b"a\nb", b"a\n\n", b"\xff"] {
            assert!(line(bad).unwrap_err().is(ProblemKind::Usage), "{bad:?}");
        }
    }
}
