//! `larder mount`

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use clap::Args;
use larder_engine::{Reader, Store};
use larder_model::{Origin, Problem, Result, Time};
use larder_mount::{CACHE_LEN, Ended, MountOptions, Surroundings, What, mount};
use serde_json::json;

use super::Outcome;
use crate::{
    accounts::People,
    context::Context,
    location::shown,
    output::{Output, say},
    select::select,
    text,
};

/// How often it is looked whether the mount is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Show snapshots as folders, to look at with any program
///
/// All snapshots appear below DIR: `all` holds them by time, `dates`, `origins` and `tags` lead to them, and `latest` is the newest one.
/// New ones appear by themselves. With an ID, DIR shows what that snapshot was taken of, or PATH in it. Nothing can be changed there.
///
/// The mount lasts until Ctrl-C, SIGTERM or `umount DIR`. What is damaged cannot be read, and is named on standard error.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save mount ./snapshots                      all snapshots
  larder at ./save mount ./snapshots latest:photos        one folder of one snapshot
  cp ./snapshots/latest/home/ann/notes.txt .              (in another terminal)")]
pub struct Mount {
    /// An empty folder
    #[arg(value_name = "DIR")]
    place: PathBuf,

    /// A snapshot (some first digits of its id, or `latest`), and a folder in it
    #[arg(value_name = "ID[:PATH]")]
    item: Option<OsString>,

    /// Let other users look too, as far as owners and modes let them
    #[arg(long)]
    allow_other: bool,

    /// Leave out extended attributes and ACLs: `ls -l` of a large folder is quicker then
    #[arg(long)]
    no_xattrs: bool,
}

impl Mount {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        // It clears away after itself, whoever asks for the end.
        context.ending.leave_to_command();
        let store = Arc::new(context.open()?.store);
        let reader = Reader::open(store.clone(), CACHE_LEN)?;
        let what = self.what(&store, &reader)?;
        let around = Around { output: context.output.clone(), people: People::known(&context.folders) };
        let options = MountOptions { allow_other: self.allow_other, leaves_xattrs_out: self.no_xattrs };
        let mounted = mount(reader, what, &self.place, options, Arc::new(around))?;
        let place = shown(self.place.as_os_str());
        let told = context
            .output
            .result(format_args!("mounted at {place}"), &json!({"event": "mounted", "path": place}))
            .and_then(|()| context.output.flush());
        while told.is_ok() && !mounted.is_over() && !context.interrupt.is_set() {
            thread::sleep(LOOK);
        }
        let ended = mounted.end()?;
        told?;
        self.tell_end(context, ended)?;
        Ok(Outcome::Done)
    }

    fn what(&self, store: &Store, reader: &Reader) -> Result<What> {
        let Some(item) = &self.item else { return Ok(What::All) };
        let selected = select(store, item)?;
        let tree = reader.tree(&selected.snapshot)?;
        let path = tree.resolve(selected.path_or_root())?;
        if tree.node(&path)?.is_some_and(|node| !node.entry.is_dir()) {
            return Err(Problem::usage(format!("{} is not a folder", selected.shown()))
                .hint("mount the folder that it is in, or use `larder cat`"));
        }
        Ok(What::Folder(Box::new(tree), path))
    }

    fn tell_end(&self, context: &Context, ended: Ended) -> Result<()> {
        if ended == Ended::Detached {
            say(format_args!(
                "larder: {} was in use; it is detached, and what is still open there fails from now on",
                shown(Path::new(&self.place).as_os_str())
            ));
        }
        if context.output.is_json() {
            context.output.json(&json!({"event": "result", "detached": ended == Ended::Detached}))?;
        }
        Ok(())
    }
}

/// Words for people, and standard error.
struct Around {
    output: Arc<Output>,
    people: People,
}

impl Surroundings for Around {
    fn moment(&self, time: Time) -> String {
        text::moment(time)
    }

    fn origin(&self, origin: &Origin) -> String {
        self.people.shown(origin)
    }

    fn trouble(&self, item: &str, problem: &Problem) {
        self.output.warn(format_args!("{item}: {problem}"));
    }
}
