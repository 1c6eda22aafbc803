//! What went wrong, in a form that people, scripts and the retry wrapper all understand.

use std::{fmt, io, time::Duration};

/// The result of everything that can meet the world.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// The kinds that callers tell apart. Each has one exit code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProblemKind {
    /// Anything without a kind of its own.
    Failed,
    /// Something else is in the way at the destination.
    Conflict,
    /// The command line or its options make no sense, an id is ambiguous, or an answer is needed and nobody is there.
    Usage,
    /// Stored data is not what was written.
    Damaged,
    /// No such store, snapshot, source path or object.
    NotFound,
    /// The operating system or provider refuses this item to us.
    Denied,
    /// The provider cannot be reached, or fails at the moment.
    Unreachable,
    /// No space, or a quota is used up.
    NoSpace,
    /// A rate or call budget stopped the run; it can go on later.
    Budget,
    /// Wrong passphrase, key or credentials.
    Credentials,
    /// A version or feature that this program does not have.
    Unsupported,
    /// A person or the system stopped the run; it can go on later.
    Interrupted,
}

impl ProblemKind {
    /// The process exit code (`docs/guarantees.md`).
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Failed | Self::Conflict | Self::Denied => 1,
            Self::Usage => 64,
            Self::Damaged => 65,
            Self::NotFound => 66,
            Self::Unreachable => 69,
            Self::NoSpace => 73,
            Self::Budget => 75,
            Self::Credentials => 77,
            Self::Unsupported => 78,
            Self::Interrupted => 130,
        }
    }

    /// The word that `--json` uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Conflict => "conflict",
            Self::Usage => "usage",
            Self::Damaged => "damaged",
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::Unreachable => "unreachable",
            Self::NoSpace => "no-space",
            Self::Budget => "budget",
            Self::Credentials => "credentials",
            Self::Unsupported => "unsupported",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Whether trying the same again can help.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Retry {
    #[default]
    Never,
    /// A passing fault.
    Soon,
    /// The provider named the time.
    After(Duration),
}

/// An error as a sentence: what happened, to which item, what to do. Boxed, so that a `Result` of it stays a word wide.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem(Box<Inner>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Inner {
    kind: ProblemKind,
    message: String,
    hint: Option<String>,
    tag: Option<String>,
    retry: Retry,
}

impl Problem {
    /// `message` is a sentence without a full stop; names in it are already escaped.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), hint: None, tag: None, retry: Retry::Never }))
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Failed, message)
    }

    pub fn damaged(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Damaged, message)
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Usage, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, message)
    }

    /// Says what the person can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the provider's own word for the error.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.0.tag = Some(tag.into());
        self
    }

    /// The same, as another kind: what a provider says may mean something else to a flow.
    pub fn of_kind(mut self, kind: ProblemKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub fn retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// The same problem, told from further out: `context: message`.
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    pub fn is(&self, kind: ProblemKind) -> bool {
        self.0.kind == kind
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    pub fn tag_text(&self) -> Option<&str> {
        self.0.tag.as_deref()
    }

    pub fn retry_advice(&self) -> Retry {
        self.0.retry
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Problem {}

/// Why the system refused something, in its own words and without the number that Rust adds: what stands behind the colon of a message.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_lowercase(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_no_numbers() {
        assert_eq!(reason(&io::Error::from_raw_os_error(2)), "no such file or directory");
        assert_eq!(reason(&io::Error::other("Own words")), "Own words");
    }
}
