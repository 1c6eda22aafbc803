//! Larder as it is told to work with the account: as source, as destination and as store. It takes the remote over that rclone was
//! given.

use std::path::Path;
use std::process::Command;

use super::stage::Stage;
use crate::failure::{Context, Outcome};
use crate::program::{command, output};

impl Stage<'_> {
    /// A new store, and no memory of the account: its checkpoint is in the store.
    pub fn new_store(&self) -> Outcome {
        self.clear(&self.store)?;
        self.new_home()?;
        output(self.at_store(["create", "--key-file"]).arg(&self.key_file)).map(drop)
    }

    /// A new store in the account.
    pub fn new_store_at_dropbox(&self) -> Outcome {
        self.new_home()?;
        output(self.at_dropbox(["create", "--key-file"]).arg(&self.key_file)).map(drop)
    }

    /// Nothing is known but the remote.
    pub fn new_home(&self) -> Outcome {
        self.clear(&self.home)?;
        std::fs::create_dir_all(&self.home).context(self.home.display())?;
        for role in ["source", "destination", "store"] {
            // What they say is of no interest where it went well.
            output(self.larder([role, "import", "bench", "--config"]).arg(&self.remotes))?;
        }
        Ok(())
    }

    pub fn larder_backup_of(&self, folder: &Path) -> Command {
        let mut backup = self.at_store(["backup"]);
        backup.arg(folder);
        backup
    }

    pub fn larder_restore_to_dropbox(&self) -> Command {
        self.at_store(["restore", "-to", "@bench:/Back", "latest"])
    }

    pub fn larder_backup_into_dropbox(&self, folder: &Path) -> Command {
        let mut backup = self.at_dropbox(["backup"]);
        backup.arg(folder);
        backup
    }

    pub fn larder_ui(&self) -> Command {
        self.at_dropbox(["ui"])
    }

    pub fn larder_backup(&self) -> Command {
        self.at_store(["backup", "@bench"])
    }

    pub fn larder_restore(&self) -> Command {
        let mut restore = self.at_store(["restore", "-to"]);
        restore.arg(&self.restored).arg("latest");
        restore
    }

    pub fn larder_version(&self) -> Outcome<String> {
        let said = output(&mut self.larder(["version"]))?;
        let words: Vec<_> = said.split_whitespace().take(2).collect();
        Ok(words.join(" "))
    }

    fn at_store<const N: usize>(&self, words: [&str; N]) -> Command {
        let mut larder = self.larder(["at"]);
        larder.arg(&self.store).args(words).env("LARDER_KEY_FILE", &self.key_file);
        larder
    }

    fn at_dropbox<const N: usize>(&self, words: [&str; N]) -> Command {
        let mut larder = self.larder(["at", "@bench"]);
        larder.args(words).env("LARDER_KEY_FILE", &self.key_file);
        larder
    }

    fn larder<const N: usize>(&self, words: [&str; N]) -> Command {
        let mut larder = command(self.larder_program, words);
        larder.env("LARDER_DROPBOX_ENDPOINT", &self.simulator.endpoint);
        larder.env("HOME", &self.home);
        for variable in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            larder.env(variable, &self.home);
        }
        larder
    }
}
