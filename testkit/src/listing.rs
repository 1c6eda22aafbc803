//! A listing of any length from a seed, in the order of a walk: people's folders with photos, documents, programs and what programs
//! leave behind. It is told entry by entry and lies nowhere, for measuring searches.

use std::{collections::BTreeMap, io};

use larder_engine::Facts;
use larder_model::{Kind, Result, Time};

use crate::Rng;

/// A name that is there once, in the middle.
pub const NEEDLE: &str = "needle-in-the-hay.txt";

const WORDS: usize = 3000;
const SYLLABLES: [&str; 24] = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we", "xi", "yo",
    "ze", "st", "tr", "\u{fc}n", "\u{f6}r",
];
const FOLDERS: [&str; 10] =
    ["photos", "documents", "music", "src", "build", "mail", "archive", "node_modules", "backup", "2024"];
const DEPTH_MAX: usize = 5;

/// So many entries.
pub struct Listing {
    pub entries: u64,
    pub seed: u64,
}

struct Teller<'t> {
    left: u64,
    needle_at: u64,
    words: Vec<String>,
    rng: Rng,
    each: &'t mut dyn FnMut(&[u8], Facts) -> Result<()>,
}

impl Listing {
    pub fn tell(&self, each: &mut dyn FnMut(&[u8], Facts) -> Result<()>) -> Result<()> {
        let mut rng = Rng::new(self.seed);
        let words = (0..WORDS).map(|_| (0..2 + rng.below(3)).map(|_| *rng.pick(&SYLLABLES)).collect()).collect();
        let mut teller = Teller { left: self.entries, needle_at: self.entries / 2, words, rng, each };
        let mut person = 0;
        while teller.left > 0 {
            let path = format!("/person{person:06}").into_bytes();
            teller.entry(&path, Kind::Directory)?;
            teller.folder(&path, 0)?;
            person += 1;
        }
        Ok(())
    }
}

impl Teller<'_> {
    fn entry(&mut self, path: &[u8], kind: Kind) -> Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        // Most files are small, few are large.
        let bits = (self.rng.below(20) + self.rng.below(12)) as u32;
        let size = if kind == Kind::File { self.rng.number() % (2_u64 << bits) } else { 0 };
        let mtime = Time::new(1_300_000_000 + self.rng.below(460_000_000) as i64, self.rng.below(1_000_000_000) as u32);
        (self.each)(path, Facts { kind, size, mtime: Some(mtime) })
    }

    fn folder(&mut self, path: &[u8], depth: usize) -> Result<()> {
        let mut names = BTreeMap::new();
        let style = self.rng.below(5);
        for _ in 0..self.rng.below(60) {
            names.insert(self.name(style).into_bytes(), Kind::File);
        }
        if depth < DEPTH_MAX {
            for _ in 0..self.rng.below(5) {
                let name = if self.rng.chance(50) { (*self.rng.pick(&FOLDERS)).to_owned() } else { self.word() };
                names.insert(name.into_bytes(), Kind::Directory);
            }
        }
        if self.left <= self.needle_at {
            self.needle_at = 0;
            names.insert(NEEDLE.as_bytes().to_vec(), Kind::File);
        }
        for (name, kind) in names {
            let below = [path, b"/", &name].concat();
            self.entry(&below, kind)?;
            if kind == Kind::Directory && self.left > 0 {
                self.folder(&below, depth + 1)?;
            }
        }
        Ok(())
    }

    fn word(&mut self) -> String {
        self.rng.pick(&self.words).clone()
    }

    fn name(&mut self, style: usize) -> String {
        let number = self.rng.below(10_000);
        match style {
            0 => format!("IMG_{number:04}.{}", self.rng.pick(&["jpg", "JPG", "heic", "NEF"])),
            1 => format!("{}-{}.{}", self.word(), self.word(), self.rng.pick(&["txt", "pdf", "docx", "md"])),
            2 => format!("{}_{}.{}", self.word(), self.word(), self.rng.pick(&["rs", "js", "py", "json", "o"])),
            3 => format!("{:016x}{:016x}", self.rng.number(), self.rng.number()),
            _ => format!(
                "{} {} {}.{}",
                self.word(),
                self.word(),
                1990 + number % 36,
                self.rng.pick(&["xlsx", "eml", "mp3"])
            ),
        }
    }
}

/// The most memory that this process has held since [`reset_peak_memory`], in KiB. Linux only.
pub fn peak_memory_kib() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    peak.ok_or_else(|| io::Error::other("the system does not tell the peak of memory"))
}

pub fn reset_peak_memory() -> io::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5")
}
