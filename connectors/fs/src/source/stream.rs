//! A source of one file, which is read from a stream: `--stdin` and `--stdin-command`.
//!
//! A stream is read once and has no size until it ends, so its entry knows neither size nor time; both come when reading is finished.
//! Whether what was read is worth keeping is known at the end alone: a database dump whose program failed is no dump.

use std::{
    io::{ErrorKind, Read},
    sync::{Arc, Mutex, PoisonError},
};

use larder_connect::{Folder, Names, OpenFile, Piece, Source};
use larder_model::{Entry, Kind, Metadata, Origin, Problem, Result, Skip, Time, TreePath, reason};

use crate::sys;

/// What is asked when the stream has ended: an error means that nothing of it is to be kept.
pub type Verdict = Box<dyn FnOnce() -> Result<()> + Send>;

/// A tree with one file in it, whose content is a stream.
pub struct StreamSource {
    origin: Origin,
    stream: Arc<Stream>,
}

struct Stream {
    path: TreePath,
    started: Time,
    unread: Mutex<Option<(Box<dyn Read + Send>, Verdict)>>,
    outcome: Mutex<Outcome>,
}

#[derive(Clone)]
enum Outcome {
    Unread,
    /// Somebody reads it, or stopped before its end.
    Open,
    Ended,
    Failed(Problem),
}

impl StreamSource {
    /// `name` is the file's path in the snapshot. `verdict` is called once, when `reader` has ended. `origin` takes the machine's place
    /// in the origin.
    pub fn new(name: &[u8], reader: Box<dyn Read + Send>, verdict: Verdict, origin: Option<&str>) -> Result<Self> {
        let path = TreePath::new(name);
        if path.is_top() || name.contains(&0) {
            return Err(Problem::usage("the stream needs a name under which it is kept")
                .hint("give it one like that of a file, such as --stdin mydb.sql"));
        }
        let origin = Origin {
            connector: "stdin".to_owned(),
            identity: origin.map_or_else(sys::machine_name, str::to_owned),
            root: path.to_string(),
        };
        let unread = Mutex::new(Some((reader, verdict)));
        let stream = Stream { path, started: Time::now(), unread, outcome: Mutex::new(Outcome::Unread) };
        Ok(Self { origin, stream: Arc::new(stream) })
    }
}

impl Source for StreamSource {
    fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn roots(&self) -> Vec<TreePath> {
        vec![self.stream.path.clone()]
    }

    fn now(&self) -> Option<Time> {
        None
    }

    fn top(&self) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(StreamFolder { path: TreePath::top(), stream: self.stream.clone() }))
    }

    fn finish(&self) -> Result<()> {
        match self.stream.outcome() {
            Outcome::Unread | Outcome::Ended => Ok(()),
            Outcome::Open => Err(Problem::failed(format!("{} was not read to its end", self.stream.path))),
            Outcome::Failed(problem) => Err(problem),
        }
    }
}

impl Stream {
    fn outcome(&self) -> Outcome {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    fn set_result(&self, result: Result<()>) -> Result<()> {
        self.set(result.clone().map_or_else(Outcome::Failed, |()| Outcome::Ended));
        result
    }
}

/// A folder on the way to the one file.
struct StreamFolder {
    path: TreePath,
    stream: Arc<Stream>,
}

impl StreamFolder {
    /// The name that leads on, and whether it is the file's.
    fn child(&self) -> (&[u8], bool) {
        let mut names = self.stream.path.names().skip(self.path.names().count());
        let name = names.next().expect("a folder of a stream lies above its file");
        (name, names.next().is_none())
    }

    fn vanished(&self, name: &[u8]) -> Problem {
        Problem::not_found(format!("{} is not there", self.path.child(name)))
    }
}

impl Folder for StreamFolder {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let mut names = Names::default();
        let (name, is_file) = self.child();
        let kind = if is_file { Kind::File } else { Kind::Directory };
        if names.push(name, Some(kind)) { Ok(names) } else { Err(Problem::usage("the stream's name is too long")) }
    }

    fn stat(&self, name: &[u8], _: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        let (only, is_file) = self.child();
        let kind = if is_file { Kind::File } else { Kind::Directory };
        Ok((only == name).then(|| Entry::new(name, kind)))
    }

    fn details(&self, _: &[u8], _: &mut Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        if self.child() != (&entry.name, true) {
            return Err(self.vanished(&entry.name));
        }
        let unread = self.stream.unread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (reader, verdict) = unread
            .ok_or_else(|| Problem::failed(format!("{} is a stream, which can be read once", self.stream.path)))?;
        self.stream.set(Outcome::Open);
        Ok(Box::new(StreamFile { stream: self.stream.clone(), reader, verdict: Some(verdict), size: 0 }))
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        if self.child() != (name, false) {
            return Err(self.vanished(name));
        }
        Ok(Arc::new(Self { path: self.path.child(name), stream: self.stream.clone() }))
    }

    fn path(&self) -> TreePath {
        self.path.clone()
    }
}

struct StreamFile {
    stream: Arc<Stream>,
    reader: Box<dyn Read + Send>,
    /// Taken when the stream ends.
    verdict: Option<Verdict>,
    size: u64,
}

impl StreamFile {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let problem = Problem::failed(format!("cannot read {}: {}", self.stream.path, reason(&error)));
                    self.verdict = None;
                    return self.stream.set_result(Err(problem)).map(|()| 0);
                }
                Ok(len) => return Ok(len),
            }
        }
    }
}

impl OpenFile for StreamFile {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        match self.read(buffer)? {
            0 => {
                if let Some(verdict) = self.verdict.take() {
                    self.stream.set_result(verdict())?;
                }
                Ok(Piece::End)
            }
            len => {
                self.size += len as u64;
                Ok(Piece::Data(len))
            }
        }
    }

    fn finish(self: Box<Self>, _: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        Ok(Metadata { size: self.size, mtime: Some(self.stream.started), ..Metadata::default() })
    }
}
