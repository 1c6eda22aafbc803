//! Reading the command line, and what becomes of one that makes no sense: exit code 64, not clap's own.

use std::ffi::OsString;

use clap::{CommandFactory, Parser, error::ErrorKind};
use larder_model::{Problem, ProblemKind};

use crate::{
    arguments::Arguments,
    grammar,
    output::{Output, Talk, say},
};

/// What reading the command line came to.
pub enum Parsed {
    Run(Box<Arguments>),
    /// Help was shown, or an error; this is the exit code.
    Ended(u8),
}

pub fn parse(typed: impl IntoIterator<Item = OsString>) -> Parsed {
    let typed: Vec<_> = typed.into_iter().collect();
    let is_json = typed.iter().take_while(|word| *word != "--").any(|word| word == "--json" || word == "-json");
    let words = match grammar::rewrite(typed, &Arguments::command()) {
        Ok(words) => words,
        Err(problem) => return refuse(&problem, is_json),
    };
    match Arguments::try_parse_from(&words) {
        Ok(arguments) => Parsed::Run(Box::new(arguments)),
        Err(error) => explain(&error, &words, is_json),
    }
}

fn explain(error: &clap::Error, words: &[OsString], is_json: bool) -> Parsed {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is no reason to complain.
            drop(error.print());
            Parsed::Ended(0)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if is_json => {
            refuse(&Problem::usage("something is missing behind the command").hint(help_of(words)), is_json)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            drop(error.print());
            Parsed::Ended(ProblemKind::Usage.exit_code())
        }
        ErrorKind::MissingSubcommand if typed_command(words).len() == 1 => {
            let problem = Problem::usage("no command is given");
            refuse(&problem.hint("for example: larder at ./save ls; `larder --help` lists the commands"), is_json)
        }
        ErrorKind::MissingSubcommand => {
            let command = typed_command(words).join(" ");
            refuse(&Problem::usage(format!("`{command}` needs a command of its own")).hint(help_of(words)), is_json)
        }
        _ => {
            let rendered = error.render().to_string();
            refuse(&from_clap(&rendered, words), is_json)
        }
    }
}

/// clap's first paragraph is the error; tips follow it, then the usage.
fn from_clap(rendered: &str, words: &[OsString]) -> Problem {
    let text = rendered.strip_prefix("error: ").unwrap_or(rendered);
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    let message = paragraphs.next().unwrap_or("the command line makes no sense").replace("\n ", "");
    let is_tip = |paragraph: &&str| !["Usage:", "For more"].iter().any(|start| paragraph.starts_with(start));
    let tips = paragraphs.filter(is_tip);
    let hints: Vec<_> = tips.map(|tip| tip.strip_prefix("tip: ").unwrap_or(tip).replace("\n  tip: ", "; ")).collect();
    Problem::usage(message).hint(if hints.is_empty() { help_of(words) } else { hints.join("; ") })
}

/// Where the command that was typed is explained.
fn help_of(words: &[OsString]) -> String {
    format!("`{} --help` explains it", typed_command(words).join(" "))
}

/// The program and the commands among the words. The value of an option may be called like a command; then it is another one.
fn typed_command(words: &[OsString]) -> Vec<String> {
    let program = Arguments::command();
    let (mut level, mut names) = (&program, vec!["larder".to_owned()]);
    for word in words.iter().skip(1) {
        if let Some(command) = level.get_subcommands().find(|command| command.get_name() == word) {
            names.push(command.get_name().to_owned());
            level = command;
        }
    }
    names
}

fn refuse(problem: &Problem, is_json: bool) -> Parsed {
    let output = Output::new(is_json, Talk::Normal);
    output.problem(problem);
    if let Err(problem) = output.flush() {
        say(format_args!("larder: {problem}"));
    }
    Parsed::Ended(problem.kind().exit_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    fn refused(line: &str) -> Problem {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = Arguments::try_parse_from(&words).err().unwrap();
        from_clap(&error.render().to_string(), &words)
    }

    #[test]
    fn clap_s_errors_become_ours() {
        let problem = refused("larder ls --jsn");
        assert_eq!(problem.message(), "unexpected argument '--jsn' found");
        assert_eq!(problem.hint_text(), Some("a similar argument exists: '--json'"));
        for (line, command) in [
            ("larder --at=save key rm x", "larder key rm"),
            ("larder find x --larger big", "larder find"),
            ("larder frobnicate", "larder"),
        ] {
            let hint = format!("`{command} --help` explains it");
            assert_eq!(refused(line).hint_text(), Some(hint.as_str()), "{line}");
        }
    }
}
