//! Archives of a selection, made while they are sent: nothing is built on a disk, and nothing is sought back to.

mod names;
mod selection;
mod tar;
mod zip;
mod zstandard;

use larder_engine::{Node, Tree};
use larder_model::{Problem, Result, TreePath};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use names::{file_name, in_address, in_header};
pub use selection::Selection;
use tar::TarWriter;
use zip::ZipWriter;
use zstandard::ZstdWriter;

/// Bytes that are read of a file at a time.
const READ_LEN: usize = 256 << 10;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub enum ArchiveFormat {
    #[serde(rename = "zip")]
    Zip,
    #[serde(rename = "tar.zst")]
    TarZst,
    #[serde(rename = "tar")]
    Tar,
}

impl ArchiveFormat {
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::TarZst => "tar.zst",
            Self::Tar => "tar",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Zip => "application/zip",
            Self::TarZst => "application/zstd",
            Self::Tar => "application/x-tar",
        }
    }
}

/// Where an archive's bytes go, a piece at a time.
pub type Sink<'s> = dyn FnMut(&[u8]) -> Result<()> + 's;

/// Watches an archive being made.
pub trait Watch {
    /// Called before each item.
    fn item(&mut self, path: &TreePath) -> Result<()>;
    /// So many more bytes of files are in it.
    fn bytes(&mut self, count: u64);
    /// A device, socket or the like, which is left out.
    fn left_out(&mut self, path: &TreePath);
}

/// An item of an archive.
pub struct Item<'i> {
    pub node: &'i Node,
    /// Its names in the archive.
    pub names: &'i [&'i [u8]],
}

/// A kind of archive.
trait Writer {
    /// A folder, a symlink or the like; false where such a thing has no place in it.
    fn add(&mut self, item: &Item, sink: &mut Sink) -> Result<bool>;
    fn begin_file(&mut self, item: &Item, sink: &mut Sink) -> Result<()>;
    fn bytes(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<()>;
    fn end_file(&mut self, sink: &mut Sink) -> Result<()>;
    /// What makes it whole.
    fn finish(self: Box<Self>, sink: &mut Sink) -> Result<()>;
}

/// Makes an archive of what is selected. The first damaged part ends it with an error, before its end is written.
pub fn write(
    tree: &Tree,
    selection: &Selection,
    format: ArchiveFormat,
    sink: &mut Sink,
    watch: &mut dyn Watch,
) -> Result<()> {
    match format {
        ArchiveFormat::Zip => fill(tree, selection, Box::new(ZipWriter::default()), sink, watch),
        ArchiveFormat::Tar => fill(tree, selection, Box::new(TarWriter::default()), sink, watch),
        ArchiveFormat::TarZst => {
            let mut zstd = ZstdWriter::new()?;
            let tar = Box::new(TarWriter::default());
            fill(tree, selection, tar, &mut |bytes| zstd.write(bytes, sink), watch)?;
            zstd.finish(sink)
        }
    }
}

fn fill(
    tree: &Tree,
    selection: &Selection,
    mut writer: Box<dyn Writer + '_>,
    sink: &mut Sink,
    watch: &mut dyn Watch,
) -> Result<()> {
    let mut buffer = vec![0; READ_LEN];
    selection.walk(tree, &mut |path, node| {
        watch.item(path)?;
        let names: Vec<_> = path.names().skip(selection.depth()).collect();
        let item = Item { node, names: &names };
        let named = |problem: Problem| problem.context(path);
        if node.entry.kind == larder_model::Kind::File {
            file(tree, &item, &mut *writer, sink, watch, &mut buffer).map_err(named)
        } else {
            if !writer.add(&item, sink)? {
                watch.left_out(path);
            }
            Ok(())
        }
    })?;
    writer.finish(sink)
}

fn file(
    tree: &Tree,
    item: &Item,
    writer: &mut dyn Writer,
    sink: &mut Sink,
    watch: &mut dyn Watch,
    buffer: &mut [u8],
) -> Result<()> {
    let file = tree.file(item.node)?;
    writer.begin_file(item, sink)?;
    let mut at = 0;
    while at < file.size() {
        let count = file.read_at(at, buffer)?;
        writer.bytes(&buffer[..count], sink)?;
        watch.bytes(count as u64);
        at += count as u64;
    }
    writer.end_file(sink)
}
