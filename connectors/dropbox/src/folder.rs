//! A folder of the account, as the listing has it.

use std::sync::Arc;

use dropbox_client::DownloadFile;
use larder_connect::{Changes, Folder, Names, OpenFile, Piece};
use larder_model::{Entry, Kind, Metadata, Problem, Result, Skip, TreePath};

use crate::{
    arriving::Streaming,
    documents,
    item::Item,
    listing::{NodeId, State},
    problem::problem_alone,
    source::Inner,
};

pub struct DropboxFolder {
    pub source: Arc<Inner>,
    pub node: NodeId,
    /// As the snapshot writes it.
    pub path: TreePath,
}

impl DropboxFolder {
    fn child(&self, name: &[u8]) -> Option<NodeId> {
        let session = self.source.session();
        let child = session.listing.child(self.node, std::str::from_utf8(name).ok()?)?;
        session.listing.state(child).has(State::ALIVE).then_some(child)
    }

    fn gone(&self, name: &[u8]) -> Problem {
        Problem::not_found(format!("there is no {} any more", self.path.child(name)))
    }
}

impl Folder for DropboxFolder {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let session = self.source.session();
        let mut names = Names::default();
        for child in session.listing.children(self.node) {
            let name = session.listing.name(child);
            if !names.push(name.as_bytes(), None) {
                return Err(Problem::failed(format!("{} holds too many names", self.path)));
            }
        }
        names.sort();
        Ok(names)
    }

    fn changes(&self) -> Result<Option<Changes>> {
        Ok(self.source.session().listing.changes(self.node))
    }

    fn stat(&self, name: &[u8], _: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        Ok(self.child(name).and_then(|child| self.source.session().listing.entry(child)))
    }

    /// Dropbox knows no more than the listing.
    fn details(&self, _: &[u8], _: &mut Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        Ok(())
    }

    /// For what was not delivered: tells why it could not be, or reads it now.
    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        let child = self.child(&entry.name).ok_or_else(|| self.gone(&entry.name))?;
        if let Some(failure) = self.source.session().failures.get(&child) {
            return Err(failure.clone());
        }
        let item = self.source.session().listing.item(child).filter(Item::is_file);
        let item = item.ok_or_else(|| self.gone(&entry.name))?;
        let asked = Item::of_entry(entry).and_then(|asked| asked.rev);
        if asked.is_some() && asked != item.rev {
            return Err(self.gone(&entry.name));
        }
        open(&self.source, child, item)
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        let node = self.child(name).ok_or_else(|| self.gone(name))?;
        let is_folder = self.source.session().listing.entry(node).is_some_and(|entry| entry.kind == Kind::Directory);
        if !is_folder {
            return Err(self.gone(name));
        }
        Ok(Arc::new(Self { source: self.source.clone(), node, path: self.path.child(name) }))
    }

    fn path(&self) -> TreePath {
        self.path.clone()
    }
}

/// Opens a file, or an export of a document, for reading as it comes.
fn open(source: &Arc<Inner>, node: NodeId, item: Item) -> Result<Box<dyn OpenFile>> {
    let client = source.client();
    let opened = if item.export.is_some() {
        let id = item.id.clone().unwrap_or_default();
        client.export(&id, documents::argument(&item)).map(|export| Streaming::of_export(export, item.clone()))
    } else {
        let what = DownloadFile { content_hash: item.hash_text(), ..DownloadFile::of(revision(&item)) };
        client.download(&what).map(|download| Streaming::of_file(download, item.clone()))
    };
    match opened {
        Ok(file) => Ok(Box::new(Watched { source: source.clone(), node, file: Box::new(file) })),
        Err(error) => {
            let failure = failure(&error, &item);
            source.session_mut().failed(node, failure.clone());
            Err(failure)
        }
    }
}

/// A file that is read by whoever asked for it. That it could not be read to its end is noted, so that the next run tries it again: no
/// cursor names it any more.
struct Watched {
    source: Arc<Inner>,
    node: NodeId,
    file: Box<Streaming>,
}

impl OpenFile for Watched {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        let (source, node) = (&self.source, self.node);
        self.file.next(buffer).inspect_err(|problem| source.session_mut().failed(node, problem.clone()))
    }

    fn finish(self: Box<Self>, skips: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        let Self { source, node, file } = *self;
        file.finish(skips).inspect_err(|problem| source.session_mut().failed(node, problem.clone()))
    }
}

/// What a download names: a revision does not change under it.
pub fn revision(item: &Item) -> String {
    format!("rev:{}", item.rev.as_deref().unwrap_or_default())
}

/// Why an item could not be had, with its id.
pub fn failure(error: &dropbox_client::Error, item: &Item) -> Problem {
    problem_alone(error).context(item.id.as_deref().unwrap_or("an item without id"))
}
