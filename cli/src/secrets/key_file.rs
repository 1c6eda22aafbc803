//! Key files and recovery sheets.
//!
//! A key file is any file of 32 bytes or more; those that Larder makes hold 64 hex digits. A recovery sheet is one of those with
//! words around it, to be printed and kept in a drawer; it serves as a key file as it is.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use larder_engine::{Store, new_key_file};
use larder_model::{Problem, ProblemKind, Result};
use zeroize::Zeroizing;

use super::passphrase::read_secret;
use crate::{location::shown, text};

const SHEET_HEAD: &str = "Larder recovery sheet";
/// Shorter files are no secret (docs/format.md §3).
const LEN_MIN: usize = 32;

pub fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let content = read_secret("key file", file)?;
    let content = key_of_sheet(&content).unwrap_or(content);
    if content.trim_ascii_end().len() < LEN_MIN {
        let message = format!("{} is no key file: it has less than {LEN_MIN} bytes", shown(file));
        let hint = "a key file has 32 bytes or more; `larder create --key-file F` makes F when it is not there";
        return Err(Problem::new(ProblemKind::Credentials, message).hint(hint));
    }
    Ok(content)
}

/// The line of 64 hex digits.
fn key_of_sheet(content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(content).ok()?.strip_prefix(SHEET_HEAD)?;
    let is_key = |line: &&str| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let key = text.lines().map(str::trim).find(is_key)?;
    Some(Zeroizing::new(key.as_bytes().to_vec()))
}

/// Makes a key file that only its owner can read, safe on disk before anything is sealed with it. One that is there already stays.
pub fn make_key_file(file: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let content = new_key_file();
    let written = create_private(file).and_then(|mut handle| {
        handle.write_all(content.as_bytes())?;
        handle.sync_all()
    });
    written.map_err(|error| {
        Problem::failed(format!("cannot make the key file {}: {}", shown(file), text::reason(&error)))
            .hint("name a file that is not there yet, in a folder that you may write to")
    })?;
    Ok(Zeroizing::new(content.as_bytes().to_vec()))
}

/// A new file that only its owner can read.
pub fn create_private(file: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)
}

/// The sheet for a key in a drawer.
pub fn recovery_sheet(store: &Store, location: &str, slot: u32, key: &str) -> Zeroizing<String> {
    let made = text::moment(store.settings().clock.now());
    Zeroizing::new(format!(
        "{SHEET_HEAD}\n\n\
         Store:     {id}\n\
         Location:  {location}\n\
         Key:       number {slot}, made {made}\n\n\
         Whoever has this sheet and can reach the store can read it. Keep it in a safe place,\n\
         away from the store. To take it out of use: larder at STORE key rm {slot}\n\n\
         To open the store, put this sheet, or its line of 64 digits alone, into a file F and run:\n\
         \x20   larder at STORE --key-file F ls\n\n\
         {key}\n",
        id = store.id(),
        key = key.trim_end(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_a_key_file() {
        let key = "0123456789abcdef".repeat(4);
        let sheet = format!("{SHEET_HEAD}\n\nStore: x\n\n  {key}\r\n");
        assert_eq!(key_of_sheet(sheet.as_bytes()).unwrap().as_slice(), key.as_bytes());
        assert!(key_of_sheet(key.as_bytes()).is_none());
    }
}
