//! A Dropbox account as a source: everything once, after that only what has changed.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::SystemTime,
};

use dropbox_client::{Class, Client, Error, GetMetadata, ListFolder, Page, PathRoot, names::fold};
use larder_connect::{Folder, Past, Source, Take, Wanted};
use larder_model::{Origin, Problem, Result, Skip, Time, TreePath};

use crate::{
    account::Account, checkpoint::Checkpoint, deliver, folder::DropboxFolder, listing::TOP, options::SourceOptions,
    problem::problem, rules::Rules, session::Session,
};

const DAY_SECS: i64 = 24 * 3600;

/// An account, or a folder of it.
pub struct DropboxSource(Arc<Inner>);

/// What folders and downloads share with the source.
pub struct Inner {
    client: RwLock<Client>,
    account: Mutex<Account>,
    pub rules: Rules,
    pub options: SourceOptions,
    session: RwLock<Session>,
}

impl DropboxSource {
    /// `account` is what is known of the account that `client` is signed in to; `rules` are those of the options. Nothing is called
    /// yet.
    pub fn new(client: &Client, account: Account, rules: Rules, options: SourceOptions) -> Self {
        let session = RwLock::new(Session::full(&rules, None));
        let root = options.namespace.as_ref().map_or_else(|| account.path_root(), PathRoot::namespace);
        let client = RwLock::new(client.with_path_root(root));
        Self(Arc::new(Inner { client, account: Mutex::new(account), rules, options, session }))
    }

    /// The account as it is known now: its root may have moved meanwhile.
    pub fn account(&self) -> Account {
        self.0.account().clone()
    }
}

impl Inner {
    pub fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn session(&self) -> RwLockReadGuard<'_, Session> {
        self.session.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn session_mut(&self) -> RwLockWriteGuard<'_, Session> {
        self.session.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now_secs(&self) -> i64 {
        let since = self.client().time_of_day().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs() as i64)
    }

    /// What a checkpoint must have been made by.
    fn rules_text(&self) -> String {
        let account = self.account();
        let namespace = self.options.namespace.as_ref().unwrap_or(&account.root_namespace);
        format!("{} {namespace}", self.rules.fingerprint)
    }

    /// True when the page says something of what a snapshot holds.
    fn take_page(&self, page: &Page) -> bool {
        let formats = self.options.export.as_deref();
        let mut session = self.session_mut();
        let taken = page.entries.iter().filter(|entry| session.take(&self.rules, entry, formats)).count();
        session.cursor.clone_from(&page.cursor);
        taken > 0
    }

    /// Asks for changes until there are no more; true when there were some.
    pub fn ask_for_changes(&self) -> Result<bool, Error> {
        let client = self.client();
        let mut changed = false;
        loop {
            let cursor = self.session().cursor.clone();
            let page = client.list_folder_continue(&cursor)?;
            changed |= self.take_page(&page);
            if !page.has_more {
                self.session_mut().leave_out_stores();
                return Ok(changed);
            }
        }
    }

    fn list_all(&self) -> Result<(), Error> {
        let (client, now) = (self.client(), self.now_secs());
        let mut page = client.list_folder(&ListFolder::of(self.rules.root.as_str()).recursively())?;
        loop {
            self.take_page(&page);
            if !page.has_more {
                break;
            }
            page = client.list_folder_continue(&page.cursor)?;
        }
        let mut session = self.session_mut();
        session.listed = now;
        session.leave_out_stores();
        session.listed_all();
        Ok(())
    }

    /// Lists everything; anew when the account was moved to another root, or the cursor did not live until its last page.
    fn full(&self, old: Option<&Checkpoint>) -> Result<()> {
        self.look_at_roots()?;
        for is_last in [false, false, true] {
            *self.session_mut() = Session::full(&self.rules, old.cloned());
            let error = match self.list_all() {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match error.class() {
                Class::PathRoot if !is_last && self.options.namespace.is_none() => self.move_root(&error)?,
                Class::Relist => {}
                _ => return Err(self.unlistable(&error)),
            }
        }
        Err(Problem::failed("the listing was reset three times").hint("run the backup again"))
    }

    /// Whoever had no root above their own folder is not told when they get one, so it is looked for whenever everything is listed.
    fn look_at_roots(&self) -> Result<()> {
        let is_own_root = self.account().path_root() == PathRoot::Home;
        if is_own_root && !self.options.keeps_root && self.options.namespace.is_none() {
            let now = Account::ask(&self.client())?;
            let client = self.client().with_path_root(now.path_root());
            *self.account() = now;
            *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        }
        Ok(())
    }

    /// The account has another root than was known: a user who joined a team, or left it.
    fn move_root(&self, error: &Error) -> Result<()> {
        let mut account = self.account();
        match error.new_root() {
            Some(root) => account.take_root(root),
            None => *account = Account::ask(&self.client())?,
        }
        let client = self.client().with_path_root(account.path_root());
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        Ok(())
    }

    fn unlistable(&self, error: &Error) -> Problem {
        let root = if self.rules.root.is_empty() { "/" } else { &self.rules.root };
        if let (Class::PathRoot, Some(namespace)) = (error.class(), &self.options.namespace) {
            let account = self.account();
            return Problem::not_found(format!("this account does not see the namespace {namespace}")).hint(format!(
                "set root_namespace to that of a shared folder that it is a member of, to {} for all that it sees, or to {} for its own folder",
                account.root_namespace, account.home_namespace
            ));
        }
        if error.is_not_found() || error.has_tag("not_folder") {
            return Problem::not_found(format!("there is no folder {root} in this Dropbox"))
                .hint("check the path behind `dropbox:`");
        }
        problem(error).context(format!("cannot list {root}"))
    }

    /// Only what has changed. `false` when that cannot be told, and everything has to be listed.
    fn delta(&self, checkpoint: Checkpoint, past: &Past) -> Result<bool> {
        *self.session_mut() = Session::delta(&self.rules, checkpoint);
        let unknown = self.session_mut().again(&self.rules, past);
        match self.ask_for_changes() {
            Ok(_) => {}
            // A reset, another root, or the folder itself has gone.
            Err(error) if matches!(error.class(), Class::Relist | Class::PathRoot | Class::SkipAndReport) => {
                return Ok(false);
            }
            Err(error) => return Err(problem(&error).context("cannot ask for changes")),
        }
        for path in unknown {
            self.look(&path)?;
        }
        Ok(!self.session().is_doubtful)
    }

    /// Asks for one item that the last snapshot lacks.
    fn look(&self, path: &str) -> Result<()> {
        let is_known = self.session().listing.find(path).is_some();
        if is_known {
            return Ok(());
        }
        match self.client().get_metadata(&GetMetadata::of(path)) {
            Ok(entry) => drop(self.session_mut().take(&self.rules, &entry, self.options.export.as_deref())),
            Err(error) if error.class() == Class::SkipAndReport => {}
            Err(error) => return Err(problem(&error)),
        }
        Ok(())
    }
}

impl Source for DropboxSource {
    fn origin(&self) -> Origin {
        let root = if self.0.rules.root.is_empty() { "/".to_owned() } else { fold(&self.0.rules.root) };
        // What lies in a namespace of its own is another thing than what lies under the same path in the account.
        let root = self.0.options.namespace.as_ref().map_or(root.clone(), |namespace| format!("ns-{namespace}{root}"));
        match &self.0.options.origin {
            Some(name) => Origin { connector: "dropbox".to_owned(), identity: name.clone(), root: String::new() },
            None => Origin { connector: "dropbox".to_owned(), identity: self.0.account().id.clone(), root },
        }
    }

    fn roots(&self) -> Vec<TreePath> {
        vec![TreePath::new(&self.0.session().root)]
    }

    /// Dropbox tells no time.
    fn now(&self) -> Option<Time> {
        None
    }

    fn list(&self, past: &Past, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        let inner = &*self.0;
        let checkpoint = past.checkpoint.as_deref().and_then(Checkpoint::decode);
        let relist = i64::from(inner.options.relist_days) * DAY_SECS;
        let is_usable = |old: &&Checkpoint| {
            past.is_whole
                && old.rules == inner.rules_text()
                && inner.now_secs() - old.listed < relist
                && !old.cursor.is_empty()
        };
        let is_told = match checkpoint.as_ref().filter(is_usable) {
            Some(old) => inner.delta(old.clone(), past)?,
            None => false,
        };
        if !is_told {
            inner.full(checkpoint.as_ref())?;
        }
        inner.tell(skips);
        Ok(())
    }

    fn deliver(&self, wanted: &Wanted, take: &mut Take) -> Result<bool> {
        deliver::deliver(&self.0, wanted, take)?;
        Ok(true)
    }

    fn fold<'n>(&self, name: &'n [u8]) -> Cow<'n, [u8]> {
        match std::str::from_utf8(name) {
            Ok(text) => Cow::Owned(fold(text).into_bytes()),
            Err(_) => Cow::Borrowed(name),
        }
    }

    fn checkpoint(&self, skips: &mut dyn FnMut(Skip)) -> Result<Option<Vec<u8>>> {
        self.0.tell(skips);
        let session = self.0.session();
        session.rows_of_out_of_reach().for_each(skips);
        Ok(Some(session.checkpoint(&self.0.rules_text()).encode()))
    }

    fn top(&self) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(DropboxFolder { source: self.0.clone(), node: TOP, path: TreePath::top() }))
    }
}

impl Inner {
    fn tell(&self, skips: &mut dyn FnMut(Skip)) {
        std::mem::take(&mut self.session_mut().notes).into_iter().for_each(skips);
    }
}
