//! A folder of an account, to be restored into.

use std::{
    any::Any,
    sync::{Arc, Mutex},
};

use dropbox_client::{DownloadFile, names::compose};
use larder_connect::{Names, New, NewFile, OpenFile, Removal, State, TargetFolder, Ticket};
use larder_model::{Entry, Kind, Metadata, Problem, ProblemKind, Result, Skip, TreePath, escape};

use super::{
    file::{DropboxNewFile, FileContent},
    gather::SMALL_BYTES_MAX,
    inner::Inner,
    kept::{self, Kept},
    large::Large,
    names,
    order::Order,
    removal::Surplus,
};
use crate::{arriving::Streaming, folder::revision, item::Item, problem::problem};

/// The most that Dropbox takes: 2 TiB less 4 MiB.
const FILE_BYTES_MAX: u64 = (1 << 41) - (1 << 22);

#[derive(Clone)]
pub struct DropboxTargetFolder {
    inner: Arc<Inner>,
    /// As it is displayed; nothing for the root.
    path: String,
    /// When this restore made it: until the next flush nothing stands in it.
    made_in: Option<u64>,
}

impl DropboxTargetFolder {
    pub fn standing(inner: &Arc<Inner>, path: String) -> Self {
        Self { inner: inner.clone(), path, made_in: None }
    }

    pub fn made(inner: &Arc<Inner>, path: String) -> Self {
        Self { inner: inner.clone(), path, made_in: Some(inner.epoch()) }
    }

    fn is_new(&self) -> bool {
        self.made_in == Some(self.inner.epoch())
    }

    /// The name that `name` has here, checked.
    fn name(&self, name: &[u8]) -> Result<String> {
        names::require_safe(name, &self.path)?;
        Ok(self.written(name))
    }

    fn written(&self, name: &[u8]) -> String {
        let usual = names::written(name);
        if self.is_new() {
            return usual;
        }
        // The name that Dropbox took after it had refused the usual one, the last time. What cannot be asked for fails soon enough.
        let cautious = names::cautious(&usual);
        let is_there = cautious != usual && self.inner.find(&self.path, &cautious).is_ok_and(|found| found.is_some());
        if is_there { cautious } else { usual }
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    fn found(&self, name: &str) -> Result<Option<super::standing::Found>> {
        if self.is_new() { Ok(None) } else { self.inner.find(&self.path, name) }
    }

    /// The row that tells of another name.
    fn note(&self, original: &[u8], written: &str) -> Option<Skip> {
        if original == written.as_bytes() {
            return None;
        }
        let path = TreePath::new(&self.path).child(original);
        let here = escape(self.path_of(written).as_bytes());
        let why = match std::str::from_utf8(original) {
            Ok(text) if *compose(text) == *written => "is composed as Dropbox does it, and written as",
            _ => "cannot have that name at Dropbox and is written as",
        };
        Some(Skip::note(path.clone(), "renamed", format!("{path} {why} {here}")))
    }

    fn content(&self, new: &New, path: &str) -> FileContent {
        let size = new.entry.meta.size;
        if size <= SMALL_BYTES_MAX {
            return FileContent::Small(Mutex::default());
        }
        let kept = self.inner.options.notes.as_deref().filter(|_| !new.content.is_empty()).and_then(|folder| {
            let account = self.inner.account().id;
            let key = kept::key(&[account.as_bytes(), path.as_bytes(), new.content]);
            Kept::open(folder, &key)
        });
        FileContent::Large(Large::new(&self.inner, path, size, kept))
    }

    fn in_the_way(&self, name: &str) -> Problem {
        let path = escape(self.path_of(name).as_bytes());
        Problem::new(ProblemKind::Conflict, format!("something else stands at {path}"))
    }
}

impl TargetFolder for DropboxTargetFolder {
    fn look(&self, name: &[u8]) -> Result<Option<Entry>> {
        let name = self.name(name)?;
        Ok(self.found(&name)?.map(|found| found.entry))
    }

    fn look_again(&self, name: &[u8]) -> Result<Option<Entry>> {
        let path = self.path_of(&self.name(name)?);
        self.inner.find_again(&path)
    }

    fn names(&self) -> Result<Names> {
        let mut names = Names::default();
        if !self.is_new() {
            for (name, kind) in self.inner.names_in(&self.path)? {
                if !names.push(name.as_bytes(), Some(kind)) {
                    return Err(Problem::failed(format!("{}/ holds too many names", self.path)));
                }
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        let name = self.name(&entry.name)?;
        let item = self.found(&name)?.and_then(|found| Item::of_entry(&found.entry)).filter(Item::is_file);
        let item = item.ok_or_else(|| Problem::not_found(format!("there is no file {}", self.path_of(&name))))?;
        let what = DownloadFile { content_hash: item.hash_text(), ..DownloadFile::of(revision(&item)) };
        let download = self.inner.call(|client| client.download(&what)).map_err(|error| problem(&error))?;
        Ok(Box::new(Streaming::of_file(download, item)))
    }

    fn open(&self, name: &[u8]) -> Result<Option<Arc<dyn TargetFolder>>> {
        let name = self.name(name)?;
        let found = self.found(&name)?.filter(|found| found.entry.kind == Kind::Directory);
        let Some(found) = found else { return Ok(None) };
        let path = self.path_of(&found.name);
        self.inner.need_items(&path)?;
        self.inner.refuse_store(&path)?;
        Ok(Some(Arc::new(Self::standing(&self.inner, path))))
    }

    fn make_folder(
        &self,
        entry: &Entry,
        ticket: Ticket,
        skips: &mut dyn FnMut(Skip),
    ) -> Result<(Arc<dyn TargetFolder>, State)> {
        let name = self.name(&entry.name)?;
        match self.found(&name)? {
            Some(found) if found.entry.kind == Kind::Directory => {
                Ok((Arc::new(Self::standing(&self.inner, self.path_of(&found.name))), State::Done))
            }
            Some(_) => Err(self.in_the_way(&name)),
            None => {
                let path = self.path_of(&name);
                self.note(&entry.name, &name).into_iter().for_each(skips);
                self.inner.folders().add(&path, Some(ticket));
                Ok((Arc::new(Self::made(&self.inner, path)), State::Underway))
            }
        }
    }

    fn create(&self, new: &New) -> Result<Box<dyn NewFile>> {
        let name = self.name(&new.entry.name)?;
        self.inner.work.check()?;
        let path = self.path_of(&name);
        if new.entry.meta.size > FILE_BYTES_MAX {
            let path = escape(path.as_bytes());
            return Err(Problem::new(
                ProblemKind::Unsupported,
                format!("{path}: it is larger than files at Dropbox can be"),
            ));
        }
        Ok(Box::new(DropboxNewFile {
            content: self.content(new, &path),
            note: self.note(&new.entry.name, &name),
            order: Order::new(new, path),
            inner: self.inner.clone(),
        }))
    }

    fn recall(&self, new: &New) -> Result<bool> {
        let name = self.name(&new.entry.name)?;
        self.inner.recall(new, &self.path_of(&name))
    }

    /// The engine asks first what can be held.
    fn make(&self, entry: &Entry, _: &mut dyn FnMut(Skip)) -> Result<()> {
        let path = self.path_of(&self.name(&entry.name)?);
        Err(Problem::new(ProblemKind::Unsupported, format!("{path}: Dropbox cannot hold a {}", entry.kind.word())))
    }

    fn link(&self, name: &[u8], _: &dyn TargetFolder, _: &[u8], _: &mut dyn FnMut(Skip)) -> Result<()> {
        let path = self.path_of(&self.name(name)?);
        Err(Problem::new(ProblemKind::Unsupported, format!("{path}: Dropbox has no hard links")))
    }

    /// There is nothing that could be brought up to date without writing the content again.
    fn update(&self, entry: &Entry, _: &mut dyn FnMut(Skip)) -> Result<()> {
        self.name(&entry.name).map(drop)
    }

    fn protected(&self, name: &[u8]) -> Result<Option<String>> {
        let name = self.name(name)?;
        match self.found(&name)? {
            Some(_) => self.inner.protection(&self.path_of(&name)),
            None => Ok(None),
        }
    }

    fn remove(&self, name: &[u8], why: Removal) -> Result<State> {
        let name = self.name(name)?;
        let found = self.found(&name)?;
        let found = found.ok_or_else(|| Problem::not_found(format!("there is no {}", self.path_of(&name))))?;
        let path = self.path_of(&found.name);
        let is_file = found.entry.kind != Kind::Directory;
        let rev = Item::of_entry(&found.entry).and_then(|item| item.rev).filter(|_| is_file);
        match why {
            Removal::InTheWay => {
                self.inner.delete_now(&path, rev)?;
                self.inner.standing().remove(&path);
                Ok(State::Done)
            }
            Removal::Surplus(ticket) => {
                self.inner.surplus().push(Surplus { path, rev, ticket: Some(ticket) });
                Ok(State::Underway)
            }
        }
    }

    /// Folders have neither times nor modes.
    fn settle(&self, _: &Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        Ok(())
    }

    fn written_name(&self, name: &[u8]) -> Box<[u8]> {
        if Entry::is_safe_name(name) { self.written(name).into_bytes().into() } else { name.into() }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
