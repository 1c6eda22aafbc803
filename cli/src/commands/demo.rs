//! `larder demo`

mod dropbox;
mod files;
mod input;
mod stage;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use clap::{Args, ValueEnum};
use larder_model::{Problem, Result};
use serde_json::json;

use super::Outcome;
use crate::{context::Context, location::shown, text};

/// Show Larder at work, in a folder that is thrown away at the end
///
/// Signs in to a Dropbox account, makes a store, backs the account up, changes it, backs it up again, counts the calls, shows the
/// ledger and what changed, restores, and compares. The Dropbox is a part of this program and the account is made up: nothing leaves
/// this machine. `larder demo files` does the same with files of this machine. Each command is shown as you would type it, with what it
/// printed. Your own files, stores, names and accounts are not touched.
#[derive(Args)]
pub struct Demo {
    /// What to show
    #[arg(value_enum, value_name = "TOUR", default_value = "dropbox")]
    tour: Tour,

    /// Keep the folder, to go on trying
    #[arg(long)]
    keep: bool,
}

#[derive(ValueEnum, Clone, Copy)]
enum Tour {
    /// An account at Dropbox
    Dropbox,
    /// Files of this machine
    Files,
}

impl Demo {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let folder = Folder::make()?;
        // Its commands end by themselves, and then there is the folder to be removed.
        context.ending.leave_to_command();
        let ended = match self.tour {
            Tour::Dropbox => dropbox::run(context, &folder.0),
            Tour::Files => files::run(context, &folder.0),
        };
        let kept = self.keep.then(|| shown(&folder.0));
        if let Some(kept) = &kept {
            context.output.remark(format_args!("demo: kept in {kept}"));
            std::mem::forget(folder);
        } else {
            drop(folder);
            context.output.remark("demo: its folder is removed again");
        }
        ended?;
        if context.output.is_json() {
            context.output.json(&json!({"event": "result", "kept": kept}))?;
        }
        Ok(Outcome::Done)
    }
}

/// A folder of its own, removed with everything in it in the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let path = env::temp_dir().join(format!("larder-demo-{}", process::id()));
        fs::create_dir(&path).map_err(|error| cannot("make", &path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            crate::output::say(format_args!("larder: {}", cannot("remove", &self.0, &error)));
        }
    }
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Problem {
    Problem::failed(format!("cannot {verb} {}: {}", shown(path), text::reason(error)))
}
