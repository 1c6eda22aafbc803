//! Passphrases and key files: where they may come from, and in which order.
//!
//! An option comes before the environment, and both before the prompt. A passphrase is never an argument, which every user of the
//! machine could read. Without a terminal nothing is asked: what is missing is an error that names the options.

mod key_file;
mod passphrase;
mod prompt;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use larder_engine::Unlock;
use larder_model::{Problem, Result};
use zeroize::Zeroizing;

pub use key_file::{create_private, make_key_file, recovery_sheet};
pub use prompt::{prompt, prompt_new};

/// One set of options and variables that give a way into a store.
#[derive(Clone, Default, Debug)]
pub struct Secrets {
    pub passphrase_file: Option<PathBuf>,
    pub passphrase_command: Option<String>,
    pub key_file: Option<PathBuf>,
    pub variables: Variables,
}

/// The environment variables of one set.
#[derive(Clone, Copy, Default, Debug)]
pub struct Variables {
    pub passphrase: &'static str,
    pub key_file: &'static str,
}

/// Of the store that a command works on.
pub const STORE_VARIABLES: Variables = Variables { passphrase: "LARDER_PASSPHRASE", key_file: "LARDER_KEY_FILE" };

/// What programs that we start have no business to see.
pub const SECRET_VARIABLES: [&str; 5] = [
    "LARDER_PASSPHRASE",
    "LARDER_NEW_PASSPHRASE",
    "LARDER_IDS_FROM_PASSPHRASE",
    "LARDER_DROPBOX_APP_SECRET",
    "RCLONE_CONFIG_PASS",
];

/// A password of a page, out of the first line of a file.
pub fn password(file: &Path) -> Result<Zeroizing<String>> {
    passphrase::from_file(file)
}

impl Secrets {
    /// What was given; `None` when a person has to be asked. `wants` says whether the store has a slot for a passphrase, and for a
    /// key file: of two variables that are set, the one that fits is taken.
    pub fn given(&self, wants: Wants) -> Result<Option<Unlock>> {
        if let Some(file) = &self.passphrase_file {
            return passphrase::from_file(file).map(Unlock::Passphrase).map(Some);
        }
        if let Some(command) = &self.passphrase_command {
            return passphrase::from_command(command).map(Unlock::Passphrase).map(Some);
        }
        if let Some(file) = &self.key_file {
            return key_file::read(file).map(Unlock::KeyFile).map(Some);
        }
        self.in_environment(wants)
    }

    fn in_environment(&self, wants: Wants) -> Result<Option<Unlock>> {
        let key_file = self.variable(self.variables.key_file).map(PathBuf::from);
        let passphrase = self.variable(self.variables.passphrase);
        match (key_file, passphrase) {
            (Some(file), passphrase) if wants.key_file || passphrase.is_none() => {
                key_file::read(&file).map(Unlock::KeyFile).map(Some)
            }
            (_, Some(passphrase)) => match passphrase.into_string() {
                Ok(text) => Ok(Some(Unlock::Passphrase(Zeroizing::new(text)))),
                Err(_) => Err(Problem::usage(format!("${} is not UTF-8", self.variables.passphrase))
                    .hint("a passphrase is text; what is not can be a key file (--key-file)")),
            },
            (_, None) => Ok(None),
        }
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        Some(name).filter(|name| !name.is_empty()).and_then(env::var_os).filter(|value| !value.is_empty())
    }
}

/// Which kinds of secret can be of use.
#[derive(Clone, Copy, Debug)]
pub struct Wants {
    pub passphrase: bool,
    pub key_file: bool,
}

impl Wants {
    pub const ANY: Self = Self { passphrase: true, key_file: true };
}
