//! What a client is made with.

use std::fmt;
use std::sync::Arc;

use crate::budget::CallBudget;
use crate::clock::{Clock, SystemClock};
use crate::counts::Hook;
use crate::credentials::Keeper;
use crate::endpoint::Endpoint;
use crate::http::Cancel;
use crate::secret::Secret;
use crate::types::PathRoot;

/// What calls are made with.
#[derive(Clone)]
pub enum Access {
    /// A sign-in that is kept, and renewed as needed.
    Kept(Arc<dyn Keeper>),
    /// An access token alone. When it ends, calls fail.
    Token(Secret),
}

/// What a client is made with. All fields have defaults but the access.
#[derive(Clone)]
pub struct Settings {
    /// Where Dropbox is.
    pub endpoint: Endpoint,
    /// What calls are made with.
    pub access: Access,
    /// What paths are relative to.
    pub path_root: PathRoot,
    /// Whether to stop.
    pub cancel: Cancel,
    /// How often a call is sent again after failures of network or server (3). Waits that Dropbox asks for do not count.
    pub retries: u32,
    /// Data requests side by side at most, in each direction (16).
    pub threads: usize,
    /// Calls a second that are never exceeded. Without it the pace starts at 12 and adapts.
    pub pace: Option<f64>,
    /// Bytes a second that all uploads share.
    pub bandwidth_up: Option<u64>,
    /// Bytes a second that all downloads share.
    pub bandwidth_down: Option<u64>,
    /// Calls a month.
    pub call_budget: Option<CallBudget>,
    /// Is told what happens.
    pub hook: Option<Hook>,
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
}

impl Settings {
    /// The defaults, for Dropbox itself.
    pub fn new(access: Access) -> Self {
        Self {
            endpoint: Endpoint::dropbox(),
            access,
            path_root: PathRoot::Home,
            cancel: Arc::new(|| false),
            retries: 3,
            threads: 16,
            pace: None,
            bandwidth_up: None,
            bandwidth_down: None,
            call_budget: None,
            hook: None,
            clock: Arc::new(SystemClock::default()),
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept(_) => "Kept",
            Self::Token(_) => "Token",
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Settings");
        debug.field("endpoint", &self.endpoint).field("access", &self.access).field("path_root", &self.path_root);
        debug.field("retries", &self.retries).field("threads", &self.threads).field("pace", &self.pace);
        debug.field("call_budget", &self.call_budget).finish_non_exhaustive()
    }
}
