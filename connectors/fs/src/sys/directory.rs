//! Names that only a directory service knows (LDAP, SSSD, winbind), asked of `getent`.
//!
//! The C library's own calls need `unsafe` and load foreign code into this process; `getent` comes with the C library and makes them in a
//! process of its own, once for each number or name that is unknown. A directory that hangs must not hang a backup: after the first
//! answer that takes too long, and where there is no `getent`, nobody is asked any more. What has no name is kept by its number.

use std::{
    collections::HashMap,
    env,
    ffi::OsStr,
    hash::Hash,
    io::{BufRead, BufReader, Read},
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    process::{ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc::channel},
    thread,
    time::Duration,
};

use super::accounts::parse_line;

/// A directory that works answers within milliseconds, and one that has to be reached within a second or two.
const PATIENCE: Duration = Duration::from_secs(5);

/// A tree with more unknown numbers than this comes from elsewhere (an unpacked disk of a container, say): nobody here knows them.
const QUESTIONS_MAX: u32 = 1_000;

/// Name and number stand at the front; behind them a group may have any number of members.
const LINE_BYTES_MAX: u64 = 16 << 10;

/// What is asked about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Database {
    Users,
    Groups,
}

impl Database {
    const fn word(self) -> &'static str {
        match self {
            Self::Users => "passwd",
            Self::Groups => "group",
        }
    }
}

/// The directory, and what it has said so far.
#[derive(Debug)]
pub struct Directory {
    program: PathBuf,
    patience: Duration,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    names: HashMap<(Database, u32), Option<Arc<[u8]>>>,
    numbers: HashMap<(Database, Box<[u8]>), Option<u32>>,
    asked: u32,
    is_silent: bool,
}

impl Directory {
    /// The directory of this machine.
    pub fn of_machine() -> Self {
        Self::new("getent", PATIENCE)
    }

    fn new(program: impl Into<PathBuf>, patience: Duration) -> Self {
        Self { program: program.into(), patience, memory: Mutex::default() }
    }

    pub fn name(&self, database: Database, number: u32) -> Option<Arc<[u8]>> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = memory.names.get(&(database, number)) {
            return known.clone();
        }
        let line = self.ask(&mut memory, database, number.to_string().as_bytes());
        let name = found(line.as_deref()).filter(|(_, found)| *found == number).map(|(name, _)| name.into());
        remember(&mut memory.names, (database, number), name)
    }

    pub fn number(&self, database: Database, name: &[u8]) -> Option<u32> {
        // To `getent` digits are a number, and a dash begins an option.
        if name.first().is_none_or(|first| *first == b'-') || name.iter().all(u8::is_ascii_digit) || name.contains(&0) {
            return None;
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (database, Box::from(name));
        if let Some(known) = memory.numbers.get(&key) {
            return *known;
        }
        let line = self.ask(&mut memory, database, name);
        let number = found(line.as_deref()).filter(|(found, _)| *found == name).map(|(_, number)| number);
        remember(&mut memory.numbers, key, number)
    }

    fn ask(&self, memory: &mut Memory, database: Database, key: &[u8]) -> Option<Vec<u8>> {
        if memory.is_silent || memory.asked == QUESTIONS_MAX {
            return None;
        }
        memory.asked += 1;
        let answer = self.run(database, key);
        memory.is_silent = answer.is_none();
        answer
    }

    /// The line that `getent` prints, empty when the key is unknown; `None` when nobody answers.
    fn run(&self, database: Database, key: &[u8]) -> Option<Vec<u8>> {
        let mut command = Command::new(&self.program);
        command.arg(database.word()).arg(OsStr::from_bytes(key)).stdin(Stdio::null()).stderr(Stdio::null());
        // No other program learns what our environment holds, a passphrase perhaps.
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
        let line = child.stdout.take().and_then(|stdout| first_line(stdout, self.patience));
        if line.is_none() {
            let _ = child.kill();
        }
        let _ = child.wait();
        line
    }
}

fn first_line(stdout: ChildStdout, patience: Duration) -> Option<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut line = Vec::new();
        if BufReader::new(stdout.take(LINE_BYTES_MAX)).read_until(b'\n', &mut line).is_ok() {
            // Whoever waited may have gone.
            let _ = sender.send(line);
        }
    });
    receiver.recv_timeout(patience).ok()
}

fn found(line: Option<&[u8]>) -> Option<(&[u8], u32)> {
    parse_line(line?.trim_ascii_end())
}

fn remember<K: Eq + Hash, V: Clone>(memory: &mut HashMap<K, Option<V>>, key: K, value: Option<V>) -> Option<V> {
    memory.insert(key, value.clone());
    value
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Instant};

    use super::*;

    /// A `getent` that writes down what it is asked.
    fn directory(folder: &Path, script: &str) -> Directory {
        let program = folder.join("getent");
        fs::write(&program, format!("#!/bin/sh\necho \"$@\" >> {}/asked\n{script}\n", folder.display())).unwrap();
        fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        Directory::new(program, Duration::from_millis(500))
    }

    fn asked(folder: &Path) -> String {
        fs::read_to_string(folder.join("asked")).unwrap_or_default()
    }

    #[test]
    fn each_account_is_asked_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let directory = directory(
            folder.path(),
            "case $1-$2 in passwd-7001|passwd-ann) echo 'ann:*:7001:7001:Ann:/home/ann:/bin/sh';; \
             group-7001) echo 'staff:*:7001:ann,bob';; passwd-7002) echo 'wrong:*:7003:1';; *) exit 2;; esac",
        );
        for _ in 0..2 {
            assert_eq!(directory.name(Database::Users, 7001).as_deref(), Some(&b"ann"[..]));
            assert_eq!(directory.name(Database::Groups, 7001).as_deref(), Some(&b"staff"[..]));
            assert_eq!(directory.name(Database::Users, 7002), None, "that is another number's");
            assert_eq!(directory.name(Database::Users, 7009), None);
            assert_eq!(directory.number(Database::Users, b"ann"), Some(7001));
            assert_eq!(directory.number(Database::Users, b"bob"), None);
        }
        for name in [&b""[..], b"7001", b"-i", b"a\0b"] {
            assert_eq!(directory.number(Database::Users, name), None);
        }
        let questions = "passwd 7001\ngroup 7001\npasswd 7002\npasswd 7009\npasswd ann\npasswd bob\n";
        assert_eq!(asked(folder.path()), questions);
    }

    #[test]
    fn a_directory_that_hangs_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        let directory = directory(folder.path(), "exec sleep 60");
        let began = Instant::now();
        assert!((1..20).all(|number| directory.name(Database::Users, number).is_none()));
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(asked(folder.path()), "passwd 1\n");
    }

    #[test]
    fn without_a_directory_there_are_no_names() {
        let directory = Directory::new("/nowhere/getent", PATIENCE);
        assert_eq!(directory.name(Database::Groups, 7001), None);
        assert_eq!(directory.number(Database::Groups, b"staff"), None);
    }
}
