//! What is looked at: folders of a million entries in three shapes, and a large file. Made once, and used again.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::bench::datagen::Random;
use crate::failure::{Context, Outcome};

/// Entries of a folder among many.
const FOLDER_ENTRIES: u64 = 1_000;

/// A folder with so many files in it, and nothing else.
pub fn flat(base: &Path, files: u64) -> Outcome<PathBuf> {
    made(base, &format!("flat-{files}"), &|folder| (0..files).try_for_each(|number| file(folder, number)))
}

/// The same, but one entry in a thousand is a folder: what is below does not tell any more how many entries there are.
pub fn mixed(base: &Path, files: u64) -> Outcome<PathBuf> {
    made(base, &format!("mixed-{files}"), &|folder| {
        (0..files).try_for_each(|number| match number % FOLDER_ENTRIES {
            0 => fs::create_dir(folder.join(format!("entry {number:07}"))),
            _ => file(folder, number),
        })
    })
}

/// As many files in folders of a thousand.
pub fn nested(base: &Path, files: u64) -> Outcome<PathBuf> {
    made(base, &format!("nested-{files}"), &|folder| {
        (0..files.div_ceil(FOLDER_ENTRIES)).try_for_each(|number| {
            let folder = folder.join(format!("folder {number:04}"));
            fs::create_dir(&folder)?;
            (0..FOLDER_ENTRIES).try_for_each(|number| file(&folder, number))
        })
    })
}

/// A file of so many bytes that do not compress, in a folder of its own.
pub fn large(base: &Path, len: u64) -> Outcome<PathBuf> {
    made(base, &format!("large-{len}"), &|folder| {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(folder.join("film"))?);
        let mut random = Random::new(len);
        (0..len / 8).try_for_each(|_| file.write_all(&random.next().to_le_bytes()))?;
        file.flush()
    })
}

fn file(folder: &Path, number: u64) -> std::io::Result<()> {
    File::create(folder.join(format!("entry {number:07}"))).map(drop)
}

/// Made under another name first, so that what was broken off is not taken for whole.
fn made(base: &Path, name: &str, fill: &dyn Fn(&Path) -> std::io::Result<()>) -> Outcome<PathBuf> {
    let (folder, draft) = (base.join(name), base.join(format!("{name}.draft")));
    if folder.exists() {
        return Ok(folder);
    }
    println!("Making {}", folder.display());
    if draft.exists() {
        fs::remove_dir_all(&draft).context(draft.display())?;
    }
    fs::create_dir_all(&draft).context(draft.display())?;
    fill(&draft).context(draft.display())?;
    fs::rename(&draft, &folder).context(folder.display())?;
    Ok(folder)
}
