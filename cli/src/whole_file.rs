//! Files of Larder's own that are written whole or not at all, for their owner only, and in folders that only the owner can enter.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use crate::secrets::create_private;

/// Replaces `file`: at every moment there is the old content under its name, or the new one.
pub fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        make_private_folder(folder)?;
    }
    let draft = file.with_added_extension(format!("{}.tmp", std::process::id()));
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut handle = create_private(&draft)?;
    let written = handle.write_all(bytes).and_then(|()| handle.sync_all()).and_then(|()| fs::rename(&draft, file));
    // Without its new content the draft is of no use to anybody.
    written.inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// Makes `folder`, and what is missing above it.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Waits until nobody else holds the lock `file`, and holds it until the handle goes.
pub fn lock(file: &Path) -> io::Result<File> {
    if let Some(folder) = file.parent() {
        make_private_folder(folder)?;
    }
    let handle = File::options().create(true).truncate(false).write(true).open(file)?;
    handle.lock()?;
    Ok(handle)
}
