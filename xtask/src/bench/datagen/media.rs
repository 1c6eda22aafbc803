//! Set B: large files that neither compress nor repeat, like photos and films.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::random::Random;

const FILES: u64 = 8;
const FILE_BYTES: u64 = 512 << 20;
const BLOCK: usize = 1 << 20;

pub fn write(folder: &Path, percent: u64) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    for number in 0..FILES {
        let mut random = Random::of(0xb0, number);
        let mut file = File::create(folder.join(format!("media_{number}.bin")))?;
        for _ in 0..FILE_BYTES * percent / 100 / BLOCK as u64 {
            random.fill(&mut block);
            file.write_all(&block)?;
        }
    }
    Ok(())
}
