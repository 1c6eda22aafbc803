//! Errors of the Dropbox client as problems of ours.

use dropbox_client::{Class, Error};
use larder_model::{Problem, ProblemKind};

/// `account` is the name to sign in under, where it is known.
pub fn dropbox_problem(error: &Error, account: Option<&str>) -> Problem {
    let kind = kind(error);
    let request = error.request_id().map(|id| format!(" (request {id})")).unwrap_or_default();
    let message = format!("{}{request}", as_clause(error.what()));
    let problem = Problem::new(kind, message);
    let hint = as_clause(error.hint());
    match account {
        Some(name) if hint == "sign in again" || hint == "sign in first" => {
            problem.hint(format!("{hint}: larder auth dropbox --name {name}"))
        }
        _ if hint.is_empty() => problem,
        _ => problem.hint(hint),
    }
}

fn kind(error: &Error) -> ProblemKind {
    match error.class() {
        Class::Retry | Class::Unreachable => ProblemKind::Unreachable,
        Class::Refresh | Class::Credentials => ProblemKind::Credentials,
        Class::SkipAndReport if error.is_not_found() => ProblemKind::NotFound,
        Class::SkipAndReport => ProblemKind::Denied,
        Class::Conflict => ProblemKind::Conflict,
        Class::NoSpace => ProblemKind::NoSpace,
        Class::Budget | Class::RateLimited => ProblemKind::Budget,
        Class::Interrupted => ProblemKind::Interrupted,
        _ => ProblemKind::Failed,
    }
}

/// A sentence of the client's, as part of one of ours: it begins with a capital only if that is a name.
fn as_clause(sentence: &str) -> String {
    if sentence.starts_with("Dropbox") {
        return sentence.to_owned();
    }
    let mut rest = sentence.chars();
    let first = rest.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    first + rest.as_str()
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
