//! Whether a place is free for a new store. Folders need no making: Dropbox makes them when something is put into them.

use dropbox_client::{Class, Error, ListFolder, Metadata, PathRoot, names::fold};
use larder_connect::ObjectName;
use larder_model::{Problem, ProblemKind, Result, escape};

use super::DropboxStorage;
use crate::rules::require_names;

impl DropboxStorage {
    /// Refuses a folder that holds anything but what a store has, at its top and in its folders.
    pub(super) fn prepare_folder(&self, folders: &[&str]) -> Result<()> {
        require_names(&self.folder).map_err(|problem| {
            problem.context(format!("there can be no store at {}", escape(self.folder.as_bytes())))
        })?;
        self.refuse_out_of_sight()?;
        let question = ListFolder::of(&self.folder).recursively();
        let mut page = match self.call(|client| client.list_folder(&question)) {
            Ok(page) => page,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) if error.has_tag("not_folder") || error.has_tag("file_ancestor") => {
                let message = format!("{} cannot hold a store: it is a file", self.folder);
                return Err(Problem::new(ProblemKind::Conflict, message).hint("choose another place"));
            }
            Err(error) => return Err(self.unlisted(&error)),
        };
        // Pages may be short, and even empty, although more follows.
        loop {
            if let Some(stranger) = page.entries.iter().find_map(|entry| self.stranger(entry, folders)) {
                let message = format!("{} holds something else already: {stranger}", self.folder);
                return Err(Problem::new(ProblemKind::Conflict, message)
                    .hint("choose a folder that is empty or not there yet, such as dropbox:/Backups/larder"));
            }
            if !page.has_more {
                return Ok(());
            }
            let cursor = page.cursor;
            page = self.call(|client| client.list_folder_continue(&cursor)).map_err(|error| self.unlisted(&error))?;
        }
    }

    fn unlisted(&self, error: &Error) -> Problem {
        self.problem(error).context(format_args!("cannot look at {}", self.folder))
    }

    /// The path below the store's folder of what no store has.
    fn stranger(&self, entry: &Metadata, folders: &[&str]) -> Option<String> {
        let below = entry.path_lower()?.strip_prefix(&fold(&self.folder))?.trim_start_matches('/');
        let is_own = match (entry, below.split_once('/')) {
            (Metadata::Deleted(_), _) => true,
            (Metadata::Folder(folder), None) => below.is_empty() || folders.contains(&folder.name.as_str()),
            // Names of objects are lower case; what differs in case alone is no object.
            (Metadata::File(file), Some((folder, name))) => {
                folders.contains(&folder) && name == file.name && ObjectName::parse(below).is_some()
            }
            _ => false,
        };
        let parent = below.rsplit_once('/').map_or(String::new(), |(parent, _)| format!("{parent}/"));
        (!is_own).then(|| escape(format!("{parent}{}", entry.name()).as_bytes()))
    }

    /// An app of the type "App folder" takes any path for one below its own folder: a store would not lie where its owner thinks.
    fn refuse_out_of_sight(&self) -> Result<()> {
        let of_apps = fold(&self.options.folder_of_apps);
        let path = fold(&self.folder);
        if path == of_apps || path.starts_with(&format!("{of_apps}/")) {
            return Ok(());
        }
        let Some(namespace) = &self.options.root_namespace else { return Ok(()) };
        let rooted = self.client().with_path_root(PathRoot::root(namespace.clone()));
        let question = ListFolder { limit: Some(1), ..ListFolder::of("") };
        match rooted.list_folder(&question) {
            Err(error) if error.class() == Class::Credentials && error.status() == Some(400) => {
                let message = format!(
                    "{} is out of reach: this app is of the type \"App folder\" and sees its own folder below /Apps only",
                    self.folder
                );
                Err(Problem::new(ProblemKind::Credentials, message).hint(format!(
                    "leave out the path, so that the store lies in the app's folder (dropbox:{}), or sign in to an app with \
                     access type \"Full Dropbox\"",
                    self.options.folder_of_apps
                )))
            }
            // Whatever else is wrong shows at the next call.
            _ => Ok(()),
        }
    }
}
