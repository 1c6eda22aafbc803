//! Named remotes: places that were given a name, so that `@name` stands for a location with its options.
//!
//! There are three lists of them, one a role: where snapshots are taken from, restored to and kept. One name may stand in all three.
//! They are kept in one configuration file, which holds no secrets: those of an account are in a file of its own in the data folder.

mod file;
mod name;
mod options;

use std::ffi::{OsStr, OsString};

use serde_json::{Value, json};

use crate::location::FILES;

pub use file::{edit, read};
pub use name::check_name;
pub use options::{Kind, OptionSpec, Options, find_spec};

/// What a place is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Source,
    Destination,
    Store,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Source, Self::Destination, Self::Store];

    /// The word of the command line and of the configuration file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Store => "store",
        }
    }

    pub const fn plural(self) -> &'static str {
        match self {
            Self::Source => "sources",
            Self::Destination => "destinations",
            Self::Store => "stores",
        }
    }
}

/// A place with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remote {
    pub name: String,
    /// `scheme:rest`, whole wherever one stands.
    pub location: String,
    pub options: Options,
}

impl Remote {
    pub fn json(&self, role: Role) -> Value {
        json!({"role": role.word(), "name": self.name, "location": self.location, "options": self.options.json()})
    }
}

/// A place that is used now: a location as the user wrote it, or what a name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The name, where there is one.
    pub name: Option<String>,
    pub scheme: String,
    /// What stands behind `scheme:`.
    pub rest: OsString,
    pub options: Options,
}

impl Place {
    /// A path as it was typed.
    pub fn here(path: &OsStr) -> Self {
        Self { name: None, scheme: FILES.to_owned(), rest: path.to_owned(), options: Options::default() }
    }
}
