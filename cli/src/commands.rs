//! The commands, a file each. A new one is a file here and a line in [`Command`].
//!
//! The doc comment of a command's type is its help text.

mod auth;
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
mod mount;
mod remote;
mod repair;
mod restore;
mod rm;
mod ui;
mod version;

use clap::Subcommand;
use larder_model::Result;

use crate::{context::Context, remotes::Role};

#[derive(Subcommand)]
pub enum Command {
    Create(create::Create),
    Backup(Box<backup::Backup>),
    Restore(restore::Restore),
    Ls(ls::Ls),
    Cat(cat::Cat),
    Mount(mount::Mount),
    Find(find::Find),
    Diff(diff::Diff),
    Check(check::Check),
    Repair(repair::Repair),
    Info(info::Info),
    Ui(ui::Ui),
    Rm(rm::Rm),
    Gc(gc::Gc),
    Key(key::Key),
    /// Name places that snapshots are taken from
    ///
    /// `@NAME` then stands for the place and its options, and `@NAME:/PATH` for what lies below it. Names, places and options are kept
    /// in the file remotes.toml, which you may edit; the sign-in to an account is kept elsewhere (`larder auth`).
    #[command(after_help = SOURCE_EXAMPLES)]
    Source(remote::RemoteCommand),
    /// Name places that snapshots are restored to
    ///
    /// `restore -to @NAME` then restores to the place, and `-to @NAME:/PATH` below it. The three lists of names (see `larder source
    /// --help` and `larder store --help`) are apart: one name may stand in all of them.
    #[command(after_help = DESTINATION_EXAMPLES)]
    Destination(remote::RemoteCommand),
    /// Name places that hold stores
    ///
    /// `larder at @NAME COMMAND` then works on the store there. A store in a cloud drive lies in a folder of its own, /Larder if the
    /// location names none.
    #[command(after_help = STORE_EXAMPLES)]
    Store(remote::RemoteCommand),
    Auth(auth::Auth),
    Version(version::Version),
    Completions(completions::Completions),
    Demo(demo::Demo),
}

const SOURCE_EXAMPLES: &str = "\
Examples:
  larder source add docs ~/Documents
  larder at ./save backup @docs
  rclone config show | larder source import mydropbox
  larder source set mydropbox pace=8 bandwidth_down=2M
  larder source check mydropbox";

const DESTINATION_EXAMPLES: &str = "\
Examples:
  larder destination add desk ~/Desktop
  larder at ./save restore -to @desk:/back latest
  rclone config show | larder destination import mydropbox";

const STORE_EXAMPLES: &str = "\
Examples:
  larder store add save /mnt/disk/save
  larder at @save create
  larder at @save ls
  rclone config show | larder store import mydropbox";

impl Command {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Create(command) => command.run(context),
            Self::Backup(command) => command.run(context),
            Self::Restore(command) => command.run(context),
            Self::Ls(command) => command.run(context),
            Self::Cat(command) => command.run(context),
            Self::Mount(command) => command.run(context),
            Self::Find(command) => command.run(context),
            Self::Diff(command) => command.run(context),
            Self::Check(command) => command.run(context),
            Self::Repair(command) => command.run(context),
            Self::Info(command) => command.run(context),
            Self::Ui(command) => command.run(context),
            Self::Rm(command) => command.run(context),
            Self::Gc(command) => command.run(context),
            Self::Key(command) => command.run(context),
            Self::Source(command) => command.run(Role::Source, context),
            Self::Destination(command) => command.run(Role::Destination, context),
            Self::Store(command) => command.run(Role::Store, context),
            Self::Auth(command) => command.run(context),
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
