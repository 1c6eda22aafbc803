//! Real files for the demo: a part of what any machine has, copied. Where nothing is found, files are made up.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use larder_model::Result;

use super::cannot;

/// Documentation and the like: text, many small files, nobody's secrets.
const PLACES: [&str; 4] = ["/usr/share/doc", "/usr/share/man", "/usr/share/zoneinfo", "/usr/include"];
const FILES_MAX: usize = 3_000;
const FILES_MIN: usize = 20;
const BYTES_MAX: u64 = 32 << 20;
/// One huge file would be the whole demo.
const FILE_LEN_MAX: u64 = 2 << 20;

/// What was copied.
#[derive(Default)]
pub struct Input {
    pub from: &'static str,
    files: usize,
    bytes: u64,
}

/// Fills `folder`, which is made.
pub fn fill(folder: &Path) -> Result<Input> {
    for from in PLACES {
        let mut input = Input { from, ..Input::default() };
        input.copy(Path::new(from), folder).map_err(|error| cannot("copy files to", folder, &error))?;
        if input.files >= FILES_MIN {
            return Ok(input);
        }
    }
    make_up(folder).map_err(|error| cannot("write files to", folder, &error))?;
    Ok(Input { from: "nowhere: they are made up", files: FILES_MIN, bytes: 0 })
}

impl Input {
    fn is_full(&self) -> bool {
        self.files >= FILES_MAX || self.bytes >= BYTES_MAX
    }

    /// What cannot be read is passed over: there is enough else.
    fn copy(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::create_dir_all(to)?;
        let Ok(names) = sorted_names(from) else { return Ok(()) };
        for name in names {
            if self.is_full() {
                break;
            }
            let (from, to) = (from.join(&name), to.join(&name));
            let Ok(meta) = fs::symlink_metadata(&from) else { continue };
            if meta.is_dir() {
                self.copy(&from, &to)?;
            } else if meta.is_file() && meta.len() <= FILE_LEN_MAX && fs::read(&from).is_ok() {
                self.bytes += fs::copy(&from, &to)?;
                self.files += 1;
            }
        }
        Ok(())
    }
}

fn sorted_names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names: Vec<_> = fs::read_dir(folder)?.flatten().map(|entry| PathBuf::from(entry.file_name())).collect();
    names.sort();
    Ok(names)
}

fn make_up(folder: &Path) -> io::Result<()> {
    for number in 0..FILES_MIN {
        let below = folder.join(format!("chapter-{}", number / 5));
        fs::create_dir_all(&below)?;
        let text = format!("This is page {number}. It is kept in a larder.\n").repeat(200 + number);
        fs::write(below.join(format!("page-{number:02}.txt")), text)?;
    }
    Ok(())
}
