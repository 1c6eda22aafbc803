//! Where restores can go to. The program hands this in: the viewer knows no provider.

use larder_connect::Target;
use larder_model::{Problem, Result};

/// A place with a name.
#[derive(Clone, Debug)]
pub struct DestinationName {
    pub name: String,
    /// The connector: `fs`, `dropbox`, …
    pub kind: String,
}

/// The places that restores can go to.
pub trait Destinations: Send + Sync {
    /// Those that have a name.
    fn names(&self) -> Result<Vec<DestinationName>>;

    /// Opens a place that has a name, or a folder below it.
    fn open(&self, name: &str, folder: Option<&str>) -> Result<Box<dyn OpenDestination>>;

    /// Whether folders of this machine may be typed.
    fn allows_folders(&self) -> bool;

    /// Opens a folder of this machine that was typed: a whole path.
    fn open_folder(&self, path: &str) -> Result<Box<dyn OpenDestination>>;
}

/// A place that is open.
pub trait OpenDestination {
    fn target(&self) -> &dyn Target;

    /// Keeps what became known meanwhile.
    fn finish(&self) -> Result<()>;

    /// The same problem, with what to do about it in this place.
    fn explain(&self, problem: Problem) -> Problem;
}
