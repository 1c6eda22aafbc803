//! `larder key`

mod new_key;

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use larder_engine::{SlotInfo, Store, Unlock, new_key_file};
use larder_model::{Problem, Result, Time};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use self::new_key::NewKey;
use super::Outcome;
use crate::{
    context::Context,
    location::shown,
    opening::OpenStore,
    parse,
    secrets::{create_private, recovery_sheet},
    text,
};

/// Show and change the keys of the store: the passphrases and key files that open it
///
/// A store can have several keys, each of which opens it alone.
#[derive(Args)]
pub struct Key {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the keys
    List,
    /// Add a key: another passphrase, or a key file
    Add {
        #[command(flatten)]
        new: NewKey,
        /// What to call it in the list
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
    },
    /// Replace the key that you opened the store with
    Change {
        #[command(flatten)]
        new: NewKey,
    },
    /// Remove a key
    Rm {
        /// Its number in the list
        #[arg(value_parser = parse::key_number)]
        number: u32,
    },
    /// Add a key for emergencies, and print it on a sheet to be kept in a safe place
    Export {
        /// Write the sheet to this file instead of standard output
        file: Option<PathBuf>,
    },
}

impl Key {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let store = context.open()?;
        match self.action {
            Action::List => list(context, &store)?,
            Action::Add { new, label } => {
                let number = store.add_slot(&new.get()?, &label)?;
                tell(context, format!("added key {number}"), &json!({"added": number}))?;
            }
            Action::Change { new } => change(context, &store, &new)?,
            Action::Rm { number } => {
                store.remove_slot(number)?;
                tell(context, format!("removed key {number}"), &json!({"removed": number}))?;
            }
            Action::Export { file } => export(context, &store, file)?,
        }
        Ok(Outcome::Done)
    }
}

fn tell(context: &Context, people: String, json: &Value) -> Result<()> {
    context.output.done(format_args!("key: {people}"), json)
}

fn list(context: &Context, store: &Store) -> Result<()> {
    let slots = store.slots()?;
    if context.output.is_json() {
        let keys: Vec<_> = slots.iter().map(slot_json).collect();
        return context.output.json(&json!({"keys": keys}));
    }
    slots.iter().try_for_each(|slot| context.output.line(slot_line(slot)))
}

fn slot_line(slot: &SlotInfo) -> String {
    let used = if slot.is_current { "  (opened the store now)" } else { "" };
    let label = text::printable(&slot.label);
    let created = text::moment(Time::new(slot.created, 0));
    format!("{:>3}  {created}  {:<10}  {label}{used}", slot.number, slot.kind_word).trim_end().to_owned()
}

fn slot_json(slot: &SlotInfo) -> Value {
    json!({
        "number": slot.number,
        "kind": slot.kind_word.replace(' ', "-"),
        "label": slot.label,
        "created": text::moment(Time::new(slot.created, 0)),
        "is_current": slot.is_current,
    })
}

fn change(context: &Context, store: &Store, new: &NewKey) -> Result<()> {
    let (old, number) = store.change_slot(&new.get()?)?;
    let json = json!({"added": number, "removed": old});
    tell(context, format!("key {old} is replaced by key {number}"), &json)
}

/// The file is made before the key, so that a name which cannot be written costs nothing. A key whose sheet was lost on the way goes again.
fn export(context: &Context, store: &OpenStore, file: Option<PathBuf>) -> Result<()> {
    let handle = match &file {
        Some(file) => Some(create_private(file).map_err(|error| unwritable(file, &error))?),
        None => None,
    };
    let key = new_key_file();
    let unlock = Unlock::KeyFile(Zeroizing::new(key.as_bytes().to_vec()));
    let number = store.add_slot(&unlock, "recovery sheet")?;
    let sheet = recovery_sheet(store, &store.location, number, &key);
    let written = match (handle, &file) {
        (Some(handle), Some(file)) => write_sheet(context, handle, file, number, &sheet),
        _ if context.output.is_json() => context.output.json(&json!({"added": number, "sheet": *sheet})),
        _ => context.output.bytes(sheet.as_bytes()).and_then(|()| context.output.flush()),
    };
    match written {
        Ok(()) => Ok(()),
        Err(problem) => store.remove_slot(number).and(Err(problem)),
    }
}

fn write_sheet(context: &Context, mut handle: File, file: &Path, number: u32, sheet: &str) -> Result<()> {
    let written = handle.write_all(sheet.as_bytes()).and_then(|()| handle.sync_all());
    written.map_err(|error| unwritable(file, &error))?;
    let json = json!({"added": number, "file": shown(file)});
    tell(context, format!("added key {number}, its sheet is {}", shown(file)), &json)
}

fn unwritable(file: &Path, error: &std::io::Error) -> Problem {
    Problem::failed(format!("cannot write the recovery sheet to {}: {}", shown(file), text::reason(error)))
}
