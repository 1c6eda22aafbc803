//! Whoever wants to see what patterns do.

use std::{fmt, sync::Arc};

use larder_model::TreePath;

/// Called with each item that is excluded, from any thread. What lies in an excluded folder is not named.
#[derive(Clone)]
pub struct OnExcluded(Arc<dyn Fn(&TreePath) + Send + Sync>);

impl OnExcluded {
    pub fn new(tell: impl Fn(&TreePath) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub fn tell(&self, path: &TreePath) {
        (self.0)(path);
    }
}

impl fmt::Debug for OnExcluded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OnExcluded")
    }
}
