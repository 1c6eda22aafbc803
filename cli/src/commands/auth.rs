//! `larder auth`: signing in to accounts, and out of them.

mod app;
mod code;
mod dropbox;
mod guide;

use clap::{Args, Subcommand, ValueEnum};
use dropbox_client::{
    Access, Class, Client, Settings,
    credentials::{Credentials, KeptIn},
};
use larder_model::{Problem, Result};
use serde_json::{Value, json};

use self::dropbox::SignInToDropbox;
use super::Outcome;
use crate::{
    accounts::{self, Accounts},
    connectors::{dropbox_problem, endpoint},
    context::Context,
    remotes::{Remote, Role, check_name},
    text,
};

/// Sign in to accounts, list them, and sign out
///
/// An account is signed in under a name, which then serves as source, destination and store: `backup @NAME`, `restore -to @NAME`,
/// `at @NAME`. Its credentials are kept in Larder's data folder, for you alone to read, or in the system keyring, and are never shown.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder auth dropbox --name mydropbox --app-key KEY
  larder auth list
  larder auth keep mydropbox keyring
  larder auth rm mydropbox")]
pub struct Auth {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Dropbox(SignInToDropbox),
    /// List the accounts that are signed in
    List,
    /// Keep the credentials of an account somewhere else
    Keep {
        /// Which one, as `auth list` names it
        #[arg(value_name = "NAME", value_parser = check_name)]
        name: String,
        #[arg(value_enum, value_name = "PLACE")]
        place: Keep,
    },
    /// Sign out: end the sign-in at Dropbox, and forget it here
    Rm {
        /// Which one, as `auth list` names it
        #[arg(value_name = "NAME", value_parser = check_name)]
        name: String,
        /// Only forget it on this machine, such as when Dropbox cannot be reached
        #[arg(long)]
        local: bool,
    },
}

/// Where credentials are kept.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// In a file in Larder's data folder
    File,
    /// In the system keyring, by way of the program `secret-tool`
    Keyring,
}

impl From<Keep> for KeptIn {
    fn from(keep: Keep) -> Self {
        match keep {
            Keep::File => Self::File,
            Keep::Keyring => Self::Keyring,
        }
    }
}

impl Auth {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        match self.action {
            Action::Dropbox(sign_in) => sign_in.run(context)?,
            Action::List => list(context)?,
            Action::Keep { name, place } => keep(context, &name, place.into())?,
            Action::Rm { name, local } => rm(context, &name, local)?,
        }
        Ok(Outcome::Done)
    }
}

/// One that cannot be read, such as one in a locked keyring, hides no other.
fn list(context: &Context) -> Result<()> {
    let accounts = Accounts::of(&context.folders)?;
    let mut documents = Vec::new();
    for name in accounts.names()? {
        let users = accounts::users(context.folders.config()?, &name)?;
        let place = accounts.kept_in(&name).unwrap_or(KeptIn::File);
        // One that was removed just now is none.
        let Some(kept) = accounts.get(&name).transpose() else { continue };
        if context.output.is_json() {
            documents.push(document(&name, &kept, place, &users));
        } else {
            context.output.line(line(&name, &kept, place, &users))?;
        }
    }
    if context.output.is_json() {
        context.output.json(&json!({"accounts": documents}))?;
    }
    Ok(())
}

fn line(name: &str, kept: &Result<Credentials>, place: KeptIn, users: &[(Role, Remote)]) -> String {
    let who = match kept {
        Ok(credentials) => {
            let id = credentials.account_id.as_deref().unwrap_or("not known yet");
            let ends = if credentials.refresh_token.is_some() { "" } else { "  (cannot be renewed)" };
            text::printable(id) + ends
        }
        Err(problem) => format!("({})", text::printable(problem.message())),
    };
    let place = if place == KeptIn::Keyring { "  (in the keyring)" } else { "" };
    format!("{name}  dropbox  {who}{place}  {}", used_as(users))
}

/// `source @a, @b; store @a`.
fn used_as(users: &[(Role, Remote)]) -> String {
    let of = |role: Role| {
        let names: Vec<_> = users.iter().filter(|(of, _)| *of == role).map(|(_, it)| format!("@{}", it.name)).collect();
        (!names.is_empty()).then(|| format!("{} {}", role.word(), names.join(", ")))
    };
    let lists: Vec<_> = Role::ALL.into_iter().filter_map(of).collect();
    if lists.is_empty() { "not used".to_owned() } else { lists.join("; ") }
}

fn document(name: &str, kept: &Result<Credentials>, place: KeptIn, users: &[(Role, Remote)]) -> Value {
    let users: Vec<_> = users.iter().map(|(role, it)| json!({"role": role.word(), "name": it.name})).collect();
    let mut document = json!({"name": name, "provider": "dropbox"});
    match kept {
        Ok(credentials) => {
            document["account"] = credentials.account_id.as_deref().into();
            document["app_key"] = credentials.app_key.as_str().into();
            document["scopes"] = credentials.scopes.as_slice().into();
            document["renewable"] = credentials.refresh_token.is_some().into();
        }
        Err(problem) => document["problem"] = problem.message().into(),
    }
    document["kept_in"] = word(place).into();
    document["used_by"] = users.into();
    document
}

const fn word(place: KeptIn) -> &'static str {
    match place {
        KeptIn::File => "file",
        KeptIn::Keyring => "keyring",
    }
}

fn keep(context: &Context, name: &str, place: KeptIn) -> Result<()> {
    let accounts = Accounts::of(&context.folders)?;
    if accounts.kept_in(name).is_none() {
        return Err(not_there(name));
    }
    accounts.move_to(name, place)?;
    let told = match place {
        KeptIn::File => "a file, for you alone to read",
        KeptIn::Keyring => "the system keyring",
    };
    let done = json!({"name": name, "kept_in": word(place)});
    context.output.done(format_args!("auth: {name}: the credentials are in {told}"), &done)
}

fn not_there(name: &str) -> Problem {
    Problem::not_found(format!("no account is signed in as `{name}`")).hint("`larder auth list` shows those that are")
}

fn rm(context: &Context, name: &str, local: bool) -> Result<()> {
    let accounts = Accounts::of(&context.folders)?;
    if accounts.kept_in(name).is_none() {
        return Err(not_there(name));
    }
    let is_revoked = !local && revoke(context, &accounts, name)?;
    accounts.remove(name)?;
    let users = accounts::users(context.folders.config()?, name)?;
    if !users.is_empty() {
        context.output.remark(format_args!("auth: still named: {}", used_as(&users)));
    }
    let done = match (local, is_revoked) {
        (true, _) => "forgot the sign-in here, and it is still good elsewhere",
        (_, true) => "ended the sign-in at Dropbox, and forgot it here",
        (_, false) => "forgot the sign-in, which had ended already",
    };
    context.output.done(format_args!("auth: {name}: {done}"), &json!({"removed": name, "revoked": is_revoked}))
}

/// Whether there was something to end. What Dropbox cannot be told of stays, so that it can be told later.
fn revoke(context: &Context, accounts: &Accounts, name: &str) -> Result<bool> {
    // What cannot be read cannot be revoked either.
    if accounts.get(name).is_err() {
        return Ok(false);
    }
    let users = accounts::users(context.folders.config()?, name)?;
    let address = users.iter().find_map(|(_, remote)| remote.options.get("endpoint"));
    let mut settings = Settings::new(Access::Kept(std::sync::Arc::new(accounts.keeper(name))));
    settings.endpoint = endpoint(address)?;
    let interrupt = context.interrupt.clone();
    settings.cancel = std::sync::Arc::new(move || interrupt.is_set());
    match Client::new(settings).and_then(|client| client.revoke_token()) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.class(), Class::Credentials | Class::Refresh) => Ok(false),
        Err(error) => Err(dropbox_problem(&error, None)
            .context(format_args!("cannot end the sign-in of `{name}`"))
            .hint(format!("try again, or only forget it here: larder auth rm {name} --local"))),
    }
}
