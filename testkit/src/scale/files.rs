//! Any number of small files in folders of a hundred, which exist only while they are looked at.

use std::sync::Arc;

use larder_connect::{Folder, Names, OpenFile, Source};
use larder_model::{Entry, Kind, Metadata, Origin, Problem, Result, Skip, Stamp, Time, TreePath};

use crate::short_file::ShortFile;

/// Files of a folder, and folders of the folder above.
const A_FOLDER: u64 = 100;
const ROOT: &str = "scale";
const THEN: i64 = 1_700_000_000;

/// So many files of a few bytes each, in folders of a hundred, of which a hundred lie in a folder.
#[derive(Clone, Copy, Debug)]
pub struct MadeUpFiles {
    pub files: u64,
}

impl MadeUpFiles {
    /// Where a file lies.
    pub fn path(&self, file: u64) -> TreePath {
        self.folder_of(file).child(Place::name_of_file(file).as_bytes())
    }

    pub fn folder_of(&self, file: u64) -> TreePath {
        Place::Folder(file / A_FOLDER).path()
    }

    fn folders(&self) -> u64 {
        self.files.div_ceil(A_FOLDER)
    }

    fn meta(&self, file: u64) -> Metadata {
        let time = Some(Time::new(THEN + file as i64, (file % 1_000_000_000) as u32));
        Metadata {
            size: body(file).len() as u64,
            mtime: time,
            ctime: time,
            mode: Some(0o644),
            stamp: Some(Stamp { inode: file + 1_000_000 }),
            ..Metadata::default()
        }
    }
}

impl Source for MadeUpFiles {
    fn origin(&self) -> Origin {
        Origin { connector: "scale".to_owned(), identity: "testkit".to_owned(), root: format!("/{ROOT}") }
    }

    fn roots(&self) -> Vec<TreePath> {
        vec![Place::Root.path()]
    }

    fn now(&self) -> Option<Time> {
        None
    }

    fn top(&self) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(MadeUpFolder { files: *self, place: Place::Top }))
    }
}

/// Which folder.
#[derive(Clone, Copy)]
enum Place {
    Top,
    Root,
    /// A hundred folders.
    Group(u64),
    /// A hundred files.
    Folder(u64),
}

impl Place {
    fn path(self) -> TreePath {
        match self {
            Self::Top => TreePath::top(),
            Self::Root => Self::Top.path().child(&self.name()),
            Self::Group(_) => Self::Root.path().child(&self.name()),
            Self::Folder(folder) => Self::Group(folder / A_FOLDER).path().child(&self.name()),
        }
    }

    fn name(self) -> Vec<u8> {
        match self {
            Self::Top => Vec::new(),
            Self::Root => ROOT.into(),
            Self::Group(group) => format!("group-{group:06}").into_bytes(),
            Self::Folder(folder) => format!("folder-{folder:08}").into_bytes(),
        }
    }

    fn name_of_file(file: u64) -> String {
        format!("file-{file:010}.txt")
    }

    /// What lies in it, in order.
    fn children(self, files: MadeUpFiles) -> Vec<(Vec<u8>, Child)> {
        let some = |first: u64, all: u64| first * A_FOLDER..((first + 1) * A_FOLDER).min(all);
        let folder = |place: Self| (place.name(), Child::Folder(place));
        match self {
            Self::Top => vec![folder(Self::Root)],
            Self::Root => (0..files.folders().div_ceil(A_FOLDER)).map(|group| folder(Self::Group(group))).collect(),
            Self::Group(group) => some(group, files.folders()).map(|it| folder(Self::Folder(it))).collect(),
            Self::Folder(number) => some(number, files.files)
                .map(|file| (Self::name_of_file(file).into_bytes(), Child::File(file)))
                .collect(),
        }
    }

    /// What stands under a name, which says so itself.
    fn child(self, name: &[u8]) -> Result<Child> {
        let gone = || Problem::not_found(format!("there is no {}", self.path().child(name)));
        let text = std::str::from_utf8(name).map_err(|_| gone())?;
        let number = || text.split(['-', '.']).nth(1).and_then(|number| number.parse().ok()).ok_or_else(gone);
        Ok(match self {
            Self::Top => Child::Folder(Self::Root),
            Self::Root => Child::Folder(Self::Group(number()?)),
            Self::Group(_) => Child::Folder(Self::Folder(number()?)),
            Self::Folder(_) => Child::File(number()?),
        })
    }
}

#[derive(Clone, Copy)]
enum Child {
    Folder(Place),
    File(u64),
}

struct MadeUpFolder {
    files: MadeUpFiles,
    place: Place,
}

impl Folder for MadeUpFolder {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let mut names = Names::default();
        for (name, child) in self.place.children(self.files) {
            let kind = if matches!(child, Child::File(_)) { Kind::File } else { Kind::Directory };
            assert!(names.push(&name, Some(kind)));
        }
        Ok(names)
    }

    fn stat(&self, name: &[u8], _: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        Ok(Some(match self.place.child(name)? {
            Child::File(file) => Entry { name: name.into(), kind: Kind::File, meta: self.files.meta(file) },
            Child::Folder(_) => {
                let mut entry = Entry::new(name, Kind::Directory);
                entry.meta.mode = Some(0o755);
                entry
            }
        }))
    }

    fn details(&self, _: &[u8], _: &mut Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        match self.place.child(&entry.name)? {
            Child::File(file) => Ok(Box::new(ShortFile::new(body(file), self.files.meta(file)))),
            Child::Folder(_) => Err(Problem::not_found("it is a folder")),
        }
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        match self.place.child(name)? {
            Child::Folder(place) => Ok(Arc::new(Self { files: self.files, place })),
            Child::File(_) => Err(Problem::not_found("it is a file")),
        }
    }

    fn path(&self) -> TreePath {
        self.place.path()
    }
}

fn body(file: u64) -> Vec<u8> {
    format!("what is in file {file}").into_bytes()
}
