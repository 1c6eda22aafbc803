//! The two habits of Plakar's command line that clap does not know: `at STORE` before the command, and long options with one dash.
//!
//! `larder at ./save restore -to out ID` becomes `larder --at=./save restore --to out ID` before clap sees it. A token with one dash
//! is rewritten only if what follows is exactly a long option of that command, so that `-lR` is still `-l -R`. The value of an option
//! is left as it is, and so is everything after `--`. `larder help restore` is `larder restore --help`, as people type it.

use std::{ffi::OsString, os::unix::ffi::OsStrExt};

use clap::{Arg, Command};
use larder_model::{Problem, Result};

/// Rewrites what the user typed, the program's name included, into what clap parses.
pub fn rewrite(typed: impl IntoIterator<Item = OsString>, program: &Command) -> Result<Vec<OsString>> {
    let mut typed = typed.into_iter();
    let mut words: Vec<_> = typed.next().into_iter().collect();
    let mut level = Level { global: program, command: program };
    let mut wants_help = false;
    while let Some(word) = typed.next() {
        if word == "--" {
            words.push(word);
            break;
        }
        if word.as_bytes().starts_with(b"-") {
            let word = level.with_two_dashes(word);
            let takes_next = level.takes_next(&word);
            words.push(word);
            words.extend(takes_next.then(|| typed.next()).flatten());
        } else if word == "at" && level.is_before_command() {
            words.push(at_option(typed.next())?);
        } else if word == "help" && level.is_before_command() && !wants_help {
            wants_help = true;
        } else {
            level.enter(&word);
            words.push(word);
        }
    }
    words.extend(typed);
    // Last, so that it is that command's help.
    words.extend(wants_help.then(|| OsString::from("--help")));
    Ok(words)
}

fn at_option(store: Option<OsString>) -> Result<OsString> {
    let store = store
        .filter(|store| !store.is_empty())
        .ok_or_else(|| Problem::usage("`at` needs a store behind it").hint("for example: larder at ./save ls"))?;
    let mut option = OsString::from("--at=");
    option.push(store);
    Ok(option)
}

/// How far the words have led into the commands.
struct Level<'a> {
    global: &'a Command,
    command: &'a Command,
}

impl<'a> Level<'a> {
    fn is_before_command(&self) -> bool {
        std::ptr::eq(self.global, self.command)
    }

    fn enter(&mut self, word: &OsString) {
        let found = self.command.get_subcommands().find(|command| command.get_name() == word.as_os_str());
        self.command = found.unwrap_or(self.command);
    }

    fn options(&self) -> impl Iterator<Item = &'a Arg> {
        self.command.get_arguments().chain(self.global.get_arguments())
    }

    fn long_option(&self, name: &[u8]) -> Option<&'a Arg> {
        self.options().find(|option| option.get_long().is_some_and(|long| long.as_bytes() == name))
    }

    fn is_long_name(&self, name: &[u8]) -> bool {
        self.long_option(name).is_some() || name == b"help" || (name == b"version" && self.is_before_command())
    }

    /// `-apply` as `--apply`, if there is such an option.
    fn with_two_dashes(&self, word: OsString) -> OsString {
        let bytes = word.as_bytes();
        let name = bytes[1..].split(|byte| *byte == b'=').next().unwrap_or_default();
        if name.len() < 2 || name.starts_with(b"-") || !self.is_long_name(name) {
            return word;
        }
        let mut rewritten = OsString::from("-");
        rewritten.push(&word);
        rewritten
    }

    /// Whether the word behind this option is its value.
    fn takes_next(&self, word: &OsString) -> bool {
        let bytes = word.as_bytes();
        match bytes.strip_prefix(b"--") {
            Some(name) => self.long_option(name).is_some_and(takes_separate_value),
            None => {
                let short = bytes.last().map(|byte| char::from(*byte));
                self.options().any(|option| option.get_short() == short && takes_separate_value(option))
            }
        }
    }
}

fn takes_separate_value(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::arguments::Arguments;

    fn rewritten(line: &str) -> String {
        let words = line.split(' ').map(OsString::from);
        let words = rewrite(words, &Arguments::command()).unwrap();
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn at_becomes_an_option_before_the_command_only() {
        assert_eq!(rewritten("larder at ./save ls"), "larder --at=./save ls");
        assert_eq!(rewritten("larder --json at -x ls"), "larder --json --at=-x ls");
        assert_eq!(rewritten("larder --memory 1M at s ls"), "larder --memory 1M --at=s ls");
        assert_eq!(rewritten("larder backup at x"), "larder backup at x");
    }

    #[test]
    fn help_may_come_first() {
        assert_eq!(rewritten("larder help"), "larder --help");
        assert_eq!(rewritten("larder help key add"), "larder key add --help");
        assert_eq!(rewritten("larder find help"), "larder find help");
    }

    #[test]
    fn at_without_a_store_is_an_error() {
        let words = ["larder", "at"].map(OsString::from);
        assert!(rewrite(words, &Arguments::command()).is_err());
    }

    #[test]
    fn one_dash_will_do_for_a_long_option() {
        assert_eq!(rewritten("larder restore -to out ID"), "larder restore --to out ID");
        assert_eq!(rewritten("larder restore ID -to=out"), "larder restore ID --to=out");
        assert_eq!(rewritten("larder rm ID -apply -json"), "larder rm ID --apply --json");
        assert_eq!(rewritten("larder key list -json"), "larder key list --json");
        assert_eq!(rewritten("larder -version"), "larder --version");
        assert_eq!(rewritten("larder ls -help"), "larder ls --help");
    }

    #[test]
    fn everything_else_stays() {
        for line in [
            "larder ls -lR ID",
            "larder ls -to",
            "larder restore --to -apply ID",
            "larder backup -- -tag -to",
            "larder backup --tag -tag x",
            "larder backup -",
        ] {
            assert_eq!(rewritten(line), line);
        }
    }
}
