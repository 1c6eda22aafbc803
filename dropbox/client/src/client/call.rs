//! A call: its route, its argument, what it carries, and whether it may be sent twice.

use serde::Serialize;

use crate::content::Content;
use crate::endpoint::Host;
use crate::error::{Class, Error, Result};
use crate::governor::Plane;

/// How argument and result travel. See <https://www.dropbox.com/developers/documentation/http/documentation#formats>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// JSON in, JSON out.
    Rpc,
    /// JSON in a header, bytes in the body, JSON out.
    Upload,
    /// JSON in a header, JSON in a header of the answer, bytes out.
    Download,
}

/// Whether a call whose answer was lost may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing that matters.
    Safely,
    /// It may have been done: somebody has to look.
    Never,
}

/// What is known of a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub name: &'static str,
    pub style: Style,
    pub plane: Plane,
    pub repeat: Repeat,
    /// Where the call hangs, callers do without it.
    pub has_other_way: bool,
}

impl Route {
    /// Reads or looks up.
    pub const fn read(name: &'static str) -> Self {
        Self { name, style: Style::Rpc, plane: Plane::Metadata, repeat: Repeat::Safely, has_other_way: false }
    }

    /// Changes something, and takes the namespace's lock.
    pub const fn commit(name: &'static str) -> Self {
        Self { name, style: Style::Rpc, plane: Plane::Commit, repeat: Repeat::Never, has_other_way: false }
    }

    /// Moves bytes or prepares it.
    pub const fn data(name: &'static str, style: Style) -> Self {
        let plane = if matches!(style, Style::Download) { Plane::Down } else { Plane::Up };
        Self { name, style, plane, repeat: Repeat::Safely, has_other_way: false }
    }

    pub const fn never_repeated(self) -> Self {
        Self { repeat: Repeat::Never, ..self }
    }

    pub fn host(&self) -> Host {
        if self.style == Style::Rpc { Host::Api } else { Host::Content }
    }

    /// Whether it counts towards Dropbox's data transport limit.
    pub fn is_upload(&self) -> bool {
        self.name.starts_with("files/upload")
    }

    /// Whether it takes the namespace's lock.
    pub fn is_commit(&self) -> bool {
        self.repeat == Repeat::Never
    }
}

/// One call, which may be sent several times.
pub(crate) struct Call<'a> {
    pub route: &'static Route,
    /// JSON.
    pub argument: String,
    pub content: Option<&'a Content>,
    /// The header `Range`.
    pub range: Option<String>,
    /// What it is about, for errors.
    pub item: &'a str,
    /// Whether the caller holds the namespace's lock already.
    pub is_locked: bool,
}

impl<'a> Call<'a> {
    pub fn new(route: &'static Route, argument: &impl Serialize, item: &'a str) -> Result<Self> {
        let argument = serde_json::to_string(argument).map_err(|error| {
            Error::local(Class::BadRequest, format!("The argument cannot be written: {error}"), "").at(route.name)
        })?;
        Ok(Self { route, argument, content: None, range: None, item, is_locked: false })
    }

    pub fn with_content(self, content: &'a Content) -> Self {
        Self { content: Some(content), ..self }
    }

    pub fn with_range(self, range: Option<String>) -> Self {
        Self { range, ..self }
    }
}
