//! Walks a source as a backup does, and keeps all it met.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use larder_connect::{Folder, Piece, Source};
use larder_fs::{FsSource, SourceOptions};
use larder_model::{Entry, Kind, Metadata, Problem, Result, Skip, TreePath};

/// A folder to fill, and what a walk through it is to find.
pub struct Tree {
    pub folder: tempfile::TempDir,
}

/// All that a walk met.
#[derive(Default)]
pub struct Met {
    pub entries: BTreeMap<Vec<u8>, Entry>,
    pub bodies: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Bytes of holes in each file.
    pub holes: BTreeMap<Vec<u8>, u64>,
    pub skips: Vec<Skip>,
    pub problems: Vec<Problem>,
}

impl Tree {
    /// In a folder that is not on a pseudo file system and keeps extended attributes.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Makes files; a name with a slash at its end is a folder. Each file holds its own name.
    pub fn with(names: &[&str]) -> Self {
        let tree = Self::new();
        names.iter().for_each(|name| tree.make(name));
        tree
    }

    pub fn make(&self, name: &str) {
        let path = self.at(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
    }

    pub fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn source(&self, options: &SourceOptions) -> FsSource {
        FsSource::new(&[self.folder.path().to_owned()], options).unwrap()
    }

    /// Walks all of it.
    pub fn walk(&self, options: &SourceOptions) -> Met {
        walk(&self.source(options), self.folder.path())
    }

    /// The paths that a walk finds, folders with a slash at their end, and that it skips nothing.
    pub fn paths(&self, options: &SourceOptions) -> Vec<String> {
        let met = self.walk(options);
        assert_eq!(met.skips, []);
        met.paths()
    }

    /// The open folder `path` of the source, `""` for the root.
    pub fn open(&self, path: &str) -> Arc<dyn Folder> {
        let source = self.source(&SourceOptions::default());
        let path = source.roots()[0].joined(path);
        path.names().fold(source.top().unwrap(), |folder, name| folder.folder(name).unwrap())
    }
}

impl Met {
    pub fn entry(&self, path: &str) -> &Entry {
        self.entries.get(path.as_bytes()).unwrap_or_else(|| panic!("{path} is not among {:?}", self.paths()))
    }

    pub fn meta(&self, path: &str) -> &Metadata {
        &self.entry(path).meta
    }

    pub fn paths(&self) -> Vec<String> {
        let shown =
            |(path, entry): (&Vec<u8>, &Entry)| larder_model::escape(path) + if entry.is_dir() { "/" } else { "" };
        self.entries.iter().map(shown).collect()
    }

    /// The reason and the path of every skip.
    pub fn skipped(&self) -> Vec<(&str, String)> {
        self.skips.iter().map(|skip| (skip.reason.as_str(), skip.path.to_string())).collect()
    }
}

/// Everything below a source's top; paths below `base` are relative to it.
pub fn walk(source: &dyn Source, base: &Path) -> Met {
    let mut met = Met::default();
    let base = TreePath::new(base.to_str().unwrap());
    visit(&*source.top().unwrap(), &base, &mut met);
    met
}

fn visit(folder: &dyn Folder, base: &TreePath, met: &mut Met) {
    let mut skips = Vec::new();
    let names = match folder.names(&mut |skip| skips.push(skip)) {
        Ok(names) => names,
        Err(problem) => return met.problems.push(problem),
    };
    for name in names.iter() {
        match folder.stat(name, &mut |skip| skips.push(skip)) {
            Ok(Some(entry)) => {
                if let Err(problem) = visit_entry(folder, entry, base, met) {
                    met.problems.push(problem);
                }
            }
            Ok(None) => {}
            Err(problem) => met.problems.push(problem),
        }
    }
    met.skips.append(&mut skips);
}

fn visit_entry(folder: &dyn Folder, mut entry: Entry, base: &TreePath, met: &mut Met) -> Result<()> {
    let path = folder.path().child(&entry.name);
    let key = path.as_bytes().strip_prefix(base.child(b"").as_bytes()).unwrap_or(path.as_bytes()).to_vec();
    let mut skips = Vec::new();
    if entry.kind == Kind::File {
        let (body, holes, meta) = read(folder, &entry, &mut |skip| skips.push(skip))?;
        entry.meta = meta;
        met.bodies.insert(key.clone(), body);
        met.holes.insert(key.clone(), holes);
    } else {
        folder.details(&entry.name, &mut entry.meta, &mut |skip| skips.push(skip))?;
    }
    met.skips.append(&mut skips);
    let is_dir = entry.is_dir();
    let name = entry.name.clone();
    if base.contains(&path) && path != *base {
        met.entries.insert(key, entry);
    }
    if is_dir {
        visit(&*folder.folder(&name)?, base, met);
    }
    Ok(())
}

/// A file's bytes, how many of them are holes, and its description.
pub fn read(folder: &dyn Folder, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<(Vec<u8>, u64, Metadata)> {
    let mut file = folder.open(entry)?;
    let (mut body, mut holes, mut buffer) = (Vec::new(), 0, vec![0; 1 << 20]);
    loop {
        match file.next(&mut buffer)? {
            Piece::Data(len) => body.extend_from_slice(&buffer[..len]),
            Piece::Hole(len) => {
                body.resize(body.len() + usize::try_from(len).unwrap(), 0);
                holes += len;
            }
            Piece::End => return Ok((body, holes, file.finish(skips)?)),
        }
    }
}

/// Runs a program that must succeed; `false`, with the reason printed, when it is not there or not permitted.
pub fn ran(program: &str, arguments: &[&str]) -> bool {
    match Command::new(program).args(arguments).status() {
        Ok(status) if status.success() => true,
        outcome => {
            println!("skipped: {program} {arguments:?}: {outcome:?}");
            false
        }
    }
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
