//! Where credentials are kept: a choice of the caller.

use std::any::Any;
use std::time::SystemTime;

use super::Credentials;
use crate::error::Result;

/// Held while credentials are renewed; let go of when dropped.
pub type KeeperLock = Box<dyn Any + Send>;

/// Keeps one account's credentials. Methods must not block for long, unless a person has to unlock what keeps them.
pub trait Keeper: Send + Sync {
    /// What is kept, read anew.
    fn load(&self) -> Result<Option<Credentials>>;

    /// Keeps these instead, all or nothing.
    fn store(&self, credentials: &Credentials) -> Result<()>;

    /// Forgets them.
    fn remove(&self) -> Result<()>;

    /// Tries to be the only one, among all processes, that renews. `None` if somebody else is.
    fn try_lock(&self) -> Result<Option<KeeperLock>>;

    /// Until when Dropbox wants silence from whoever uses these, as far as another process has been told.
    fn silent_until(&self) -> Option<SystemTime> {
        None
    }

    /// Tells the others. Whoever cannot be told finds out from Dropbox.
    fn keep_silent_until(&self, until: SystemTime) {
        let _ = until;
    }
}
