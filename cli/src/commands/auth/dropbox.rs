//! `larder auth dropbox`

use std::sync::Arc;

use clap::{Args, ValueEnum};
use dropbox_client::{Access, Account, Client, PathRoot, Settings, credentials::Credentials, sign_in};
use larder_model::{Problem, ProblemKind, Result};
use serde_json::json;

use super::{Keep, app::App, code::Request};
use crate::{
    accounts::Accounts,
    connectors::{self, Sight, app_folder_app, dropbox_problem, endpoint, lacking, missing_scopes, scopes_for, sight},
    context::Context,
    remotes::{self, Options, Remote, Role, check_name},
    text,
};

/// Sign in to a Dropbox account
///
/// The first line of standard output is an address. Open it in any browser, allow access, and paste the code that you are given, or
/// give it on standard input. On a desktop a browser opens by itself, and nothing has to be pasted. Afterwards @NAME serves as source,
/// destination and store, as far as the permissions go.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder auth dropbox --name mydropbox                    says how to make an app
  larder auth dropbox --name mydropbox --app-key KEY
  larder auth dropbox --name mydropbox --app-key KEY --access backup --no-browser")]
pub struct SignInToDropbox {
    /// What to call the account
    #[arg(long, value_name = "NAME", value_parser = check_name)]
    name: String,

    #[command(flatten)]
    app: App,

    /// What to ask permission for
    #[arg(long, value_enum, value_name = "PURPOSE", default_value = "full")]
    access: Purpose,

    /// Open no browser and listen on no port: the code is pasted
    #[arg(long)]
    no_browser: bool,

    /// Where to keep the credentials [default: where they are, else file]
    #[arg(long, value_enum, value_name = "PLACE")]
    keep: Option<Keep>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To read everything, and change nothing
    Backup,
    /// To read and write files
    Restore,
    /// To keep stores there
    Store,
    /// All that the app has
    Full,
}

impl Purpose {
    /// With nothing to ask for, Dropbox grants all that the app has.
    fn scopes(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Backup => Some(sign_in::BACKUP),
            Self::Restore => Some(sign_in::RESTORE),
            Self::Store => Some(sign_in::STORE),
            Self::Full => None,
        }
    }

    /// What the name shall serve as.
    fn roles(self) -> &'static [Role] {
        match self {
            Self::Backup => &[Role::Source],
            Self::Restore => &[Role::Source, Role::Destination],
            Self::Store => &[Role::Store],
            Self::Full => &Role::ALL,
        }
    }
}

impl SignInToDropbox {
    pub fn run(self, context: &Context) -> Result<()> {
        let (name, accounts) = (&self.name, Accounts::of(&context.folders)?);
        let address = self.free_name(context)?;
        let place = self.keep.map(Into::into).or_else(|| accounts.kept_in(name));
        if let Some(place) = place {
            accounts.check_place(name, place)?;
        }
        // Credentials that cannot be read are what signing in again mends.
        let before = accounts.get(name).ok().flatten();
        let (app_key, app_secret) = self.app.get(before.as_ref())?;
        let endpoint = endpoint(address.as_deref())?;
        let request =
            Request { endpoint, app_key, app_secret, scopes: self.access.scopes(), use_browser: !self.no_browser };
        let mut fresh = request.ask(context)?;
        let token = fresh.access_token.clone().ok_or_else(|| Problem::failed("Dropbox gave no access token"))?;
        let client = self.client(context, &request, Access::Token(token))?;
        let known = before.and_then(|before| self.known_account(context, &request, &accounts, before));
        let looked = self.look(&client, &mut fresh, known.as_deref());
        let (account, roles) = looked.inspect_err(|_| {
            // A sign-in that is of no use shall not stay open. If it does, it is still of no use.
            drop(client.revoke_token());
        })?;
        accounts.keep(name, &fresh, place)?;
        self.add_remotes(context, &roles)?;
        self.tell(context, &account, &fresh, &roles)
    }

    /// Looks that the name is free for this account in all lists, and for the address that its calls go to.
    fn free_name(&self, context: &Context) -> Result<Option<String>> {
        let file = remotes::read(context.folders.config()?)?;
        let mut address = None;
        for role in Role::ALL {
            let Some(remote) = file.get(role, &self.name)? else { continue };
            let account = crate::accounts::account_of(&remote);
            if account != Some(self.name.as_str()) {
                let what = account.map_or_else(|| remote.location.clone(), |other| format!("the account `{other}`"));
                let (word, name) = (role.word(), &self.name);
                return Err(Problem::usage(format!("@{name} is a {word} already, and stands for {what}"))
                    .hint(format!("take another --name, or remove it first: larder {word} rm {name}")));
            }
            address = address.or_else(|| remote.options.get("endpoint").map(str::to_owned));
        }
        Ok(address)
    }

    fn client(&self, context: &Context, request: &Request, access: Access) -> Result<Client> {
        let mut settings = Settings::new(access);
        settings.endpoint = request.endpoint.clone();
        let interrupt = context.interrupt.clone();
        settings.cancel = Arc::new(move || interrupt.is_set());
        Client::new(settings).map_err(|error| self.problem(&error))
    }

    /// Who signed in, and what it is good for; what is good for nothing is refused.
    fn look(&self, client: &Client, fresh: &mut Credentials, known: Option<&str>) -> Result<(Account, Vec<Role>)> {
        self.check_basics(fresh)?;
        let account = client.current_account().map_err(|error| self.problem(&error))?;
        fresh.account_id = Some(account.account_id.clone());
        if known.is_some_and(|known| known != account.account_id) {
            return Err(self.wrong_account(&account));
        }
        let roles = self.roles(fresh)?;
        let rooted = client.with_path_root(PathRoot::root(&account.root_info.root_namespace_id));
        if self.access != Purpose::Store && matches!(sight(&rooted), Sight::OwnFolder) {
            return Err(app_folder_app());
        }
        Ok((account, roles))
    }

    /// Whose account it was. What came from rclone does not say it, and Dropbox does, unless that sign-in has ended.
    fn known_account(
        &self,
        context: &Context,
        request: &Request,
        accounts: &Accounts,
        before: Credentials,
    ) -> Option<String> {
        before.account_id.or_else(|| {
            let kept = Access::Kept(Arc::new(accounts.keeper(&self.name)));
            let account = self.client(context, request, kept).ok()?.current_account().ok()?;
            Some(account.account_id)
        })
    }

    /// Without this one nobody can say whose account it is.
    fn check_basics(&self, fresh: &Credentials) -> Result<()> {
        let missing = missing_scopes(&fresh.scopes, &["account_info.read"]);
        if fresh.scopes.is_empty() || missing.is_empty() {
            Ok(())
        } else {
            Err(lacking(&self.name, &self.missing(fresh)))
        }
    }

    fn missing(&self, fresh: &Credentials) -> Vec<&'static str> {
        missing_scopes(&fresh.scopes, self.access.scopes().unwrap_or(sign_in::RESTORE))
    }

    /// The roles that the permissions are enough for. Who named a purpose gets it whole or not at all.
    fn roles(&self, fresh: &Credentials) -> Result<Vec<Role>> {
        let is_enough = |role: &Role| missing_scopes(&fresh.scopes, scopes_for(*role)).is_empty();
        let wanted = self.access.roles();
        if fresh.scopes.is_empty() {
            return Ok(wanted.to_vec());
        }
        let roles: Vec<_> = wanted.iter().copied().filter(is_enough).collect();
        let is_refused = if self.access == Purpose::Full { roles.is_empty() } else { roles.len() < wanted.len() };
        if is_refused { Err(lacking(&self.name, &self.missing(fresh))) } else { Ok(roles) }
    }

    fn wrong_account(&self, account: &Account) -> Problem {
        let name = &self.name;
        let who = text::printable(&account.email);
        Problem::new(ProblemKind::Credentials, format!("you signed in as {who}, and `{name}` is another account"))
            .hint(format!(
                "sign out on dropbox.com and sign in as the other one; or take another --name for this account; or forget the other one first: larder auth rm {name}"
            ))
    }

    /// What is there already keeps its path and its options.
    fn add_remotes(&self, context: &Context, roles: &[Role]) -> Result<()> {
        remotes::edit(context.folders.config()?, |file| {
            for role in roles {
                if file.get(*role, &self.name)?.is_none() {
                    let location = connectors::kept_location("dropbox:".as_ref(), *role)?;
                    file.put(*role, &Remote { name: self.name.clone(), location, options: Options::default() })?;
                }
            }
            Ok(())
        })
    }

    fn tell(&self, context: &Context, account: &Account, fresh: &Credentials, roles: &[Role]) -> Result<()> {
        let name = &self.name;
        let words: Vec<_> = roles.iter().map(|role| role.word()).collect();
        if roles.len() < self.access.roles().len() {
            context.output.warn(format_args!("{}", lacking(name, &self.missing(fresh))));
            context.output.remark(format_args!(
                "hint: to restore to it and to keep stores there, turn them on in the App Console, and sign in again"
            ));
        }
        let who = format!("{} <{}>", account.name.display_name, account.email);
        context.output.done(
            format_args!("auth: signed in as {}; @{name} serves as {}", text::printable(&who), words.join(", ")),
            &json!({
                "event": "result",
                "name": name,
                "account": account.account_id,
                "display_name": account.name.display_name,
                "email": account.email,
                "scopes": fresh.scopes,
                "serves_as": words,
            }),
        )
    }

    fn problem(&self, error: &dropbox_client::Error) -> Problem {
        dropbox_problem(error, Some(&self.name))
    }
}
