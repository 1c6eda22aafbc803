//! An account as a source of backups: what a place's options and the command's patterns mean there.

use larder_connect::Source;
use larder_dropbox::{Account, DropboxSource, SourceOptions};
use larder_model::{Problem, ProblemKind, Result};

use super::{Connection, connect, for_account, known};
use crate::{
    accounts::Accounts,
    connectors::{RemoteSource, SourceRules, Usage},
    context::Context,
    remotes::Place,
};

/// `export=off`: documents are left out.
const NO_EXPORTS: &str = "off";

/// An open account.
struct OpenAccount {
    connection: Connection,
    accounts: Accounts,
    source: DropboxSource,
    /// As it is remembered; `None` when the place names the namespace that paths are in, and the account's own root does not count.
    remembered: Option<Account>,
}

/// Opens the account of a place, which costs a call at the first time.
pub fn source(place: &Place, context: &Context, rules: SourceRules) -> Result<Box<dyn RemoteSource>> {
    let connection = connect(place, context)?;
    let accounts = Accounts::of(&context.folders)?;
    let (account, is_fresh) =
        whose(&connection, &accounts, context).map_err(|problem| for_account(problem, &connection.account))?;
    let (seen, remembered) = match place.options.get("root_namespace") {
        Some(namespace) => (seen_from(namespace, account)?, None),
        None => (account.clone(), Some(account)),
    };
    let mut options = options(place, rules, connection.path.clone());
    options.keeps_root |= is_fresh;
    let source = DropboxSource::new(&connection.client, seen, options)?;
    Ok(Box::new(OpenAccount { connection, accounts, source, remembered }))
}

/// What is remembered of the account, else what Dropbox says; and whether it said so just now. Failing to remember costs a warning now, and a call next time.
pub fn whose(connection: &Connection, accounts: &Accounts, context: &Context) -> Result<(Account, bool)> {
    let name = &connection.account;
    let file = accounts.known_file(name);
    let id = connection.credentials.account_id.as_deref();
    if let Some(known) = id.and_then(|id| known::load(&file, id)) {
        return Ok((known, false));
    }
    let account = Account::ask(&connection.client)?;
    let noted = accounts.note_id(name, &connection.credentials, &account.id);
    if let Err(problem) = noted.and_then(|()| known::save(&file, &account)) {
        context.output.warn(problem);
    }
    Ok((account, true))
}

/// The account as it is seen from one of its two own roots.
fn seen_from(namespace: &str, account: Account) -> Result<Account> {
    if namespace == account.root_namespace {
        return Ok(account);
    }
    if namespace == account.home_namespace {
        return Ok(Account { root_namespace: account.home_namespace.clone(), ..account });
    }
    let message = format!("backups begin at an account's own roots, and the namespace {namespace} is neither of them");
    Err(Problem::new(ProblemKind::Unsupported, message).hint(format!(
        "set root_namespace={} for all that the account sees, or {} for its own folder",
        account.root_namespace, account.home_namespace
    )))
}

fn options(place: &Place, rules: SourceRules, path: String) -> SourceOptions {
    let (defaults, set) = (SourceOptions::default(), &place.options);
    let number = |key: &str| set.number(key).and_then(|number| u32::try_from(number).ok());
    SourceOptions {
        path,
        exclude: rules.exclude,
        exclude_from: rules.exclude_from,
        exclude_larger_than: rules.exclude_larger_than,
        include: rules.include,
        zip: set.get("zip") != Some("off"),
        relist_days: number("relist").unwrap_or(defaults.relist_days),
        export: match set.get("export") {
            Some(NO_EXPORTS) => None,
            Some(formats) => Some(formats.split(',').map(str::to_owned).collect()),
            None => defaults.export,
        },
        keeps_root: set.get("root_namespace").is_some(),
        origin: rules.origin,
        threads: number("threads").map_or(defaults.threads, |threads| threads as usize),
        calls_a_second: number("pace").map_or(defaults.calls_a_second, f64::from),
        bytes_a_second: set.size("bandwidth_down").unwrap_or(defaults.bytes_a_second),
    }
}

impl RemoteSource for OpenAccount {
    fn source(&self) -> &dyn Source {
        &self.source
    }

    fn usage(&self) -> Usage {
        let counts = self.connection.client.counts();
        Usage { calls: counts.calls_in_all(), bytes_fetched: counts.bytes_down }
    }

    fn remember(&self) -> Result<()> {
        let now = self.source.account();
        match &self.remembered {
            Some(before) if *before != now => known::save(&self.accounts.known_file(&self.connection.account), &now),
            _ => Ok(()),
        }
    }

    fn explain(&self, problem: Problem) -> Problem {
        for_account(problem, &self.connection.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remotes::{Role, find_spec};

    fn told(pairs: &[(&str, &str)]) -> SourceOptions {
        let mut place = Place::here("/".as_ref());
        for (key, value) in pairs {
            let spec = find_spec(super::super::options::OPTIONS, Role::Source, "dropbox", key).unwrap();
            place.options.set(spec, value).unwrap();
        }
        options(&place, SourceRules::default(), String::new())
    }

    #[test]
    fn options_of_a_place_are_those_of_the_source() {
        let defaults = told(&[]);
        assert_eq!((defaults.zip, defaults.relist_days, defaults.export), (true, 30, Some(Vec::new())));
        let all = told(&[
            ("zip", "off"),
            ("relist", "7"),
            ("export", "docx,pdf"),
            ("threads", "3"),
            ("pace", "5"),
            ("bandwidth_down", "2M"),
        ]);
        assert_eq!((all.zip, all.relist_days, all.threads, all.bytes_a_second), (false, 7, 3, 2 << 20));
        assert_eq!(all.export, Some(vec!["docx".to_owned(), "pdf".to_owned()]));
        assert!((all.calls_a_second - 5.0).abs() < f64::EPSILON);
        assert_eq!(told(&[("export", "off")]).export, None);
    }

    #[test]
    fn an_account_has_two_roots_of_its_own() {
        let account = Account {
            id: "dbid:1".to_owned(),
            email: String::new(),
            root_namespace: "2".to_owned(),
            home_namespace: "3".to_owned(),
            home_path: Some("/Ann".to_owned()),
        };
        assert_eq!(seen_from("2", account.clone()).unwrap(), account);
        assert_eq!(seen_from("3", account.clone()).unwrap().root_namespace, "3");
        assert_eq!(seen_from("4", account).unwrap_err().kind(), ProblemKind::Unsupported);
    }
}
