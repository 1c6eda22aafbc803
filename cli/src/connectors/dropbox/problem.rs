//! Errors of the Dropbox client as problems of ours, which say under which name to sign in.

use dropbox_client::Error;
use larder_model::Problem;

/// `account` is the name to sign in under, where it is known.
pub fn dropbox_problem(error: &Error, account: Option<&str>) -> Problem {
    let problem = as_clauses(&larder_dropbox::problem(error));
    match account {
        Some(name) => for_account(problem, name),
        None => problem,
    }
}

/// The same problem; where its hint is to sign in, it names the command.
pub fn for_account(problem: Problem, name: &str) -> Problem {
    match problem.hint_text().map(str::to_lowercase) {
        Some(hint) if hint == "sign in first" || hint.ends_with("sign in again") => {
            let hint = problem.hint_text().map(as_clause).unwrap_or_default();
            problem.hint(format!("{hint}: larder auth dropbox --name {name}"))
        }
        _ => problem,
    }
}

/// The client's sentences as parts of ours.
pub(super) fn as_clauses(problem: &Problem) -> Problem {
    let mut clauses = Problem::new(problem.kind(), as_clause(problem.message()));
    if let Some(hint) = problem.hint_text() {
        clauses = clauses.hint(as_clause(hint));
    }
    match problem.tag_text() {
        Some(tag) => clauses.tag(tag),
        None => clauses,
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

#[cfg(test)]
mod tests {
    use larder_model::ProblemKind;

    use super::*;

    #[test]
    fn sentences_become_clauses() {
        assert_eq!(as_clause("Dropbox has frozen this app"), "Dropbox has frozen this app");
        assert_eq!(as_clause("There is nothing at this path"), "there is nothing at this path");
        let told = Problem::not_found("There is nothing").hint("Look").tag("not_found");
        assert_eq!(as_clauses(&told), Problem::not_found("there is nothing").hint("look").tag("not_found"));
    }

    #[test]
    fn a_hint_to_sign_in_names_the_command() {
        let hint = |hint: &str| {
            let problem = for_account(Problem::new(ProblemKind::Credentials, "it ended").hint(hint), "mine");
            problem.hint_text().map(str::to_owned)
        };
        assert_eq!(hint("Sign in again").as_deref(), Some("sign in again: larder auth dropbox --name mine"));
        assert_eq!(hint("Try again later").as_deref(), Some("Try again later"));
    }
}
