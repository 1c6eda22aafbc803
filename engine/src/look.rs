//! How fresh a listing has to be.

use std::time::Duration;

use larder_connect::{ObjectInfo, Storage};
use larder_model::Result;

use crate::Store;

/// Between two listings of what changes meanwhile: the first pause, and the longest.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How long to go on beyond what the storage takes to show changes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where listings cost, not every one of them has to be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// As it is now. The protocol of writers and gc rests on such looks, and nothing is changed or condemned without one.
    Now,
    /// As it was a minute ago at most, with what this process did since: for getting to know a store.
    Glance,
}

impl Look {
    pub fn list(self, storage: &dyn Storage, folder: &str) -> Result<Vec<ObjectInfo>> {
        match self {
            Self::Now => storage.list(folder),
            Self::Glance => storage.glance(folder),
        }
    }

    /// The same, object by object: where there may be millions.
    pub fn list_each(self, storage: &dyn Storage, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        match self {
            Self::Now => storage.list_each(folder, each),
            Self::Glance => storage.glance_each(folder, each),
        }
    }
}

/// Lists and reads until everything that was listed was there to be read, as `once` tells beside what it read. What is listed and cannot
/// be found was deleted in between; or reads lag behind listings, and whoever put it still counts on it. Only what stays away for longer
/// than changes take to show is gone.
pub(crate) fn until_whole<T>(
    store: &Store,
    mut look: Look,
    mut once: impl FnMut(Look) -> Result<(T, bool)>,
) -> Result<T> {
    let patience = store.storage().promises().visibility_delay * 2 + PATIENCE;
    let (mut pause, mut waited) = (PAUSE, Duration::ZERO);
    loop {
        let (read, is_whole) = once(look)?;
        if is_whole || waited > patience {
            return Ok(read);
        }
        // A glance may be old: the next look may be all that is needed.
        if look == Look::Now {
            store.settings().interrupt.check()?;
            store.settings().clock.sleep(pause);
            waited += pause;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        look = Look::Now;
    }
}
