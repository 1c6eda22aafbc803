//! Where the pages may restore to: the destinations that have a name, and folders of this machine.

use std::ffi::{OsStr, OsString};

use larder_connect::Target;
use larder_model::{Problem, Result, unescape};
use larder_viewer::{DestinationName, Destinations, OpenDestination};

use crate::{
    connectors::{self, Destination, DestinationRules},
    context::Context,
    remotes::{self, Role},
};

/// All places that this program knows.
pub struct Places {
    context: Context,
    allows_folders: bool,
}

impl Places {
    /// With a context of its own: restores run in threads, and outlive what has started them.
    pub fn of(context: &Context, allows_folders: bool) -> Self {
        Self { context: Context::new(context.global.clone(), context.interrupt.clone()), allows_folders }
    }

    fn at(&self, text: &OsStr) -> Result<Box<dyn OpenDestination>> {
        let keep = self.context.left_out(&self.context.store_place()?);
        let rules = DestinationRules { keep, ..DestinationRules::default() };
        let opened = connectors::destination_at(text, &self.context, rules)?;
        Ok(Box::new(Open(opened)))
    }
}

impl Destinations for Places {
    fn names(&self) -> Result<Vec<DestinationName>> {
        let Ok(config) = self.context.folders.config() else { return Ok(Vec::new()) };
        let all = remotes::read(config)?.all(Role::Destination)?;
        let kind = |location: &str| location.split(':').next().unwrap_or_default().to_owned();
        Ok(all.into_iter().map(|it| DestinationName { kind: kind(&it.location), name: it.name }).collect())
    }

    fn open(&self, name: &str, folder: Option<&str>) -> Result<Box<dyn OpenDestination>> {
        self.at(&match folder {
            Some(folder) => OsString::from(format!("@{name}:/{}", folder.trim_start_matches('/'))),
            None => OsString::from(format!("@{name}")),
        })
    }

    fn allows_folders(&self) -> bool {
        self.allows_folders
    }

    fn open_folder(&self, path: &str) -> Result<Box<dyn OpenDestination>> {
        // As it is shown, a path may hold escapes.
        let bytes = unescape(path).ok_or_else(|| Problem::usage("the folder's path holds a broken escape"))?;
        if !bytes.starts_with(b"/") {
            return Err(Problem::usage("the folder is no whole path: it begins with /"));
        }
        use std::os::unix::ffi::OsStrExt;
        self.at(OsStr::from_bytes(&bytes))
    }
}

struct Open(Box<dyn Destination>);

impl OpenDestination for Open {
    fn target(&self) -> &dyn Target {
        self.0.target()
    }

    fn finish(&self) -> Result<()> {
        self.0.remember()
    }

    fn explain(&self, problem: Problem) -> Problem {
        self.0.explain(problem)
    }
}
