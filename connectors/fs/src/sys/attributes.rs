//! Extended attributes, POSIX ACLs among them (`system.posix_acl_access`, `system.posix_acl_default`).
//!
//! The kernel bounds names and values at 64 KiB each. A file without attributes, which is nearly every file, costs one call.

use std::ffi::CStr;

use larder_model::Xattr;
use rustix::{
    fd::BorrowedFd,
    fs::{fgetxattr, flistxattr, lgetxattr, llistxattr},
    io::{self, Errno},
};

/// `XATTR_LIST_MAX` and `XATTR_SIZE_MAX`.
const BYTES_MAX: usize = 64 << 10;

/// Where the attributes are.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    Open(BorrowedFd<'a>),
    /// A path whose last part is not followed.
    Path(&'a [u8]),
}

/// Reads all attributes, sorted by name; none where the file system has none. `unread` learns of those that could not be read.
pub fn read(holder: Holder<'_>, unread: &mut dyn FnMut(&[u8], Errno)) -> io::Result<Vec<Xattr>> {
    let list = match fill(|buffer| holder.list(buffer)) {
        Ok(list) => list,
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(errno) => return Err(errno),
    };
    let mut found = Vec::new();
    for name in list.split_inclusive(|byte| *byte == 0).filter_map(|name| CStr::from_bytes_with_nul(name).ok()) {
        match fill(|buffer| holder.get(name, buffer)) {
            Ok(value) => found.push(Xattr { name: name.to_bytes().into(), value: value.into() }),
            // Removed since it was listed.
            Err(Errno::NODATA) => {}
            Err(errno) => unread(name.to_bytes(), errno),
        }
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// What `call` writes, in a small buffer first and then in the largest that the kernel can want.
fn fill(call: impl Fn(&mut [u8]) -> io::Result<usize>) -> io::Result<Vec<u8>> {
    let mut small = [0; 512];
    match call(&mut small) {
        Ok(len) => Ok(small[..len].to_vec()),
        Err(Errno::RANGE) => {
            let mut large = vec![0; BYTES_MAX];
            let len = call(&mut large)?;
            large.truncate(len);
            Ok(large)
        }
        Err(errno) => Err(errno),
    }
}

impl Holder<'_> {
    fn list(self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Open(file) => flistxattr(file, buffer),
            Self::Path(path) => llistxattr(path, buffer),
        }
    }

    fn get(self, name: &CStr, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Open(file) => fgetxattr(file, name, buffer),
            Self::Path(path) => lgetxattr(path, name, buffer),
        }
    }
}
