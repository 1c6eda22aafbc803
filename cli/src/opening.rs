//! Opening a store with what the user gave, or asking for it.

use std::{ops::Deref, sync::Arc};

use larder_connect::Storage;
use larder_engine::{Settings, SlotInfo, Store, Unlock};
use larder_model::{Problem, ProblemKind, Result};

use crate::{
    output::say,
    remembered::Remembered,
    secrets::{Secrets, Wants, prompt},
};

/// How often a person may mistype.
const TRIES: u32 = 3;

const OPTIONS: &str = "--passphrase-file, --passphrase-command, --key-file, $LARDER_PASSPHRASE or $LARDER_KEY_FILE";

/// An open store, and what this machine remembers of it.
pub struct OpenStore {
    pub store: Store,
    /// Whole, wherever one stands.
    pub location: String,
    pub remembered: Remembered,
}

impl Deref for OpenStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// Opens the store on `storage`. A person who is asked may try again; a file or a variable gets one try.
pub fn unlock(storage: &Arc<dyn Storage>, secrets: &Secrets, settings: &Settings) -> Result<Store> {
    let mut tries_left = TRIES;
    loop {
        let mut is_asked = false;
        let mut give = |slots: &[SlotInfo]| {
            let wants = wants(slots);
            let given = secrets.given(wants)?;
            is_asked = given.is_none();
            given.map_or_else(|| ask(wants, &storage.location()), Ok)
        };
        let opened = Store::open(storage.clone(), &mut give, settings.clone());
        tries_left -= 1;
        match opened {
            Err(problem) if is_asked && tries_left > 0 && problem.is(ProblemKind::Credentials) => {
                say(format_args!("larder: {problem}"));
            }
            opened => return opened.map_err(|problem| explain(problem, &storage.location())),
        }
    }
}

/// A place that is not there holds no store.
fn explain(problem: Problem, location: &str) -> Problem {
    if !problem.is(ProblemKind::NotFound) || problem.hint_text().is_some() {
        return problem;
    }
    problem
        .context(format_args!("there is no store at {location}"))
        .hint(format!("check the name; to make a store there: larder at {location} create"))
}

fn wants(slots: &[SlotInfo]) -> Wants {
    Wants {
        passphrase: slots.iter().any(|slot| slot.wants_passphrase),
        key_file: slots.iter().any(|slot| !slot.wants_passphrase),
    }
}

fn ask(wants: Wants, location: &str) -> Result<Unlock> {
    if !wants.passphrase {
        return Err(Problem::usage(format!("the store at {location} opens with a key file"))
            .hint("name it with --key-file or $LARDER_KEY_FILE"));
    }
    prompt(&format!("the passphrase of the store at {location}"), OPTIONS).map(Unlock::Passphrase)
}
