//! `larder source`, `larder destination` and `larder store`: named remotes, one command for the three roles.

mod check;
mod import;
mod pair;

use clap::{Args, Subcommand};
use larder_model::{Problem, Result};
use serde_json::{Value, json};

use self::{check::Check, import::Import, pair::Pair};
use super::Outcome;
use crate::{
    connectors,
    context::Context,
    remotes::{self, Options, Remote, Role, check_name},
};

#[derive(Args)]
pub struct RemoteCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Give a place a name
    Add {
        /// What to call it: letters, digits and . _ -
        #[arg(value_name = "NAME", value_parser = check_name)]
        name: String,
        /// Where it is, such as dropbox:/Photos or fs:/home/ann
        #[arg(value_name = "LOCATION")]
        location: std::ffi::OsString,
        /// Options of the connector; a wrong key gets the list of them
        #[arg(value_name = "KEY=VALUE")]
        options: Vec<Pair>,
    },
    Import(Import),
    /// Set options of a remote, or its location
    Set {
        /// Which one
        #[arg(value_name = "NAME", value_parser = check_name)]
        name: String,
        /// What to set; `location=` moves it
        #[arg(value_name = "KEY=VALUE", required = true)]
        options: Vec<Pair>,
    },
    /// Take options of a remote back
    Unset {
        /// Which one
        #[arg(value_name = "NAME", value_parser = check_name)]
        name: String,
        /// Which options, as `show` names them
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
    },
    /// Show the remotes, or all about one
    Show {
        /// Without a name, all are listed
        #[arg(value_name = "NAME", value_parser = check_name)]
        name: Option<String>,
    },
    /// Forget a name; what it stands for stays as it is
    Rm {
        /// Which one
        #[arg(value_name = "NAME", value_parser = check_name)]
        name: String,
    },
    Check(Check),
}

impl RemoteCommand {
    pub fn run(self, role: Role, context: &Context) -> Result<Outcome> {
        match self.action {
            Action::Add { name, location, options } => add(context, role, name, &location, &options)?,
            Action::Import(import) => import.run(role, context)?,
            Action::Set { name, options } => set(context, role, &name, &options)?,
            Action::Unset { name, keys } => unset(context, role, &name, &keys)?,
            Action::Show { name } => show(context, role, name.as_deref())?,
            Action::Rm { name } => rm(context, role, &name)?,
            Action::Check(check) => check.run(role, context)?,
        }
        Ok(Outcome::Done)
    }
}

fn add(context: &Context, role: Role, name: String, location: &std::ffi::OsStr, pairs: &[Pair]) -> Result<()> {
    let location = connectors::kept_location(location, role)?;
    let mut remote = Remote { name, location, options: Options::default() };
    apply(&mut remote, role, pairs)?;
    remotes::edit(context.folders.config()?, |file| match file.get(role, &remote.name)? {
        Some(there) => Err(taken(role, &there)),
        None => file.put(role, &remote),
    })?;
    tell(context, role, "added", &remote)
}

fn taken(role: Role, there: &Remote) -> Problem {
    let (word, name) = (role.word(), &there.name);
    Problem::usage(format!("there is a {word} named {name} already: {}", there.location)).hint(format!(
        "change it with `larder {word} set {name} KEY=VALUE`, or remove it with `larder {word} rm {name}`"
    ))
}

fn set(context: &Context, role: Role, name: &str, pairs: &[Pair]) -> Result<()> {
    let remote = remotes::edit(context.folders.config()?, |file| {
        let mut remote = file.need(role, name)?;
        apply(&mut remote, role, pairs)?;
        file.put(role, &remote)?;
        Ok(remote)
    })?;
    tell(context, role, "changed", &remote)
}

/// The location first: the options that there are depend on it.
fn apply(remote: &mut Remote, role: Role, pairs: &[Pair]) -> Result<()> {
    if let Some(location) = pairs.iter().find(|pair| pair.key == "location") {
        remote.location = connectors::kept_location(location.value.as_ref(), role)?;
        for (key, _) in remote.options.iter() {
            connectors::spec_at(&remote.location, role, key)?;
        }
    }
    for pair in pairs.iter().filter(|pair| pair.key != "location") {
        let spec = connectors::spec_at(&remote.location, role, &pair.key)?;
        remote.options.set(spec, &pair.value)?;
    }
    Ok(())
}

fn unset(context: &Context, role: Role, name: &str, keys: &[String]) -> Result<()> {
    let remote = remotes::edit(context.folders.config()?, |file| {
        let mut remote = file.need(role, name)?;
        for key in keys {
            let spec = connectors::spec_at(&remote.location, role, key)?;
            if !remote.options.unset(spec.name) {
                return Err(Problem::usage(format!("`{key}` is not set for {name}"))
                    .hint(format!("`larder {} show {name}` shows what is", role.word())));
            }
        }
        file.put(role, &remote)?;
        Ok(remote)
    })?;
    tell(context, role, "changed", &remote)
}

fn show(context: &Context, role: Role, name: Option<&str>) -> Result<()> {
    let file = remotes::read(context.folders.config()?)?;
    if let Some(name) = name {
        let remote = file.need(role, name)?;
        return context.output.result(described(&remote), &remote.json(role));
    }
    let remotes = file.all(role)?;
    if context.output.is_json() {
        let remotes: Vec<_> = remotes.iter().map(|remote| remote.json(role)).collect();
        return context.output.json(&json!({"remotes": remotes}));
    }
    let width = remotes.iter().map(|remote| remote.name.len()).max().unwrap_or(0);
    remotes.iter().try_for_each(|remote| context.output.line(line(remote, width)))
}

fn line(remote: &Remote, width: usize) -> String {
    let options: String = remote.options.iter().map(|(key, value)| format!("  {key}={value}")).collect();
    format!("{:<width$}  {}{options}", remote.name, shown_location(remote))
}

fn described(remote: &Remote) -> String {
    let rows = std::iter::once(("location", shown_location(remote)));
    let rows = rows.chain(remote.options.iter().map(|(key, value)| (key, value.to_owned())));
    let lines = rows.map(|(key, value)| format!("{:<15} {value}", format!("{key}:")));
    lines.collect::<Vec<_>>().join("\n")
}

/// People edit the file, and a terminal must not be driven by what they paste.
fn shown_location(remote: &Remote) -> String {
    crate::text::printable(&remote.location)
}

fn rm(context: &Context, role: Role, name: &str) -> Result<()> {
    let config = context.folders.config()?;
    let remote = remotes::edit(config, |file| {
        let remote = file.need(role, name)?;
        file.remove(role, name);
        Ok(remote)
    })?;
    let json = json!({"removed": remote.json(role)});
    context
        .output
        .done(format_args!("{}: removed {name}; what is at {} stays", role.word(), shown_location(&remote)), &json)
}

fn tell(context: &Context, role: Role, verb: &str, remote: &Remote) -> Result<()> {
    let people = format!("{}: {verb} {}", role.word(), line(remote, 0));
    context.output.done(people, &Value::Object([(verb.to_owned(), remote.json(role))].into_iter().collect()))
}
