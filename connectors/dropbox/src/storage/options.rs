//! What a store's folder is told.

use std::{sync::Arc, time::Duration};

use dropbox_client::RootInfo;
use larder_model::Problem;

/// Settings of one storage.
#[derive(Clone)]
pub struct StorageOptions {
    /// How people call the place, where it is not by its path.
    pub shown: Option<String>,
    /// How long it may take until others see what was written. Dropbox promises nothing; listings follow changes within a second or two
    /// as a rule, and reads right after a write are known to fail.
    pub visibility_delay: Duration,
    /// Makes an error say more: under which name to sign in.
    pub explain: Arc<dyn Fn(Problem) -> Problem + Send + Sync>,
    /// Paths begin where the client says, also when the account was moved.
    pub keeps_root: bool,
    /// The folder is below the account's own, whose place differs from root to root.
    pub is_in_home: bool,
    /// Is told when the account was moved to another root.
    pub moved: Arc<dyn Fn(&RootInfo) + Send + Sync>,
    /// Where everything that the account sees hangs, if known.
    pub root_namespace: Option<String>,
    /// An app that sees its own folder only can have its store at this path, or below.
    pub folder_of_apps: String,
}

impl StorageOptions {
    pub const VISIBILITY_DELAY_DEFAULT: Duration = Duration::from_secs(10);
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self {
            shown: None,
            visibility_delay: Self::VISIBILITY_DELAY_DEFAULT,
            explain: Arc::new(|problem| problem),
            keeps_root: false,
            is_in_home: false,
            moved: Arc::new(|_| {}),
            root_namespace: None,
            folder_of_apps: "/Larder".to_owned(),
        }
    }
}
