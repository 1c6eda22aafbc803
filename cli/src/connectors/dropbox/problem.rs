//! Errors of the Dropbox client as problems of ours, which say under which name to sign in.

use dropbox_client::Error;
use larder_model::Problem;

/// `account` is the name to sign in under, where it is known.
pub fn dropbox_problem(error: &Error, account: Option<&str>) -> Problem {
    let problem = larder_dropbox::problem(error);
    match account {
        Some(name) => for_account(problem, name),
        None => problem,
    }
}

/// The same problem; where its hint ends with signing in, it names the command.
pub fn for_account(problem: Problem, name: &str) -> Problem {
    match problem.hint_text().map(str::to_owned) {
        Some(hint) if hint.ends_with("sign in again") || hint.ends_with("sign in first") => {
            problem.hint(format!("{hint}: larder auth dropbox --name {name}"))
        }
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use larder_model::ProblemKind;

    use super::*;

    #[test]
    fn a_hint_to_sign_in_names_the_command() {
        let hint = |hint: &str| {
            let problem = for_account(Problem::new(ProblemKind::Credentials, "it ended").hint(hint), "mine");
            problem.hint_text().map(str::to_owned)
        };
        assert_eq!(hint("sign in again").as_deref(), Some("sign in again: larder auth dropbox --name mine"));
        let or_else = "unlock the keyring and try again, or sign in again";
        assert_eq!(hint(or_else), Some(format!("{or_else}: larder auth dropbox --name mine")));
        assert_eq!(hint("try again later").as_deref(), Some("try again later"));
    }
}
