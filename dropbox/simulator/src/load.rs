//! A folder of this machine as the content of an account.

use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::account::Account;

impl Account {
    /// Writes all files and folders below `folder` into the account. What is neither is left out; so is a name that is
    /// not UTF-8, which no Dropbox can hold. The answer is the number of files.
    pub fn load(&self, folder: &Path) -> io::Result<usize> {
        let mut count = 0;
        let mut open = vec![(folder.to_owned(), String::new())];
        while let Some((folder, path)) = open.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
                let path = format!("{path}/{name}");
                if kind.is_dir() {
                    self.make_folder(&path);
                    open.push((entry.path(), path));
                } else if kind.is_file() {
                    let modified = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
                    self.write_at(&path, &std::fs::read(entry.path())?, modified.as_secs() as i64);
                    count += 1;
                }
            }
        }
        Ok(count)
    }
}
