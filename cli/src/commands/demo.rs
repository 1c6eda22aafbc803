//! `larder demo`

mod input;
mod tour;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use clap::Args;
use larder_model::{Problem, Result};
use serde_json::json;

use super::Outcome;
use crate::{context::Context, location::shown};

/// Show Larder at work, on real files, in a folder that is thrown away at the end
///
/// Makes a store, backs up files of this machine, changes some, backs up again, shows what changed, finds a file, restores, and
/// compares. Each command is shown as you would type it, with what it printed. Your own files and stores are not touched.
#[derive(Args)]
pub struct Demo {
    /// Keep the folder, to go on trying
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let folder = Folder::make()?;
        let ended = tour::run(context, &folder.0);
        let kept = self.keep.then(|| shown(&folder.0));
        if let Some(kept) = &kept {
            context.output.remark(format_args!("demo: kept in {kept}"));
            std::mem::forget(folder);
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
    Problem::failed(format!("cannot {verb} {}: {error}", shown(path)))
}
