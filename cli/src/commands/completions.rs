//! `larder completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use larder_model::Result;
use serde_json::json;

use super::Outcome;
use crate::{arguments::Arguments, context::Context};

/// Print a script that lets your shell complete commands and options
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder completions bash > ~/.local/share/bash-completion/completions/larder
  larder completions fish > ~/.config/fish/completions/larder.fish")]
pub struct Completions {
    /// The shell that the script is for
    shell: Shell,
}

impl Completions {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "larder", &mut script);
        if context.output.is_json() {
            let text = String::from_utf8_lossy(&script);
            context.output.json(&json!({"shell": self.shell.to_string(), "script": text}))?;
        } else {
            context.output.bytes(&script)?;
        }
        Ok(Outcome::Done)
    }
}
