//! Credentials in the system keyring: the Secret Service of the desktop (GNOME Keyring, KWallet, KeePassXC), by way of libsecret's
//! program `secret-tool`.
//!
//! The secret goes in on standard input and comes out on standard output, never among arguments, which everybody on the machine can
//! see. A program instead of a library, because whoever has such a keyring has the program or gets it from their system, and nobody
//! else has to carry a D-Bus client along.

use std::{
    io::{self, Read, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use super::Credentials;
use crate::error::{Class, Error, Result};

const PROGRAM: &str = "secret-tool";

/// A locked keyring asks its owner on the screen, who may need a moment.
const LIMIT: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(10);

/// More than any credentials, and less than a pipe holds: nobody waits for anybody who waits.
const BYTES_MAX: u64 = 60 << 10;

/// How an item of the keyring is called and found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringItem {
    /// For people who look into their keyring.
    pub label: String,
    /// What only this item has. They are no secrets.
    pub attributes: Vec<(&'static str, String)>,
    /// Variables of the environment that the program has no business to see.
    pub hidden: &'static [&'static str],
}

/// One item of the keyring.
#[derive(Debug, Clone)]
pub(super) struct Keyring(KeyringItem);

/// What the program did.
struct Ended {
    status: ExitStatus,
    printed: Zeroizing<Vec<u8>>,
    said: String,
}

impl Keyring {
    pub fn new(item: KeyringItem) -> Self {
        Self(item)
    }

    /// What is kept. The program says nothing and fails where there is nothing, and where its owner would not unlock the keyring.
    pub fn load(&self) -> Result<Option<Credentials>> {
        let ended = self.run(&["lookup"], None)?;
        if !ended.status.success() {
            return if ended.said.is_empty() { Ok(None) } else { Err(refused("read", &ended)) };
        }
        let wrong = |why: &str| Error::local(Class::Credentials, self.sentence(why), "Sign in again");
        Credentials::parse(&ended.printed).map(Some).map_err(wrong)
    }

    /// Keeps these, and looks whether they came back as they were: the program cuts off what is too long for it, and says nothing.
    pub fn store(&self, credentials: &Credentials) -> Result<()> {
        let text = serde_json::to_vec(credentials).map(Zeroizing::new).map_err(|_| self.unfit())?;
        let ended = self.run(&["store", "--label", &self.0.label], Some(&text))?;
        if !ended.status.success() {
            return Err(refused("written", &ended));
        }
        match self.load()? {
            Some(kept) if kept == *credentials => Ok(()),
            _ => Err(self.unfit()),
        }
    }

    pub fn remove(&self) -> Result<()> {
        let ended = self.run(&["clear"], None)?;
        // Nothing to remove is told by failing in silence.
        if ended.status.success() || ended.said.is_empty() { Ok(()) } else { Err(refused("changed", &ended)) }
    }

    fn sentence(&self, what: &str) -> String {
        format!("The credentials \"{}\" in the system keyring {what}", self.0.label)
    }

    fn unfit(&self) -> Error {
        let what = self.sentence("do not come back as they were put in");
        Error::local(Class::Credentials, what, "Keep them in a file instead")
    }

    fn run(&self, action: &[&str], input: Option<&[u8]>) -> Result<Ended> {
        let mut command = Command::new(PROGRAM);
        command.args(action).args(self.0.attributes.iter().flat_map(|(key, value)| [*key, value]));
        for variable in self.0.hidden {
            command.env_remove(variable);
        }
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| unstartable(&error))?;
        if let (Some(input), Some(stdin)) = (input, child.stdin.take()) {
            give(stdin, input);
        }
        let status = wait(&mut child)?;
        let (mut printed, mut said) = (Zeroizing::new(Vec::new()), Vec::new());
        // What cannot be read was not said.
        let _ = child.stdout.take().map(|stdout| stdout.take(BYTES_MAX).read_to_end(&mut printed));
        let _ = child.stderr.take().map(|stderr| stderr.take(BYTES_MAX).read_to_end(&mut said));
        let said = String::from_utf8_lossy(&said);
        let said = said.trim().chars().filter(|c| !c.is_control()).take(200).collect();
        Ok(Ended { status, printed, said })
    }
}

/// A program that does not read fails later, and says why.
fn give(mut stdin: ChildStdin, input: &[u8]) {
    let _ = stdin.write_all(input);
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let end = Instant::now() + LIMIT;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(TICK),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                let what = format!("The system keyring did not answer for {} seconds", LIMIT.as_secs());
                return Err(Error::local(Class::Credentials, what, UNLOCK));
            }
            Err(error) => return Err(unstartable(&error)),
        }
    }
}

const UNLOCK: &str = "Unlock the keyring and try again, or keep the credentials in a file";

fn refused(done: &str, ended: &Ended) -> Error {
    let why = if ended.said.is_empty() { ended.status.to_string() } else { ended.said.clone() };
    let what = format!("The system keyring could not be {done}: {}", why.trim_end_matches('.'));
    Error::local(Class::Credentials, what, UNLOCK)
}

fn unstartable(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        let what = format!("The system keyring is reached by the program {PROGRAM}, which is not installed");
        let hint = "Install it (Debian: libsecret-tools, Fedora: libsecret), or keep the credentials in a file";
        return Error::local(Class::Credentials, what, hint);
    }
    let what = format!("The program {PROGRAM} cannot be run: {error}");
    Error::local(Class::Credentials, what, "Keep the credentials in a file instead")
}
