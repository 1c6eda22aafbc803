//! Errors of the client as problems of Larder's.

use dropbox_client::{Class, Error};
use larder_model::{Problem, ProblemKind, escape};

/// The same, with Dropbox's innermost tag, and what to do about it. The client's sentences become parts of ours.
pub fn problem(error: &Error) -> Problem {
    // A revision says nothing to people; whoever asked knows the file's path.
    let item = error.item().filter(|item| !item.starts_with("rev:"));
    let problem = problem_alone(error);
    match item {
        Some(item) => problem.context(escape(item.as_bytes())),
        None => problem,
    }
}

/// The same for those who name the item in their own words.
pub fn problem_alone(error: &Error) -> Problem {
    let mut message = as_clause(error.what());
    if let Some(text) = error.user_message() {
        message = format!("{message} (Dropbox says: {})", escape(text.as_bytes()));
    }
    if let Some(id) = error.request_id() {
        message = format!("{message} [request {}]", escape(id.as_bytes()));
    }
    let mut problem = Problem::new(kind(error), message);
    if !error.hint().is_empty() {
        problem = problem.hint(as_clause(error.hint()));
    }
    match error.tags().last() {
        Some(tag) => problem.tag(tag),
        None => problem,
    }
}

/// It begins with a capital only if that is a name.
fn as_clause(sentence: &str) -> String {
    if sentence.starts_with("Dropbox") {
        return sentence.to_owned();
    }
    let mut rest = sentence.chars();
    let first = rest.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    first + rest.as_str()
}

/// The problem of an app that sees nothing of what people keep in Dropbox.
pub fn app_folder_app() -> Problem {
    Problem::new(
        ProblemKind::Credentials,
        "this app is of the type \"App folder\": it sees its own folder and nothing else",
    )
    .hint(
        "make an app with access type \"Full Dropbox\", and sign in with its key; the type of an app cannot be changed",
    )
}

/// True for the refusal that such an app gets when a root is named.
pub fn is_of_app_folder(error: &Error) -> bool {
    error.class() == Class::Credentials && error.status() == Some(400) && error.what().contains("its own folder only")
}

fn kind(error: &Error) -> ProblemKind {
    match error.class() {
        Class::SkipAndReport if error.is_not_found() => ProblemKind::NotFound,
        Class::SkipAndReport => ProblemKind::Denied,
        Class::Conflict => ProblemKind::Conflict,
        Class::Credentials => ProblemKind::Credentials,
        Class::NoSpace => ProblemKind::NoSpace,
        Class::Budget | Class::RateLimited => ProblemKind::Budget,
        Class::Retry | Class::Refresh | Class::Unreachable => ProblemKind::Unreachable,
        Class::Interrupted => ProblemKind::Interrupted,
        Class::Relist | Class::Session | Class::PathRoot | Class::BadRequest | Class::Unclear | Class::Local => {
            ProblemKind::Failed
        }
    }
}

/// Too many entries, too long a header, too large a body: proxies say it in several ways.
pub fn is_too_large(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 413 | 414 | 431)) || error.has_tag("payload_too_large")
}

/// True for what concerns the whole run, not one item of it.
pub fn ends_the_run(error: &Error) -> bool {
    matches!(
        error.class(),
        Class::Credentials
            | Class::NoSpace
            | Class::Budget
            | Class::RateLimited
            | Class::Interrupted
            | Class::Local
            | Class::PathRoot
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_clauses() {
        assert_eq!(as_clause("Dropbox has frozen this app"), "Dropbox has frozen this app");
        assert_eq!(as_clause("There is nothing at this path"), "there is nothing at this path");
        assert_eq!(as_clause(""), "");
    }
}
