//! What can go wrong, as full sentences, typed by Dropbox's own tags.
//!
//! Dropbox joins tags into a summary with a random number of dots behind it, so nothing here compares summaries: an error
//! keeps the list of its tags, outermost first, and a [`Class`] that says what a caller can do about it. Answers of calls
//! and failures of single entries of a batch are the same type.

mod answer;
mod class;
mod words;

use std::fmt;
use std::time::Duration;

use serde_json::Value;

pub use class::Class;

pub(crate) use answer::Refusal;
#[cfg(feature = "decoders")]
pub use answer::read_refusal;
pub use answer::retry_after;

use crate::types::RootInfo;

/// What methods of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

/// One failed call, or one failed entry of a batch.
#[derive(Clone)]
pub struct Error(Box<Parts>);

#[derive(Clone, Default)]
pub(crate) struct Parts {
    pub class: Option<Class>,
    pub what: String,
    pub hint: String,
    pub route: &'static str,
    pub item: Option<String>,
    pub status: Option<u16>,
    pub tags: Vec<String>,
    pub request_id: Option<String>,
    pub user_message: Option<String>,
    pub detail: Option<Value>,
    pub retry_after: Option<Duration>,
}

/// What stands where something was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// A file with other content.
    File,
    /// A folder.
    Folder,
    /// A file where a folder above would have to be.
    FileAncestor,
    /// Something this client does not know.
    Other,
}

impl Error {
    pub(crate) fn from_parts(parts: Parts) -> Self {
        Self(Box::new(parts))
    }

    /// An error that no answer of Dropbox stands behind.
    pub(crate) fn local(class: Class, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::from_parts(Parts { class: Some(class), what: what.into(), hint: hint.into(), ..Parts::default() })
    }

    /// Bytes that are not what their content hash says.
    pub(crate) fn damaged() -> Self {
        let mut error = Self::local(Class::Retry, "The content changed on its way", "Download it again");
        error.0.tags.push("content_hash_mismatch".to_string());
        error
    }

    /// Names the route; the first to know wins.
    pub(crate) fn at(mut self, route: &'static str) -> Self {
        if self.0.route.is_empty() {
            self.0.route = route;
        }
        self
    }

    /// Takes over what is known of the answer behind another error.
    pub(crate) fn like(mut self, other: &Self) -> Self {
        let Parts { class, what, hint, .. } = *self.0;
        self.0 = Box::new(Parts { class, what, hint, ..(*other.0).clone() });
        self
    }

    /// Names what the call was about; the first to know wins.
    pub(crate) fn about(mut self, item: &str) -> Self {
        if self.0.item.is_none() && !item.is_empty() {
            self.0.item = Some(item.to_string());
        }
        self
    }

    pub(crate) fn with_class(mut self, class: Class) -> Self {
        self.0.class = Some(class);
        self
    }

    /// What a caller can do about it.
    pub fn class(&self) -> Class {
        self.0.class.unwrap_or(Class::BadRequest)
    }

    /// The route that was called, like `files/upload`; empty if none was.
    pub fn route(&self) -> &'static str {
        self.0.route
    }

    /// What the call was about: a path, an id, a revision.
    pub fn item(&self) -> Option<&str> {
        self.0.item.as_deref()
    }

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Dropbox's tags, outermost first: `path`, `conflict`, `file`.
    pub fn tags(&self) -> &[String] {
        &self.0.tags
    }

    /// Whether one of the tags is this one.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.0.tags.iter().any(|it| it == tag)
    }

    /// What Dropbox's support asks for (`X-Dropbox-Request-Id`).
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Dropbox's own words for the user, if it sent some.
    pub fn user_message(&self) -> Option<&str> {
        self.0.user_message.as_deref()
    }

    /// The scope that the token lacks.
    pub fn required_scope(&self) -> Option<&str> {
        self.find("required_scope")?.as_str()
    }

    /// Where an upload session really stands, when an append or a commit named another offset.
    pub fn correct_offset(&self) -> Option<u64> {
        self.find("correct_offset")?.as_u64()
    }

    /// The session that keeps the data of a refused `files/upload`: the commit can be tried again with it.
    pub fn upload_session_id(&self) -> Option<&str> {
        self.find("upload_session_id")?.as_str()
    }

    /// The user's root as it is now, when the path root of the client is no longer it.
    pub fn new_root(&self) -> Option<RootInfo> {
        let root = self.0.detail.as_ref()?.get("invalid_root")?;
        serde_json::from_value(root.clone()).ok()
    }

    /// How long Dropbox asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What is in the way, if something is.
    pub fn conflict(&self) -> Option<Conflict> {
        let position = self.0.tags.iter().position(|tag| tag == "conflict")?;
        Some(match self.0.tags.get(position + 1).map(String::as_str) {
            Some("file") => Conflict::File,
            Some("folder") => Conflict::Folder,
            Some("file_ancestor") => Conflict::FileAncestor,
            _ => Conflict::Other,
        })
    }

    /// Whether there is nothing at the path (an upload session that is gone is [`Class::Session`] and not this).
    pub fn is_not_found(&self) -> bool {
        self.class() == Class::SkipAndReport && self.has_tag("not_found")
    }

    /// What happened, without the advice.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.0.hint
    }

    /// The first field of this name, looked for from the outermost tag inwards.
    fn find(&self, field: &str) -> Option<&Value> {
        find(self.0.detail.as_ref()?, field)
    }
}

fn find<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    object.get(field).or_else(|| object.values().find_map(|it| find(it, field)))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        let route = Some(self.0.route).filter(|route| !route.is_empty()).map(str::to_string);
        let item = self.item().map(|item| format!("{item:?}"));
        let request = self.request_id().map(|id| format!("request {id}"));
        let context: Vec<String> = [route, item, request].into_iter().flatten().collect();
        if !context.is_empty() {
            write!(f, " ({})", context.join(", "))?;
        }
        if let Some(message) = self.user_message() {
            write!(f, ": \"{message}\"")?;
        }
        f.write_str(".")?;
        match self.0.hint.as_str() {
            "" => Ok(()),
            hint => write!(f, " {hint}."),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tags = self.0.tags.join("/");
        let mut debug = f.debug_struct("Error");
        debug.field("class", &self.class()).field("status", &self.0.status).field("tags", &tags);
        debug.field("message", &self.to_string()).finish()
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    /// Never of the kind `Interrupted`, which readers take for an invitation to go on.
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
