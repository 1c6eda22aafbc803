//! An account as a destination of restores: what a place's options and the command's mean there.

use larder_connect::Target;
use larder_dropbox::{Account, DropboxTarget, TargetOptions};
use larder_model::{Problem, Result};

use super::{Connection, check, connect, for_account, known, source::whose};
use crate::{
    accounts::Accounts,
    connectors::{Destination, DestinationRules, Sent},
    context::Context,
    remotes::{Place, Role},
};

/// Notes on uploads, in the data folder: a restore that was killed goes on with them.
const NOTES: &str = "uploads";

/// An open account.
struct OpenAccount {
    connection: Connection,
    accounts: Accounts,
    target: DropboxTarget,
    /// As it is remembered.
    remembered: Account,
}

/// Opens the account of a place, which costs a call at the first time. A sign-in that may not write is refused before anything is sent.
pub fn target(place: &Place, context: &Context, rules: DestinationRules) -> Result<Box<dyn Destination>> {
    let connection = connect(place, context)?;
    let granted = &connection.credentials.scopes;
    let missing = check::missing_scopes(granted, check::scopes_for(Role::Destination));
    if !granted.is_empty() && !missing.is_empty() {
        return Err(check::lacking(&connection.account, &missing));
    }
    let accounts = Accounts::of(&context.folders)?;
    let (account, _) =
        whose(&connection, &accounts, context).map_err(|problem| for_account(problem, &connection.account))?;
    let options = TargetOptions {
        path: connection.path.clone(),
        namespace: place.options.get("root_namespace").map(str::to_owned),
        by_revision: rules.by_revision,
        notes: context.folders.data().map(|data| data.join(NOTES)),
        threads: place.options.number("threads").and_then(|number| number.try_into().ok()),
        memory: context.memory(),
    };
    let target = DropboxTarget::new(&connection.client, account.clone(), options)?;
    Ok(Box::new(OpenAccount { connection, accounts, target, remembered: account }))
}

impl Destination for OpenAccount {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn sent(&self) -> Option<Sent> {
        let counts = self.connection.client.counts();
        Some(Sent { calls: counts.calls_in_all(), bytes: counts.bytes_up })
    }

    fn remember(&self) -> Result<()> {
        let now = self.target.account();
        if now == self.remembered {
            return Ok(());
        }
        known::save(&self.accounts.known_file(&self.connection.account), &now)
    }

    fn explain(&self, problem: Problem) -> Problem {
        for_account(problem, &self.connection.account)
    }
}
