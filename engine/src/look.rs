//! How fresh a listing has to be.

use larder_connect::{ObjectInfo, Storage};
use larder_model::Result;

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
}
