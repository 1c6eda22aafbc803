//! `larder source import` and its relatives: taking remotes over from rclone.

use std::{
    fs,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use larder_engine::Unlock;
use larder_model::{Problem, ProblemKind, Result};
use larder_rclone::{self as rclone, Imported, Section};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    accounts::{Accounts, Kept},
    connectors,
    context::Context,
    location::shown,
    remotes::{self, Options, Remote, Role, check_name},
    secrets::{Secrets, Variables, Wants, prompt},
    text,
};

const OPTIONS: &str = "--rclone-password-file, --rclone-password-command or $RCLONE_CONFIG_PASS";

/// Far more than any configuration, and little enough to be read by mistake.
const BYTES_MAX: u64 = 16 << 20;

/// Take remotes over from rclone, with their sign-in
///
/// Reads what `rclone config show` prints from standard input, or a configuration file, which may be encrypted. Without a name, all
/// remotes are taken over that Larder can use. Importing again brings what is there up to date. Nothing is sent anywhere.
#[derive(Args)]
#[command(after_help = "\
Examples:
  rclone config show | larder source import mydropbox
  larder store import mydropbox --config ~/.config/rclone/rclone.conf")]
pub struct Import {
    /// What rclone calls them
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Read this file instead of standard input
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Read the password of rclone's configuration from this file
    #[arg(long, value_name = "FILE", conflicts_with = "rclone_password_command")]
    rclone_password_file: Option<PathBuf>,

    /// Run this command and take what it prints as the password of rclone's configuration
    #[arg(long, value_name = "COMMAND")]
    rclone_password_command: Option<String>,
}

impl Import {
    pub fn run(self, role: Role, context: &Context) -> Result<()> {
        let text = self.plain_text()?;
        let sections = rclone::sections(&text)?;
        let mut done = Done::default();
        if self.names.is_empty() {
            import_all(context, role, &sections, &mut done)?;
        }
        // First look at all that were named, so that a mistyped one leaves nothing half done.
        let named = self.names.iter().map(|name| find(&sections, name)).collect::<Result<Vec<_>>>()?;
        let read = named
            .into_iter()
            .map(|section| Ok((section, read_named(context, section)?)))
            .collect::<Result<Vec<_>>>()?;
        for (section, imported) in read {
            keep(context, role, section, imported, &mut done)?;
        }
        done.tell(context, role)
    }

    fn plain_text(&self) -> Result<Zeroizing<String>> {
        let text = rclone::text_of(self.bytes()?)?;
        if !rclone::is_encrypted(&text) {
            return Ok(text);
        }
        rclone::text_of(rclone::open(&text, &self.password()?)?)
    }

    fn bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        if let Some(file) = &self.config {
            let read = fs::File::open(file).and_then(|handle| handle.take(BYTES_MAX).read_to_end(&mut bytes));
            read.map_err(|error| unreadable(file, &error))?;
        } else if io::stdin().is_terminal() {
            return Err(Problem::usage("rclone's configuration is read from standard input, and nothing is there")
                .hint("pipe it: rclone config show | larder source import NAME; or name the file with --config"));
        } else {
            let read = io::stdin().take(BYTES_MAX).read_to_end(&mut bytes);
            read.map_err(|error| Problem::failed(format!("cannot read standard input: {}", text::reason(&error))))?;
        }
        if bytes.len() as u64 == BYTES_MAX {
            return Err(Problem::usage("this is too large to be a configuration of rclone"));
        }
        Ok(bytes)
    }

    fn password(&self) -> Result<Zeroizing<String>> {
        let secrets = Secrets {
            passphrase_file: self.rclone_password_file.clone(),
            passphrase_command: self.rclone_password_command.clone(),
            key_file: None,
            variables: Variables { passphrase: "RCLONE_CONFIG_PASS", key_file: "" },
        };
        match secrets.given(Wants { passphrase: true, key_file: false })? {
            Some(Unlock::Passphrase(password)) => Ok(password),
            _ => prompt("the password of rclone's configuration", OPTIONS),
        }
    }
}

fn unreadable(file: &Path, error: &io::Error) -> Problem {
    let kind = if error.kind() == io::ErrorKind::NotFound { ProblemKind::NotFound } else { ProblemKind::Failed };
    Problem::new(kind, format!("cannot read {}: {}", shown(file), text::reason(error)))
}

fn find<'a>(sections: &'a [Section], name: &str) -> Result<&'a Section> {
    let name = name.strip_suffix(':').unwrap_or(name);
    sections.iter().find(|section| section.name == name).ok_or_else(|| {
        let names: Vec<_> = sections.iter().map(|section| text::printable(&section.name)).collect();
        let hint = if names.is_empty() { "it has none".to_owned() } else { format!("it has: {}", names.join(", ")) };
        Problem::not_found(format!("rclone's configuration has no remote named `{}`", text::printable(name))).hint(hint)
    })
}

fn import_all(context: &Context, role: Role, sections: &[Section], done: &mut Done) -> Result<()> {
    if sections.is_empty() {
        return Err(Problem::not_found("rclone's configuration has no remotes")
            .hint("is it the right one? `rclone config file` names the file"));
    }
    for section in sections {
        match read_named(context, section) {
            Ok(imported) => keep(context, role, section, imported, done)?,
            Err(problem) => done.skipped.push((section.name.clone(), problem)),
        }
    }
    match done.skipped.first() {
        Some((_, problem)) if done.imported.is_empty() => {
            let others = done.skipped.len() - 1;
            let more = if others > 0 { format!(" (and {others} more like it)") } else { String::new() };
            let nothing = Problem::new(problem.kind(), format!("nothing can be taken over: {problem}{more}"));
            Err(problem.hint_text().map_or(nothing.clone(), |hint| nothing.hint(hint)))
        }
        _ => Ok(()),
    }
}

fn read_named(context: &Context, section: &Section) -> Result<Imported> {
    check_name(&section.name).map_err(|refusal| {
        Problem::usage(refusal).hint("rename the remote in rclone, or sign in: larder auth dropbox")
    })?;
    if section.kind() != rclone::DROPBOX {
        let kind = text::printable(section.kind());
        let message = format!("rclone's `{}` is of type `{kind}`, which Larder cannot take over yet", section.name);
        return Err(Problem::new(ProblemKind::Unsupported, message).hint("it can be: dropbox"));
    }
    let imported = rclone::read_dropbox(section)?;
    match imported.ends() {
        Some(end) if end <= jiff::Timestamp::now() && !is_signed_in(context, &section.name) => {
            Err(belongs_to_rclone(&section.name))
        }
        _ => Ok(imported),
    }
}

/// Whether there is a sign-in of Larder's own that stays.
fn is_signed_in(context: &Context, name: &str) -> bool {
    let kept = Accounts::of(&context.folders).and_then(|accounts| accounts.get(name));
    kept.is_ok_and(|kept| kept.is_some_and(|kept| kept.refresh_token.is_some()))
}

/// Without `client_id` the sign-in was to rclone's app, and only who has that app's key can renew it.
fn belongs_to_rclone(name: &str) -> Problem {
    let message =
        format!("rclone's `{name}` was signed in to rclone's own app, has expired, and only rclone can renew it");
    Problem::new(ProblemKind::Credentials, message)
        .hint(format!("sign in for Larder: larder auth dropbox --name {name}"))
}

fn keep(context: &Context, role: Role, section: &Section, imported: Imported, done: &mut Done) -> Result<()> {
    let name = &section.name;
    let config = context.folders.config()?;
    let before = remotes::read(config)?.get(role, name)?;
    let remote = updated(role, name, before, &imported)?;
    done.remark_on(role, &remote, &imported);
    let end = imported.ends();
    // The credentials first: a name that stands for nothing is worse than credentials without a name.
    if Accounts::of(&context.folders)?.keep_imported(name, imported)? == Kept::Better {
        done.remarks.push(format!("@{name} is signed in for Larder already, and stays so"));
    } else if let Some(end) = end {
        done.remarks.push(format!(
            "@{name} was signed in to rclone's own app: it works until {}, and then has to sign in for Larder: larder auth dropbox --name {name}",
            end.round(jiff::Unit::Second).unwrap_or(end)
        ));
    }
    remotes::edit(config, |file| file.put(role, &remote))?;
    done.imported.push(remote);
    Ok(())
}

/// What was set here stays; what rclone says is brought up to date.
fn updated(role: Role, name: &str, before: Option<Remote>, imported: &Imported) -> Result<Remote> {
    let mut remote = match before {
        Some(remote) if !remote.location.starts_with("dropbox:") => {
            let word = role.word();
            return Err(Problem::usage(format!("there is a {word} named {name} already: {}", remote.location))
                .hint(format!("remove it first: larder {word} rm {name}")));
        }
        Some(remote) => remote,
        None => {
            let location = connectors::kept_location("dropbox:".as_ref(), role)?;
            Remote { name: name.to_owned(), location, options: Options::default() }
        }
    };
    remote.options.unset("account");
    for (key, value) in &imported.options {
        if let Ok(spec) = connectors::spec_at(&remote.location, role, key) {
            remote.options.set(spec, value)?;
        }
    }
    Ok(remote)
}

/// What came of it.
#[derive(Default)]
struct Done {
    imported: Vec<Remote>,
    skipped: Vec<(String, Problem)>,
    remarks: Vec<String>,
}

impl Done {
    fn remark_on(&mut self, role: Role, remote: &Remote, imported: &Imported) {
        let (name, word) = (&remote.name, role.word());
        if !imported.options.iter().any(|(key, _)| *key == "root_namespace") {
            let below = if role == Role::Store { "/Larder" } else { "" };
            self.remarks.push(format!(
                "in a team with a team space, rclone's `{name}:` is your personal folder alone, and dropbox:/ is all that you see; for the folder alone: larder {word} set {name} location=dropbox:/YOUR-FOLDER{below}"
            ));
        }
        if !imported.unused.is_empty() {
            self.remarks.push(format!("of @{name}, Larder has ways of its own for: {}", imported.unused.join(", ")));
        }
    }

    fn tell(&self, context: &Context, role: Role) -> Result<()> {
        let output = &context.output;
        for (name, problem) in &self.skipped {
            output.remark(format_args!("{}: skipped {}: {problem}", role.word(), text::printable(name)));
        }
        self.remarks.iter().for_each(|remark| output.remark(format_args!("{}: {remark}", role.word())));
        let lines = self
            .imported
            .iter()
            .map(|remote| format!("{}: imported {} ({})", role.word(), remote.name, remote.location));
        let skipped = self.skipped.iter().map(|(name, problem)| json!({"name": name, "reason": problem.message()}));
        output.done(
            lines.collect::<Vec<_>>().join("\n"),
            &json!({
                "imported": self.imported.iter().map(|remote| remote.json(role)).collect::<Vec<_>>(),
                "skipped": skipped.collect::<Vec<_>>(),
                "remarks": self.remarks,
            }),
        )
    }
}
