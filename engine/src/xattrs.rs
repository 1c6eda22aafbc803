//! Extended attributes that are too long for a page are blobs of their own.

use larder_format::{keys::BlobKind, page::Node};
use larder_model::{Entry, Result, Xattr};

use crate::blobs::Library;

/// The entry with its long extended attributes read in.
pub(crate) fn with_long_xattrs(library: &Library, node: &Node) -> Result<Entry> {
    let mut entry = node.entry.clone();
    for xattr in &node.long_xattrs {
        let value = library.blob(BlobKind::Page, &xattr.value)?;
        entry.meta.xattrs.push(Xattr { name: xattr.name.clone(), value: value[..].into() });
    }
    entry.meta.xattrs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entry)
}

/// The value of one extended attribute.
pub(crate) fn value(library: &Library, node: &Node, name: &[u8]) -> Result<Option<Vec<u8>>> {
    if let Some(xattr) = node.entry.meta.xattrs.iter().find(|xattr| &*xattr.name == name) {
        return Ok(Some(xattr.value.to_vec()));
    }
    match node.long_xattrs.iter().find(|xattr| &*xattr.name == name) {
        Some(xattr) => Ok(Some(library.blob(BlobKind::Page, &xattr.value)?.to_vec())),
        None => Ok(None),
    }
}
