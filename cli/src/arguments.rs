//! What the command line says: the options that every command has, and the commands.
//!
//! The doc comments here and in `commands/` are the help texts. What clap cannot parse (the `at` clause, long options with one
//! dash) is rewritten before, in [`crate::grammar`].

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, Args, Parser};

use crate::{commands::Command, parse};

/// Keeps backups of your files: many versions in little space, encrypted, and easy to get back.
///
/// A store is a place that holds backups, such as a folder on another disk. Each backup is a snapshot: everything as it was at one
/// moment. Snapshots share what they have in common, so that the next one costs only what has changed.
///
/// STORE is a folder (./save, /mnt/disk/save, fs:/mnt/disk/save), or @NAME for one that was given a name with `larder store add`.
/// Without `at STORE` it is $LARDER_STORE.
#[derive(Parser)]
#[command(
    name = "larder",
    version,
    override_usage = "larder [OPTIONS] [at STORE] COMMAND [ARGUMENTS]",
    after_help = FIRST_STEPS,
    subcommand_value_name = "COMMAND",
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,

    #[command(subcommand)]
    pub command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  larder at ./save create                  make a store (asks for a new passphrase)
  larder at ./save backup ~/Documents      take a snapshot
  larder at ./save ls                      list the snapshots
  larder at ./save restore -to ./back latest

`larder COMMAND --help` tells more about a command. `larder demo` shows all this at work, in a folder that it throws away.";

/// Options that every command has. They may stand before or after the command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The store; what `at STORE` stands for.
    #[arg(long = "at", global = true, hide = true, value_name = "STORE")]
    pub store: Option<OsString>,

    /// Write the result as JSON: one document, or one event a line with the result as the last
    #[arg(long, global = true)]
    pub json: bool,

    /// Say nothing but errors and what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: what became of each item, and every note
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Read the passphrase from this file
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["passphrase_command", "key_file"])]
    pub passphrase_file: Option<PathBuf>,

    /// Run this command and take what it prints as the passphrase
    #[arg(long, global = true, value_name = "COMMAND", conflicts_with = "key_file")]
    pub passphrase_command: Option<String>,

    /// Unlock the store with this key file instead of a passphrase
    #[arg(long, global = true, value_name = "FILE")]
    pub key_file: Option<PathBuf>,

    /// How many things to do at a time [default: the number of processor cores]
    #[arg(long, global = true, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// How much data to keep in flight, such as 64M [default: 96M]
    #[arg(long, global = true, value_name = "SIZE", value_parser = parse::memory)]
    pub memory: Option<u64>,
}
