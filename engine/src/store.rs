//! An open store: its storage, its keys and its settings.

mod create;
mod keys;
mod objects;
mod unlock;

use std::sync::Arc;

use larder_connect::Storage;
use larder_format::{
    chunker::Chunker,
    config::{Access, Config},
    keys::{EpochKeys, Identity},
};
use larder_model::{Result, StoreId};

use crate::{Interrupt, Settings, trouble::about};

pub use keys::SlotInfo;
pub(crate) use objects::{Listed, announce, is_hash_name};

/// A store whose keys are unlocked. What is read from it is verified; what is not open cannot be read.
pub struct Store {
    storage: Arc<dyn Storage>,
    identity: Arc<Identity>,
    /// By epoch; the last one seals.
    epochs: Arc<[EpochKeys]>,
    config: Config,
    /// The slot that it was unlocked with.
    slot: u32,
    settings: Settings,
}

impl Store {
    pub fn id(&self) -> StoreId {
        self.config.store()
    }

    /// Shown to people.
    pub fn location(&self) -> String {
        self.storage.location()
    }

    /// When it was made, in Unix seconds.
    pub fn created(&self) -> i64 {
        self.config.created
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same store, for a flow that somebody may want to end while others go on.
    pub fn with_interrupt(&self, interrupt: Interrupt) -> Self {
        Self {
            storage: self.storage.clone(),
            identity: self.identity.clone(),
            epochs: self.epochs.clone(),
            config: self.config.clone(),
            slot: self.slot,
            settings: Settings { interrupt, ..self.settings.clone() },
        }
    }

    pub(crate) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn chunker(&self) -> Chunker {
        self.config.chunker(&self.identity)
    }

    /// The keys that new objects are sealed with.
    pub(crate) fn keys(&self) -> &EpochKeys {
        self.epochs.last().expect("a store is only opened with the keys of an epoch")
    }

    /// The keys of an object's epoch.
    pub(crate) fn epoch(&self, epoch: u32) -> Option<&EpochKeys> {
        self.epochs.iter().find(|keys| keys.epoch() == epoch)
    }

    /// Waits until everything that was put before is visible to everybody, and everything that others put is visible here.
    pub(crate) fn wait_until_visible(&self) {
        self.settings.clock.sleep(self.storage.promises().visibility_delay * 2);
    }

    /// Refuses what the store's features do not let this program do.
    pub(crate) fn allow(&self, access: Access) -> Result<()> {
        self.config.check_features(access).map_err(about(format_args!("the store at {}", self.location())))
    }
}
