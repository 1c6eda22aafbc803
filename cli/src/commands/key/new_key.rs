//! The options that give a new key, in `key add` and `key change`.

use std::path::PathBuf;

use clap::Args;
use larder_engine::Unlock;
use larder_model::Result;

use crate::secrets::{Secrets, Variables, Wants, make_key_file, prompt_new};

const OPTIONS: &str =
    "--new-passphrase-file, --new-passphrase-command, --new-key-file, $LARDER_NEW_PASSPHRASE or $LARDER_NEW_KEY_FILE";

/// Without any of these, a passphrase is asked for.
#[derive(Args)]
pub struct NewKey {
    /// Read the new passphrase from this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["new_passphrase_command", "new_key_file"])]
    new_passphrase_file: Option<PathBuf>,

    /// Run this command and take what it prints as the new passphrase
    #[arg(long, value_name = "COMMAND", conflicts_with = "new_key_file")]
    new_passphrase_command: Option<String>,

    /// Use this key file, which is made if it is missing
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,
}

impl NewKey {
    pub fn get(&self) -> Result<Unlock> {
        if let Some(file) = self.new_key_file.as_ref().filter(|file| !file.exists()) {
            return make_key_file(file).map(Unlock::KeyFile);
        }
        let secrets = Secrets {
            passphrase_file: self.new_passphrase_file.clone(),
            passphrase_command: self.new_passphrase_command.clone(),
            key_file: self.new_key_file.clone(),
            variables: Variables { passphrase: "LARDER_NEW_PASSPHRASE", key_file: "LARDER_NEW_KEY_FILE" },
        };
        match secrets.given(Wants::ANY)? {
            Some(unlock) => Ok(unlock),
            None => prompt_new("a new passphrase", OPTIONS).map(Unlock::Passphrase),
        }
    }
}
