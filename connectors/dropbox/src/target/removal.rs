//! Deletions: many in one call, each only of what was seen; and what is never deleted.

use dropbox_client::{Class, Delete, ListFolder, Metadata};
use larder_connect::Ticket;
use larder_model::{Problem, ProblemKind, Result};

use super::{inner::Inner, send::wait};
use crate::problem::{ends_the_run, problem};

/// Deletions of one call.
const DELETIONS_MAX: usize = 1000;

/// How often something is deleted.
const TRIES: u32 = 8;

/// Something that the snapshot does not have.
#[derive(Clone)]
pub struct Surplus {
    pub path: String,
    /// Of a file.
    pub rev: Option<String>,
    pub ticket: Option<Ticket>,
}

impl Surplus {
    fn delete(&self) -> Delete {
        Delete { path: self.path.clone(), parent_rev: self.rev.clone() }
    }
}

impl Inner {
    /// Deletes all of these, and tells of each.
    pub fn delete_all(&self, all: Vec<Surplus>) -> Result<()> {
        let mut left = all;
        for round in 0.. {
            let mut again = Vec::new();
            for batch in left.chunks(DELETIONS_MAX) {
                self.work.check()?;
                again.extend(self.delete_batch(batch, round >= TRIES)?);
            }
            if again.is_empty() {
                break;
            }
            left = again;
            self.work.pause(wait(round));
        }
        Ok(())
    }

    /// Those that have to be tried again.
    fn delete_batch(&self, batch: &[Surplus], is_last: bool) -> Result<Vec<Surplus>> {
        let deletes: Vec<Delete> = batch.iter().map(Surplus::delete).collect();
        let results = match self.client().delete_batch(&deletes) {
            Ok(results) => results,
            Err(error) if ends_the_run(&error) || is_last => return Err(problem(&error)),
            Err(error) if error.class() == Class::Unclear => return self.still_there(batch),
            Err(error) if matches!(error.class(), Class::Retry | Class::Unreachable) => return Ok(batch.to_vec()),
            Err(error) if batch.len() == 1 => {
                self.deleted(&batch[0], Err(self.about(&batch[0].path, &error)));
                return Ok(Vec::new());
            }
            Err(_) => {
                let (first, rest) = batch.split_at(batch.len() / 2);
                let mut again = self.delete_batch(first, is_last)?;
                again.extend(self.delete_batch(rest, is_last)?);
                return Ok(again);
            }
        };
        let mut again = Vec::new();
        for (surplus, result) in batch.iter().zip(results) {
            match result {
                Ok(_) => self.deleted(surplus, Ok(())),
                Err(error) if error.is_not_found() => self.deleted(surplus, Ok(())),
                Err(error) if ends_the_run(&error) => return Err(self.about(&surplus.path, &error)),
                Err(error) if error.class() == Class::Retry && !is_last => again.push(surplus.clone()),
                Err(error) if error.has_tag("too_many_files") && !is_last => {
                    let emptied = self.empty(&surplus.path);
                    match emptied {
                        Ok(()) => again.push(surplus.clone()),
                        Err(problem) => self.deleted(surplus, Err(problem)),
                    }
                }
                Err(error) if error.class() == Class::Conflict => {
                    let problem = Problem::new(ProblemKind::Conflict, "it was changed meanwhile, and stays");
                    self.deleted(surplus, Err(problem.context(&surplus.path).hint("run the restore again")));
                }
                Err(error) => self.deleted(surplus, Err(self.about(&surplus.path, &error))),
            }
        }
        Ok(again)
    }

    /// The answer was lost: what is gone was deleted.
    fn still_there(&self, batch: &[Surplus]) -> Result<Vec<Surplus>> {
        let paths: Vec<&str> = batch.iter().map(|surplus| surplus.path.as_str()).collect();
        let found = self.look_at(&paths).map_err(|error| problem(&error))?;
        let mut again = Vec::new();
        for (surplus, found) in batch.iter().zip(found) {
            if found.is_some() {
                again.push(surplus.clone());
            } else {
                self.deleted(surplus, Ok(()));
            }
        }
        Ok(again)
    }

    fn deleted(&self, surplus: &Surplus, result: Result<()>) {
        if let Some(ticket) = surplus.ticket {
            self.work.end(ticket, result);
        } else if let Err(problem) = result {
            self.work.stop(problem);
        }
    }

    /// Deletes what is in a folder that is too large to be deleted at once.
    fn empty(&self, path: &str) -> Result<()> {
        let mut page = self.client().list_folder(&ListFolder::of(path)).map_err(|error| problem(&error))?;
        let mut inside = Vec::new();
        loop {
            for entry in &page.entries {
                let (Some(path), false) = (entry.path_lower(), matches!(entry, Metadata::Deleted(_))) else { continue };
                let rev = entry.as_file().map(|file| file.rev.clone());
                inside.push(Surplus { path: path.to_owned(), rev, ticket: None });
            }
            if !page.has_more {
                break;
            }
            page = self.client().list_folder_continue(&page.cursor).map_err(|error| problem(&error))?;
        }
        self.delete_all(inside)
    }

    /// Deletes one item now.
    pub fn delete_now(&self, path: &str, rev: Option<String>) -> Result<()> {
        for round in 0.. {
            let what = Delete { path: path.to_owned(), parent_rev: rev.clone() };
            let error = match self.client().delete(&what) {
                Ok(_) => return Ok(()),
                Err(error) if error.is_not_found() => return Ok(()),
                Err(error) => error,
            };
            match error.class() {
                Class::Unclear if round < TRIES => {
                    if self.get(path).map_err(|error| problem(&error))?.is_none() {
                        return Ok(());
                    }
                }
                Class::Retry if round < TRIES => {}
                Class::SkipAndReport if error.has_tag("too_many_files") && round < TRIES => self.empty(path)?,
                _ => return Err(self.about(path, &error)),
            }
            self.work.pause(wait(round));
        }
        Ok(())
    }
}
