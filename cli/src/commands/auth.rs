//! `larder auth`: signing in to accounts, and out of them.

mod app;
mod code;
mod dropbox;
mod guide;

use clap::{Args, Subcommand};
use dropbox_client::{Access, Class, Client, Settings};
use larder_model::{Problem, Result};
use serde_json::{Value, json};

use self::dropbox::SignInToDropbox;
use super::Outcome;
use crate::{
    accounts::{self, Account, Accounts},
    connectors::{dropbox_problem, endpoint},
    context::Context,
    remotes::{Remote, Role, check_name},
    text,
};

/// Sign in to accounts, list them, and sign out
///
/// An account is signed in under a name, which then serves as source, destination and store: `backup @NAME`, `restore -to @NAME`,
/// `at @NAME`. Its credentials are kept in Larder's data folder, for you alone to read, and are never shown.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder auth dropbox --name mydropbox --app-key KEY
  larder auth list
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

impl Auth {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        match self.action {
            Action::Dropbox(sign_in) => sign_in.run(context)?,
            Action::List => list(context)?,
            Action::Rm { name, local } => rm(context, &name, local)?,
        }
        Ok(Outcome::Done)
    }
}

fn list(context: &Context) -> Result<()> {
    let all = Accounts::of(&context.folders)?.all()?;
    let mut documents = Vec::new();
    for account in &all {
        let users = accounts::users(context.folders.config()?, &account.name)?;
        if context.output.is_json() {
            documents.push(document(account, &users));
        } else {
            context.output.line(line(account, &users))?;
        }
    }
    if context.output.is_json() {
        context.output.json(&json!({"accounts": documents}))?;
    }
    Ok(())
}

fn line(account: &Account, users: &[(Role, Remote)]) -> String {
    let id = account.credentials.account_id.as_deref().unwrap_or("not known yet");
    let ends = match account.credentials.refresh_token {
        Some(_) => "",
        None => "  (cannot be renewed)",
    };
    format!("{}  dropbox  {}{ends}  {}", account.name, text::printable(id), used_as(users))
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

fn document(account: &Account, users: &[(Role, Remote)]) -> Value {
    let credentials = &account.credentials;
    let users: Vec<_> = users.iter().map(|(role, it)| json!({"role": role.word(), "name": it.name})).collect();
    json!({
        "name": account.name,
        "provider": "dropbox",
        "account": credentials.account_id,
        "app_key": credentials.app_key,
        "scopes": credentials.scopes,
        "renewable": credentials.refresh_token.is_some(),
        "used_by": users,
    })
}

fn rm(context: &Context, name: &str, local: bool) -> Result<()> {
    let accounts = Accounts::of(&context.folders)?;
    if !accounts.keeper(name).path().exists() {
        return Err(Problem::not_found(format!("no account is signed in as `{name}`"))
            .hint("`larder auth list` shows those that are"));
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
