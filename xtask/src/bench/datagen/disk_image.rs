//! Set C: files like disk images, made of extents of four kinds.
//!
//! Half is database pages, a fifth zeros, a fifth random, and a tenth repeats extents from further up, which only
//! deduplication finds.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::database_page::{PAGE_BYTES, fill_page};
use super::random::Random;
use super::source_text::Language;

const FILES: u64 = 2;
const FILE_BYTES: u64 = 2 << 30;
const MIB: u64 = 1 << 20;
/// Shorter extents are not repeated: copies on real disks are of whole files.
const REPEATED_BYTES_MIN: u64 = 2 * MIB;

pub fn write(folder: &Path, percent: u64) -> io::Result<()> {
    let language = Language::new();
    let bytes = FILE_BYTES * percent / 100 / PAGE_BYTES as u64 * PAGE_BYTES as u64;
    for number in 0..FILES {
        let file = File::create(folder.join(format!("disk_{number}.img")))?;
        let mut image = Image::new(&language, Random::of(0xc0, number), file);
        while image.done < bytes {
            image.add_extent(bytes - image.done)?;
        }
        image.out.flush()?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pages,
    Zeros,
    Repeated,
    Random,
}

const SHARES: [(Kind, u64); 4] = [(Kind::Pages, 50), (Kind::Zeros, 20), (Kind::Repeated, 10), (Kind::Random, 20)];

/// Enough to write the same bytes again.
#[derive(Clone)]
struct Extent {
    kind: Kind,
    random: Random,
    first_page: u64,
    bytes: u64,
}

struct Image<'a> {
    language: &'a Language,
    random: Random,
    out: BufWriter<File>,
    done: u64,
    done_by_kind: [u64; SHARES.len()],
    repeatable: Vec<Extent>,
}

impl<'a> Image<'a> {
    fn new(language: &'a Language, random: Random, file: File) -> Self {
        Self {
            language,
            random,
            out: BufWriter::with_capacity(MIB as usize, file),
            done: 0,
            done_by_kind: [0; SHARES.len()],
            repeatable: Vec::new(),
        }
    }

    fn add_extent(&mut self, room: u64) -> io::Result<()> {
        let index = self.furthest_behind();
        let extent = match SHARES[index].0 {
            Kind::Repeated => self.repeat(room),
            kind => self.fresh(kind, room),
        };
        self.done += extent.bytes;
        self.done_by_kind[index] += extent.bytes;
        self.emit(extent)
    }

    /// The kind that is furthest behind its share, with some chance in it; this keeps the totals exact.
    fn furthest_behind(&mut self) -> usize {
        let none_to_repeat = self.repeatable.is_empty();
        let mut best = (i64::MIN, 0);
        for (index, (kind, share)) in SHARES.into_iter().enumerate() {
            let due = share * (self.done + 16 * MIB) / 100 + self.random.below(4 * MIB);
            let behind = due as i64 - self.done_by_kind[index] as i64;
            let possible = kind != Kind::Repeated || !none_to_repeat;
            if possible && behind > best.0 {
                best = (behind, index);
            }
        }
        best.1
    }

    fn fresh(&mut self, kind: Kind, room: u64) -> Extent {
        let bytes = self.random.between(MIB / 4, 4 * MIB).next_multiple_of(PAGE_BYTES as u64).min(room);
        let extent =
            Extent { kind, random: Random::new(self.random.next()), first_page: self.done / PAGE_BYTES as u64, bytes };
        if kind != Kind::Zeros && bytes >= REPEATED_BYTES_MIN {
            self.repeatable.push(extent.clone());
        }
        extent
    }

    /// The beginning of an earlier extent, cut at a file system's block and not at one of our pages.
    fn repeat(&mut self, room: u64) -> Extent {
        let index = self.random.below(self.repeatable.len() as u64);
        let mut extent = self.repeatable[index as usize].clone();
        let wanted = self.random.between(2 * MIB, 8 * MIB) / 4096 * 4096;
        extent.bytes = extent.bytes.min(wanted).min(room);
        extent
    }

    fn emit(&mut self, mut extent: Extent) -> io::Result<()> {
        let mut page = [0; PAGE_BYTES];
        let mut number = extent.first_page;
        let mut left = extent.bytes;
        while left > 0 {
            match extent.kind {
                Kind::Zeros => page.fill(0),
                Kind::Pages => fill_page(&mut page, number, self.language, &mut extent.random),
                _ => extent.random.fill(&mut page),
            }
            let now = left.min(PAGE_BYTES as u64);
            self.out.write_all(&page[..now as usize])?;
            (left, number) = (left - now, number + 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn images_have_their_size_and_their_share_of_zeros() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 2).unwrap();
        for number in 0..FILES {
            let image = fs::read(folder.path().join(format!("disk_{number}.img"))).unwrap();
            assert_eq!(image.len() as u64, FILE_BYTES * 2 / 100 / 8192 * 8192);
            let blocks = image.chunks(4096);
            let zeros = blocks.filter(|block| block.iter().all(|byte| *byte == 0)).count();
            let percent = zeros * 100 / (image.len() / 4096);
            assert!((12..30).contains(&percent), "{percent} % of disk_{number}.img are zeros");
        }
    }
}
