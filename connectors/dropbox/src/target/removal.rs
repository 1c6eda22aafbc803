//! Deletions: many in one call, each only of what was seen; and what is never deleted.
//!
//! A file is named with the revision that was seen; what has changed in folders is asked for right before they go ([`super::changed`]).

use dropbox_client::{Class, Delete, Error, ListFolder, Metadata, names::fold};
use larder_connect::Ticket;
use larder_model::{Problem, ProblemKind, Result, Skip, TreePath, escape};

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
    /// Of an order; without one it lies in a folder that is too large to be deleted at once.
    pub ticket: Option<Ticket>,
}

impl Surplus {
    fn delete(&self) -> Delete {
        Delete { path: self.path.clone(), parent_rev: self.rev.clone() }
    }
}

/// What became of some deletions.
#[derive(Default)]
struct Settled {
    again: Vec<Surplus>,
    /// So many stay for good.
    stayed: usize,
}

impl Settled {
    fn add(&mut self, other: Self) {
        self.again.extend(other.again);
        self.stayed += other.stayed;
    }
}

impl Inner {
    /// Deletes all of these, and tells of each.
    pub fn delete_all(&self, all: Vec<Surplus>) -> Result<()> {
        let changed = self.changed_below(&all)?;
        let (stay, go): (Vec<_>, Vec<_>) = all.into_iter().partition(|surplus| changed.contains(&fold(&surplus.path)));
        for surplus in stay {
            self.deleted(&surplus, Err(changed_inside(&surplus.path)));
        }
        self.delete_in_rounds(go).map(drop)
    }

    /// How many stay.
    fn delete_in_rounds(&self, all: Vec<Surplus>) -> Result<usize> {
        let (mut left, mut stayed) = (all, 0);
        for round in 0.. {
            let mut settled = Settled::default();
            for batch in left.chunks(DELETIONS_MAX) {
                self.work.check()?;
                settled.add(self.delete_batch(batch, round >= TRIES)?);
            }
            stayed += settled.stayed;
            if settled.again.is_empty() {
                break;
            }
            left = settled.again;
            self.work.pause(wait(round));
        }
        Ok(stayed)
    }

    fn delete_batch(&self, batch: &[Surplus], is_last: bool) -> Result<Settled> {
        let deletes: Vec<Delete> = batch.iter().map(Surplus::delete).collect();
        let results = match self.call(|client| client.delete_batch(&deletes)) {
            Ok(results) => results,
            Err(error) if ends_the_run(&error) || is_last => return Err(problem(&error)),
            Err(error) if error.class() == Class::Unclear => return self.still_there(batch),
            Err(error) if matches!(error.class(), Class::Retry | Class::Unreachable) => {
                return Ok(Settled { again: batch.to_vec(), stayed: 0 });
            }
            Err(error) if batch.len() == 1 => {
                self.deleted(&batch[0], Err(self.about(&batch[0].path, &error)));
                return Ok(Settled { again: Vec::new(), stayed: 1 });
            }
            Err(_) => {
                let (first, rest) = batch.split_at(batch.len() / 2);
                let mut settled = self.delete_batch(first, is_last)?;
                settled.add(self.delete_batch(rest, is_last)?);
                return Ok(settled);
            }
        };
        let mut settled = Settled::default();
        for (surplus, result) in batch.iter().zip(results) {
            match result {
                Err(error) if ends_the_run(&error) => return Err(self.about(&surplus.path, &error)),
                Err(error) if error.class() == Class::Retry && !is_last => settled.again.push(surplus.clone()),
                Err(error) if error.has_tag("too_many_files") && !is_last => match self.empty(&surplus.path) {
                    Ok(()) => settled.again.push(surplus.clone()),
                    Err(problem) if problem.kind() == ProblemKind::Conflict => {
                        self.deleted(surplus, Err(problem));
                        settled.stayed += 1;
                    }
                    Err(problem) => return Err(problem),
                },
                Err(error) if !error.is_not_found() => {
                    self.deleted(surplus, Err(self.undeletable(&surplus.path, &error)));
                    settled.stayed += 1;
                }
                _ => self.deleted(surplus, Ok(())),
            }
        }
        Ok(settled)
    }

    fn undeletable(&self, path: &str, error: &Error) -> Problem {
        if error.class() != Class::Conflict {
            return self.about(path, error);
        }
        let problem = Problem::new(ProblemKind::Conflict, "it was changed meanwhile, and stays");
        problem.context(escape(path.as_bytes())).hint("run the restore again").tag("conflict")
    }

    /// The answer was lost: what is gone was deleted.
    fn still_there(&self, batch: &[Surplus]) -> Result<Settled> {
        let paths: Vec<&str> = batch.iter().map(|surplus| surplus.path.as_str()).collect();
        let found = self.look_at(&paths).map_err(|error| problem(&error))?;
        let mut settled = Settled::default();
        for (surplus, found) in batch.iter().zip(found) {
            if found.is_some() {
                settled.again.push(surplus.clone());
            } else {
                self.deleted(surplus, Ok(()));
            }
        }
        Ok(settled)
    }

    fn deleted(&self, surplus: &Surplus, result: Result<()>) {
        match (surplus.ticket, result) {
            (Some(ticket), result) => self.work.end(ticket, result),
            (None, Ok(())) => {}
            // Nobody ordered this one by itself, so nobody else tells of it.
            (None, Err(problem)) => {
                let reason = if problem.kind() == ProblemKind::Conflict { "conflict" } else { "unwritten" };
                self.notes().push(Skip::missing(TreePath::new(&surplus.path), reason, problem.message()));
            }
        }
    }

    /// Deletes what is in a folder that is too large to be deleted at once; only what was seen. A conflict when something stays.
    fn empty(&self, path: &str) -> Result<()> {
        let mut page =
            self.call(|client| client.list_folder(&ListFolder::of(path))).map_err(|error| problem(&error))?;
        let (mut inside, mut stayed) = (Vec::new(), 0);
        loop {
            for entry in &page.entries {
                let shown = entry.path_display().or_else(|| entry.path_lower());
                let (Some(shown), false) = (shown, matches!(entry, Metadata::Deleted(_))) else { continue };
                let rev = entry.as_file().map(|file| file.rev.clone());
                let surplus = Surplus { path: shown.to_owned(), rev, ticket: None };
                if self.standing().is_as_seen(entry) {
                    inside.push(surplus);
                } else {
                    self.deleted(&surplus, Err(changed_inside(shown)));
                    stayed += 1;
                }
            }
            if !page.has_more {
                break;
            }
            let cursor = page.cursor;
            page = self.call(|client| client.list_folder_continue(&cursor)).map_err(|error| problem(&error))?;
        }
        stayed += self.delete_in_rounds(inside)?;
        if stayed == 0 { Ok(()) } else { Err(changed_inside(path)) }
    }

    /// Deletes one item now.
    pub fn delete_now(&self, path: &str, rev: Option<String>) -> Result<()> {
        let surplus = Surplus { path: path.to_owned(), rev, ticket: None };
        if !self.changed_below(std::slice::from_ref(&surplus))?.is_empty() {
            return Err(changed_inside(path));
        }
        let what = surplus.delete();
        for round in 0.. {
            let error = match self.call(|client| client.delete(&what)) {
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

/// The problem of a folder with something in it that nobody has compared, or of that itself.
fn changed_inside(path: &str) -> Problem {
    let message = "it, or something in it, was changed meanwhile, and stays";
    let problem = Problem::new(ProblemKind::Conflict, message).context(escape(path.as_bytes()));
    problem.hint("run the restore again").tag("conflict")
}
