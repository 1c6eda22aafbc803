//! Set D: 200,000 files of 100 to 2,000 bytes, a hundred in a folder: the work a file, not the work a byte.

use std::io;
use std::path::Path;

use super::random::Random;
use super::source_text::{Language, Project, source_text};
use super::write_file;

const FILES: u64 = 200_000;

pub fn write(folder: &Path, percent: u64) -> io::Result<()> {
    let (language, project) = (Language::new(), Project::new(9999));
    for file in 0..count(percent) {
        let mut random = Random::of(0xd0, file);
        let len = random.between(100, 2001) as usize;
        let text = source_text(&language, &project, &mut random, len);
        write_file(&folder.join(path(file)), &text)?;
    }
    Ok(())
}

/// The name of one file from the middle.
pub fn needle(percent: u64) -> String {
    name(count(percent) * 3 / 5)
}

fn count(percent: u64) -> u64 {
    FILES * percent / 100
}

fn path(file: u64) -> String {
    let folder = file / 100;
    format!("a{:02}/b{folder:04}/{}", folder % 20, name(file))
}

fn name(file: u64) -> String {
    format!("f{file:06}.txt")
}
