//! `larder create`

use std::{ffi::OsString, fs, path::PathBuf};

use clap::Args;
use larder_engine::{Store, Unlock};
use larder_model::Result;
use serde_json::json;

use super::Outcome;
use crate::{
    connectors,
    context::Context,
    location::shown,
    opening,
    secrets::{Secrets, Variables, Wants, make_key_file, prompt_new},
};

const OPTIONS: &str = "--passphrase-file, --passphrase-command, --key-file or $LARDER_PASSPHRASE";

/// Make a new store
///
/// A store is a place for backups: a folder that Larder fills with encrypted files. It is unlocked with a passphrase, or with a key
/// file. Without it nobody can read the backups, you included: keep it in a safe place that is not the store. `larder key export`
/// makes a sheet for a drawer.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save create                              asks for a new passphrase
  larder at /mnt/disk/save create --key-file ~/save.key")]
pub struct Create {
    /// What to call the first key in `larder key list`
    #[arg(long, value_name = "TEXT", default_value = "first")]
    label: String,

    /// Find what is the same in the way that STORE does, so that copies between the two are cheap
    #[arg(long, value_name = "STORE")]
    ids_from: Option<OsString>,

    /// Read the passphrase of the other store from this file
    #[arg(long, value_name = "FILE", requires = "ids_from")]
    ids_from_passphrase_file: Option<PathBuf>,

    /// Unlock the other store with this key file
    #[arg(long, value_name = "FILE", requires = "ids_from", conflicts_with = "ids_from_passphrase_file")]
    ids_from_key_file: Option<PathBuf>,
}

impl Create {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let place = context.store_place()?;
        let other = self.other_store(context)?;
        let first_key = FirstKey::get(context)?;
        let settings = context.settings();
        let created = Store::create(place.storage.clone(), &first_key.unlock, &self.label, other.as_ref(), settings);
        let store = created.inspect_err(|_| first_key.take_back())?;
        let mut remembered = context.remembered(&place);
        remembered.replace(&store, &place.location);
        context.keep(&remembered);
        first_key.made.iter().for_each(|file| {
            context.output.remark(format_args!(
                "made the key file {}: keep a copy of it in a safe place, without it nobody can read the store",
                shown(file)
            ));
        });
        if let Some(warning) = place.warning {
            context.output.warn(warning);
        }
        let (id, location) = (store.id().to_string(), place.location);
        context.output.done(
            format_args!("made store {id} at {location}"),
            &json!({"store": id, "location": location, "key_file": first_key.made.map(shown)}),
        )?;
        Ok(Outcome::Done)
    }

    fn other_store(&self, context: &Context) -> Result<Option<Store>> {
        let Some(text) = &self.ids_from else { return Ok(None) };
        let secrets = Secrets {
            passphrase_file: self.ids_from_passphrase_file.clone(),
            passphrase_command: None,
            key_file: self.ids_from_key_file.clone(),
            variables: Variables { passphrase: "LARDER_IDS_FROM_PASSPHRASE", key_file: "LARDER_IDS_FROM_KEY_FILE" },
        };
        let place = connectors::store_at(text, context)?;
        opening::unlock(&place.storage, &secrets, &context.settings()).map(Some)
    }
}

/// What will unlock the store, and the key file if it was made for it just now.
struct FirstKey {
    unlock: Unlock,
    made: Option<PathBuf>,
}

impl FirstKey {
    fn get(context: &Context) -> Result<Self> {
        if let Some(file) = context.global.key_file.as_ref().filter(|file| !file.exists()) {
            let unlock = Unlock::KeyFile(make_key_file(file)?);
            return Ok(Self { unlock, made: Some(file.clone()) });
        }
        let unlock = match context.secrets().given(Wants::ANY)? {
            Some(unlock) => unlock,
            None => Unlock::Passphrase(prompt_new("a new passphrase for the store", OPTIONS)?),
        };
        Ok(Self { unlock, made: None })
    }

    /// No store came to be, so the key opens nothing.
    fn take_back(&self) {
        if let Some(file) = &self.made {
            // It does no harm where it is.
            drop(fs::remove_file(file));
        }
    }
}
