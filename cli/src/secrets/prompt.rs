//! Asking a person, who must be there.

use std::io::{ErrorKind, IsTerminal};

use larder_model::{Problem, ProblemKind, Result};
use zeroize::Zeroizing;

use crate::text;

/// Whether somebody is there to answer: a terminal that can be read without echo, and that shows what is asked.
fn is_answered() -> bool {
    let (stdin, stderr) = (std::io::stdin(), std::io::stderr());
    (stdin.is_terminal() || stderr.is_terminal()) && std::fs::File::open("/dev/tty").is_ok()
}

/// Asks once. `options` names what would have answered without a person.
pub fn prompt(question: &str, options: &str) -> Result<Zeroizing<String>> {
    if !is_answered() {
        return Err(Problem::usage(format!("{question} is needed, and there is no terminal to ask for it"))
            .hint(format!("give it with {options}")));
    }
    let answer = rpassword::prompt_password(format!("{question}: ")).map(Zeroizing::new);
    let answer = answer.map_err(|error| match error.kind() {
        ErrorKind::Interrupted => Problem::new(ProblemKind::Interrupted, "interrupted"),
        _ => Problem::failed(format!("cannot ask for {question}: {}", text::reason(&error))),
    })?;
    if answer.is_empty() {
        return Err(Problem::usage(format!("{question} must not be empty")));
    }
    Ok(answer)
}

/// Asks for something new, twice: nobody sees what they type.
pub fn prompt_new(question: &str, options: &str) -> Result<Zeroizing<String>> {
    let first = prompt(question, options)?;
    let again = prompt(&format!("{question}, once more"), options)?;
    if *first != *again {
        return Err(Problem::usage("the two are not the same").hint("run the command again"));
    }
    Ok(first)
}
