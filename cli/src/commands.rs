//! The commands, a file each. A new one is a file here and a line in [`Command`].
//!
//! The doc comment of a command's type is its help text.

mod backup;
mod cat;
mod check;
mod completions;
mod create;
mod demo;
mod diff;
mod find;
mod gc;
mod info;
mod key;
mod ls;
mod restore;
mod rm;
mod version;

use clap::Subcommand;
use larder_model::Result;

use crate::context::Context;

#[derive(Subcommand)]
pub enum Command {
    Create(create::Create),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Ls(ls::Ls),
    Cat(cat::Cat),
    Find(find::Find),
    Diff(diff::Diff),
    Check(check::Check),
    Info(info::Info),
    Rm(rm::Rm),
    Gc(gc::Gc),
    Key(key::Key),
    Version(version::Version),
    Completions(completions::Completions),
    Demo(demo::Demo),
}

impl Command {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Create(command) => command.run(context),
            Self::Backup(command) => command.run(context),
            Self::Restore(command) => command.run(context),
            Self::Ls(command) => command.run(context),
            Self::Cat(command) => command.run(context),
            Self::Find(command) => command.run(context),
            Self::Diff(command) => command.run(context),
            Self::Check(command) => command.run(context),
            Self::Info(command) => command.run(context),
            Self::Rm(command) => command.run(context),
            Self::Gc(command) => command.run(context),
            Self::Key(command) => command.run(context),
            Self::Version(command) => command.run(context),
            Self::Completions(command) => command.run(context),
            Self::Demo(command) => command.run(context),
        }
    }
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done,
    /// Done, but items are missing; they were named.
    ItemsMissing,
    /// Done, and damage was found; it was named.
    DamageFound,
}

impl Outcome {
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::ItemsMissing => 3,
            Self::DamageFound => larder_model::ProblemKind::Damaged.exit_code(),
        }
    }
}
