//! A source or a destination that is not on this machine: what it is told, and what a run with it leaves to say and to keep.

use std::path::PathBuf;

use larder_connect::{OnExcluded, Source, Target};
use larder_model::{Problem, Result};

/// What of the options of `larder backup` has a meaning for every source.
#[derive(Clone, Default, Debug)]
pub struct SourceRules {
    pub exclude: Vec<String>,
    pub exclude_from: Vec<PathBuf>,
    pub include: Vec<String>,
    /// In bytes.
    pub exclude_larger_than: Option<u64>,
    pub origin: Option<String>,
    /// Is told of what the patterns leave out.
    pub on_excluded: Option<OnExcluded>,
}

/// A source at a provider.
pub trait RemoteSource {
    fn source(&self) -> &dyn Source;

    /// What was asked of the provider so far.
    fn usage(&self) -> Usage;

    /// Keeps what became known meanwhile, so that the next run need not ask.
    fn remember(&self) -> Result<()>;

    /// The same problem, with what to do about it in this place.
    fn explain(&self, problem: Problem) -> Problem;
}

/// What a run has cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Calls of the provider's API, those that were sent again counted again.
    pub calls: u64,
    /// Bytes of content.
    pub bytes_fetched: u64,
}

/// What of the options of `larder restore` is for some destinations only.
#[derive(Clone, Default, Debug)]
pub struct DestinationRules {
    /// Have the provider bring back earlier revisions wherever it still has them.
    pub by_revision: bool,
    /// Folders of this machine that nothing is written into and that are never removed.
    pub keep: Vec<PathBuf>,
}

/// An open destination.
pub trait Destination {
    fn target(&self) -> &dyn Target;

    /// What was sent so far, where calls are counted.
    fn sent(&self) -> Option<Sent> {
        None
    }

    /// Keeps what became known meanwhile, so that the next run need not ask.
    fn remember(&self) -> Result<()> {
        Ok(())
    }

    /// The same problem, with what to do about it in this place.
    fn explain(&self, problem: Problem) -> Problem {
        problem
    }
}

/// What a restore has cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Calls of the provider's API, those that were sent again counted again.
    pub calls: u64,
    /// Bytes of content.
    pub bytes: u64,
}
