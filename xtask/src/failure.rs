//! The one error of the chores: a sentence for the person who ran them.
//!
//! Chores have no caller that would tell kinds of errors apart, so there are none. What matters is that each sentence
//! names the item it is about; [`Context`] puts that in front of errors of the standard library.

use std::fmt;

/// Why a chore did not end well.
#[derive(Debug)]
pub struct Failure(String);

/// What a chore, or a part of one, comes to.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub fn new(sentence: impl fmt::Display) -> Self {
        Self(sentence.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Names what was being done when something failed.
pub trait Context<T> {
    fn context(self, doing: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("{doing}: {error}")))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, doing: impl fmt::Display) -> Outcome<T> {
        self.ok_or_else(|| Failure(doing.to_string()))
    }
}
