//! Folders that are to be made. Dropbox makes those above a file by itself, so most of them are made by no call at all; the rest is made at
//! the end, in one.

use std::collections::{BTreeMap, BTreeSet};

use dropbox_client::{Class, Conflict, Error, names::fold};
use larder_connect::Ticket;
use larder_model::{Problem, ProblemKind, Result};

use super::{inner::Inner, look::parent, send::wait, work::Work};
use crate::problem::{ends_the_run, problem};

/// Folders of one call.
const FOLDERS_MAX: usize = 10_000;

/// How often a folder is made.
const TRIES: u32 = 8;

/// By folded path: the path, and what to tell of it.
#[derive(Default)]
pub struct Folders(BTreeMap<String, (String, Option<Ticket>)>);

impl Folders {
    pub fn add(&mut self, path: &str, ticket: Option<Ticket>) {
        self.0.insert(fold(path), (path.to_owned(), ticket));
    }

    /// Something stands at a path, so the folders above it do as well.
    pub fn is_there(&mut self, path: &str, work: &Work) {
        if self.0.is_empty() {
            return;
        }
        let folded = fold(path);
        let mut above = parent(&folded);
        while !above.is_empty() {
            self.end(above, &Ok(()), work);
            above = parent(above);
        }
    }

    /// Something went to another path than was meant, because of names that are refused: so do the folders above it.
    pub fn rename(&mut self, from: &str, to: &str) {
        let (mut from, mut to) = (parent(from), parent(to));
        while !from.is_empty() && from != to {
            if let Some((_, ticket)) = self.0.remove(&fold(from)) {
                self.add(to, ticket);
            }
            (from, to) = (parent(from), parent(to));
        }
    }

    fn end(&mut self, folded: &str, result: &Result<()>, work: &Work) {
        if let Some((_, Some(ticket))) = self.0.remove(folded) {
            work.end(ticket, result.clone());
        }
    }

    /// A folder itself gets another path, and so do those above it.
    fn replace(&mut self, from: &str, to: &str) {
        if let Some((_, ticket)) = self.0.remove(&fold(from)) {
            self.add(to, ticket);
        }
        self.rename(from, to);
    }

    /// Those that have no other one in them: making them makes the others.
    fn lowest(&self) -> Vec<String> {
        let above: BTreeSet<&str> = self.0.keys().map(|path| parent(path)).collect();
        let lowest = self.0.iter().filter(|(folded, _)| !above.contains(folded.as_str()));
        lowest.map(|(_, (path, _))| path.clone()).collect()
    }
}

impl Inner {
    /// Makes what no file has made.
    pub fn make_folders(&self) -> Result<()> {
        for round in 0.. {
            let lowest = self.folders().lowest();
            if lowest.is_empty() {
                break;
            }
            let mut busy = false;
            for batch in lowest.chunks(FOLDERS_MAX) {
                busy |= self.make_batch(batch, round >= TRIES)?;
            }
            if busy {
                self.work.pause(wait(round));
                self.work.check()?;
            }
        }
        Ok(())
    }

    /// True when something has to be tried again.
    fn make_batch(&self, batch: &[String], is_last: bool) -> Result<bool> {
        let results = match self.call(|client| client.create_folder_batch(batch)) {
            Ok(results) => results,
            Err(error) if ends_the_run(&error) || is_last => return Err(problem(&error)),
            // A folder that was made already does no harm.
            Err(error) if matches!(error.class(), Class::Unclear | Class::Retry | Class::Unreachable) => {
                return Ok(true);
            }
            Err(error) if batch.len() == 1 => return Ok(self.folder_refused(&batch[0], &error)),
            Err(_) => {
                let (first, rest) = batch.split_at(batch.len() / 2);
                return Ok(self.make_batch(first, is_last)? | self.make_batch(rest, is_last)?);
            }
        };
        let mut busy = false;
        for (path, result) in batch.iter().zip(results) {
            match result {
                Ok(_) => self.folder_ends(path, &Ok(())),
                Err(error) if error.conflict() == Some(Conflict::Folder) => self.folder_ends(path, &Ok(())),
                Err(error) if ends_the_run(&error) => return Err(self.about(path, &error)),
                Err(error) if error.class() == Class::Retry && !is_last => busy = true,
                Err(error) if error.class() == Class::Conflict => {
                    let problem =
                        Problem::new(ProblemKind::Conflict, format!("{path}: something else stands there by now"));
                    self.folder_ends(path, &Err(problem));
                }
                Err(error) => busy |= self.folder_refused(path, &error),
            }
        }
        Ok(busy)
    }

    /// True when it is to be tried under another name.
    fn folder_refused(&self, path: &str, error: &Error) -> bool {
        let other = self.cautious_path(path);
        let is_about_name = error.has_tag("malformed_path") || error.status() == Some(400);
        if is_about_name && other != path {
            self.tell_other_path(path, &other);
            self.folders().replace(path, &other);
            return true;
        }
        self.folder_ends(path, &Err(self.about(path, error)));
        false
    }

    fn folder_ends(&self, path: &str, result: &Result<()>) {
        let mut folders = self.folders();
        if result.is_ok() {
            folders.is_there(path, &self.work);
        }
        folders.end(&fold(path), result, &self.work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lowest_folders_are_made_and_files_make_their_own() {
        let (mut folders, work) = (Folders::default(), Work::new(0));
        for (number, path) in ["/A", "/A/b", "/A b", "/A/b/c", "/D", "/D/e"].iter().enumerate() {
            folders.add(path, Some(Ticket(number as u64)));
        }
        assert_eq!(folders.lowest(), ["/A b", "/A/b/c", "/D/e"]);
        folders.is_there("/a/B/file", &work);
        let done: Vec<u64> = work.take_done().into_iter().map(|(ticket, _)| ticket.0).collect();
        assert_eq!(done, [1, 0], "the folder of the file, and the one above it");
        assert_eq!(folders.lowest(), ["/A b", "/A/b/c", "/D/e"]);
    }
}
