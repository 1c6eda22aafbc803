//! The account: small files in nested folders, as many as people have in Dropbox after some years; and the same as files of
//! this machine, to be brought into an account.
//!
//! One folder, `Clients`, holds more than a zip may, and has hundreds of folders directly below it, so that no choice of
//! zips makes the whole cheap. Names, sizes and contents are the same on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::bench::datagen::Random;
use crate::failure::{Context, Outcome};

/// Entries of a zip, its own folder included, stay below this. Source: the documentation of `files/download_zip`.
const ZIP_ENTRIES_LIMIT: u64 = 10_000;
/// Entries of a page of a listing.
const PAGE_ENTRIES: u64 = 2000;
const SIZE_MIN: u64 = 1000;
const SIZE_MAX: u64 = 60_000;
/// The streams of sizes and of contents.
const DOMAIN: u64 = 0xd20b;
const CONTENT: u64 = 0xd20c;

pub struct File {
    pub path: String,
    pub size: u64,
    /// Of its content.
    pub seed: u64,
}

pub struct Account {
    pub files: Vec<File>,
    pub folders: u64,
}

impl Account {
    /// So many files; all else in proportion. 20,000 files are in 900 folders, 370 of them directly below one.
    pub fn new(files: u64) -> Self {
        let (clients, areas) = (clients(files), areas(files));
        let files = (0..files).map(|number| {
            // Three files in five are a client's.
            let (round, place) = (number / 5, number % 5);
            let folder = match place {
                0..3 => &clients[(round * 3 + place) as usize % clients.len()],
                _ => &areas[(round * 2 + place - 3) as usize % areas.len()],
            };
            File {
                path: format!("{folder}/{number:05}.txt"),
                size: Random::of(DOMAIN, number).between(SIZE_MIN, SIZE_MAX + 1),
                seed: number,
            }
        });
        let files: Vec<_> = files.collect();
        let folders = files.iter().flat_map(|file| above(&file.path)).collect::<BTreeSet<_>>().len() as u64;
        Self { files, folders }
    }

    /// An account before anything is brought into it.
    pub fn empty() -> Self {
        Self { files: Vec::new(), folders: 0 }
    }

    /// The same files and folders, but all files of one size.
    pub fn of_size(files: u64, size: u64) -> Self {
        let mut account = Self::new(files);
        account.files.iter_mut().for_each(|file| file.size = size);
        account
    }

    /// Makes the files in a folder of this machine. No two are the same.
    pub fn write_to(&self, folder: &Path) -> Outcome {
        for file in &self.files {
            let path = folder.join(file.path.trim_start_matches('/'));
            let above = path.parent().unwrap_or(folder);
            fs::create_dir_all(above).context(above.display())?;
            let mut content = vec![0; file.size as usize];
            Random::of(CONTENT, file.seed).fill(&mut content);
            fs::write(&path, content).context(path.display())?;
        }
        Ok(())
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    pub fn pages(&self) -> u64 {
        (self.files.len() as u64 + self.folders).div_ceil(PAGE_ENTRIES)
    }

    /// Each largest folder that fits comes as one zip, and every file beside those singly. The root is never a zip.
    pub fn fewest_content_calls(&self) -> u64 {
        let entries = self.entries();
        let call = |file: &File| {
            let fits = |folder: &&str| entries[*folder] < ZIP_ENTRIES_LIMIT;
            above(&file.path).find(fits).unwrap_or(&file.path).to_owned()
        };
        self.files.iter().map(call).collect::<BTreeSet<_>>().len() as u64
    }

    /// What is in each folder at any depth, itself included.
    fn entries(&self) -> BTreeMap<&str, u64> {
        let mut entries = BTreeMap::new();
        let folders: BTreeSet<_> = self.files.iter().flat_map(|file| above(&file.path)).collect();
        for folder in folders {
            above(folder).chain([folder]).for_each(|it| *entries.entry(it).or_default() += 1);
        }
        for file in &self.files {
            above(&file.path).for_each(|it| *entries.entry(it).or_default() += 1);
        }
        entries
    }
}

/// The folders of the clients, each with another one in it.
fn clients(files: u64) -> Vec<String> {
    let one = |number| format!("/Clients/Client {number:03}");
    (0..files * 370 / 20_000).flat_map(|number| [one(number), one(number) + "/Letters"]).collect()
}

/// Folders at the top, and what is left of the 900 below them.
fn areas(files: u64) -> Vec<String> {
    let tops = (files * 21 / 20_000).max(1);
    let nested = files * 900 / 20_000 - 1 - clients(files).len() as u64 - tops;
    let top = |number| format!("/Area {number:02}");
    let below = |number: u64| {
        let (area, depth) = (top(number % tops), number / tops);
        let ways = ["", "/Notes", "/Notes/Old"];
        format!("{area}/Part {}{}", depth / 3, ways[(depth % 3) as usize])
    };
    (0..tops).map(top).chain((0..nested).map(below)).collect()
}

/// The folders that a path lies in, the highest first, the root left out.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').skip(1).map(|(end, _)| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_account_is_what_the_page_says() {
        let account = Account::new(20_000);
        assert_eq!((account.files.len(), account.folders, account.pages()), (20_000, 900, 11));
        let inside = |folder: &&str| folder.matches('/').count() == 2 && folder.starts_with("/Clients/");
        assert_eq!(account.entries().into_keys().filter(inside).count(), 370);
        assert!(account.entries()["/Clients"] >= ZIP_ENTRIES_LIMIT);
        assert_eq!(account.fewest_content_calls(), 370 + 21);
        assert!((590_000_000..630_000_000).contains(&account.bytes()), "{}", account.bytes());
    }

    #[test]
    fn parts_are_in_proportion() {
        for (files, folders) in [(200, 9), (2000, 90)] {
            let account = Account::new(files);
            assert_eq!((account.files.len() as u64, account.folders), (files, folders));
        }
        assert_eq!(Account::new(200).fewest_content_calls(), 2);
    }
}
