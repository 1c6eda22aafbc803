//! A folder of any number of small files, which exist only while they are looked at: for tests of memory.

use std::sync::Arc;

use larder_connect::{Folder, Names, OpenFile, Source};
use larder_model::{Entry, Kind, Metadata, Origin, Problem, Result, Skip, Stamp, Time, TreePath};

use crate::short_file::ShortFile;

const ROOT: &[u8] = b"bulk";
const THEN: i64 = 1_700_000_000;

/// One folder with `files` files of a few bytes each.
#[derive(Clone, Copy)]
pub struct BulkSource {
    pub files: u32,
    /// This one has other bytes, and was changed later.
    pub changed: Option<u32>,
}

impl BulkSource {
    fn body(&self, number: u32) -> Vec<u8> {
        let word = if self.changed == Some(number) { "changed" } else { "content" };
        format!("{word} of file {number}").into_bytes()
    }

    fn meta(&self, number: u32) -> Metadata {
        let later = i64::from(self.changed == Some(number));
        let time = Some(Time::new(THEN + i64::from(number) + later, number));
        Metadata {
            size: self.body(number).len() as u64,
            mtime: time,
            ctime: time,
            mode: Some(0o644),
            stamp: Some(Stamp { inode: u64::from(number) + 10 }),
            ..Metadata::default()
        }
    }
}

impl Source for BulkSource {
    fn origin(&self) -> Origin {
        Origin { connector: "bulk".to_owned(), identity: "testkit".to_owned(), root: "/bulk".to_owned() }
    }

    fn roots(&self) -> Vec<TreePath> {
        vec![TreePath::new(ROOT)]
    }

    fn now(&self) -> Option<Time> {
        None
    }

    fn top(&self) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(Bulk { source: *self, is_top: true }))
    }
}

struct Bulk {
    source: BulkSource,
    is_top: bool,
}

impl Bulk {
    fn number(&self, name: &[u8]) -> Option<u32> {
        let number = std::str::from_utf8(name).ok()?.strip_prefix("file-")?.parse().ok()?;
        (number < self.source.files && !self.is_top).then_some(number)
    }
}

impl Folder for Bulk {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let mut names = Names::default();
        if self.is_top {
            assert!(names.push(ROOT, Some(Kind::Directory)));
            return Ok(names);
        }
        for number in 0..self.source.files {
            assert!(names.push(format!("file-{number:08}").as_bytes(), Some(Kind::File)));
        }
        Ok(names)
    }

    fn stat(&self, name: &[u8], _: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        if self.is_top && name == ROOT {
            let mut entry = Entry::new(name, Kind::Directory);
            entry.meta.mode = Some(0o755);
            return Ok(Some(entry));
        }
        let Some(number) = self.number(name) else { return Ok(None) };
        Ok(Some(Entry { name: name.into(), kind: Kind::File, meta: self.source.meta(number) }))
    }

    fn details(&self, _: &[u8], _: &mut Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        let number = self.number(&entry.name).ok_or_else(|| Problem::not_found("there is no such file"))?;
        Ok(Box::new(ShortFile::new(self.source.body(number), self.source.meta(number))))
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        if self.is_top && name == ROOT {
            return Ok(Arc::new(Self { source: self.source, is_top: false }));
        }
        Err(Problem::not_found("there is no such folder"))
    }

    fn path(&self) -> TreePath {
        if self.is_top { TreePath::top() } else { TreePath::new(ROOT) }
    }
}
