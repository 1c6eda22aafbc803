//! From what is wrong with bytes to a sentence about an object.

use std::fmt::Display;

use larder_format::FormatError;
use larder_model::{Problem, ProblemKind};

/// Tells which object a format error is about.
pub(crate) fn about(item: impl Display) -> impl FnOnce(FormatError) -> Problem {
    move |error| {
        let message = format!("{item}: {error}");
        match error {
            FormatError::Damaged(_) | FormatError::TooLarge(_) => Problem::damaged(message)
                .hint("`larder check` shows what depends on it; the next backup mends what the source still has"),
            FormatError::Unsupported(_) => {
                Problem::new(ProblemKind::Unsupported, message).hint("use a newer version of Larder")
            }
            FormatError::WrongKey => Problem::new(ProblemKind::Credentials, message),
        }
    }
}
