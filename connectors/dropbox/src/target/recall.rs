//! Revisions that Dropbox still has: a file comes back without a byte being sent.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use dropbox_client::{Class, names::fold};
use larder_connect::{New, Outline};
use larder_model::{Problem, ProblemKind, Result};

use super::{inner::Inner, order::Order};
use crate::{
    item::Item,
    problem::{ends_the_run, problem},
};

/// From this size on a revision is asked for without being told to: a refusal costs a call, and a file of this size more than that.
const BYTES_MIN: u64 = 4 << 20;

/// So many refusals in a row are enough.
const REFUSALS_MAX: u32 = 3;

/// Whether it makes sense to ask.
#[derive(Default)]
pub struct Recalls {
    refusals: AtomicU32,
}

impl Inner {
    /// Revisions belong to one account.
    pub fn has_revisions_of(&self, outline: &Outline) -> bool {
        outline.origin.connector == "dropbox" && outline.origin.identity == self.account().id
    }

    /// True when the file is back.
    pub fn recall(&self, new: &New, path: &str) -> Result<bool> {
        let Some((rev, hash)) = self.wanted_revision(new, path) else { return Ok(false) };
        let order = Order { hash, ..Order::new(new, path.to_owned()) };
        // Bringing a revision back asks nobody what stands there now.
        let standing = self.get(path).map_err(|error| problem(&error))?;
        let standing = standing.as_ref().and_then(|found| found.as_file());
        if standing.map(|file| &file.rev) != order.over.as_ref() {
            let message = format!("{path}: it was changed or removed meanwhile, and stays as it is");
            return Err(Problem::new(ProblemKind::Conflict, message).hint("run the restore again"));
        }
        let is_back = match self.call(|client| client.restore(path, &rev)) {
            Ok(file) if order.is(&file) => true,
            Ok(_) => {
                let message = format!("{path}: the revision that came back has another content than the snapshot's");
                return Err(Problem::new(ProblemKind::Damaged, message));
            }
            Err(error) if ends_the_run(&error) => return Err(self.about(path, &error)),
            Err(error) if error.class() == Class::Unclear => {
                let found = self.get(path).map_err(|error| problem(&error))?;
                match found.as_ref().and_then(|found| found.as_file()) {
                    Some(file) if order.is(file) => true,
                    Some(file) if Some(&file.rev) == order.over.as_ref() => false,
                    None if order.over.is_none() => false,
                    _ => return Err(self.about(path, &error)),
                }
            }
            Err(_) => false,
        };
        if is_back {
            self.recalls.refusals.store(0, Relaxed);
            self.folders().is_there(path, &self.work);
        } else {
            self.recalls.refusals.fetch_add(1, Relaxed);
        }
        Ok(is_back)
    }

    /// The revision to ask for, and its content hash.
    fn wanted_revision(&self, new: &New, path: &str) -> Option<(String, String)> {
        let item = Item::of_entry(new.entry).filter(|_| self.may_recall())?;
        let is_worth_it = new.entry.meta.size >= BYTES_MIN
            && self.recalls.refusals.load(Relaxed) < REFUSALS_MAX
            && std::str::from_utf8(new.path.as_bytes()).is_ok_and(|original| fold(original) == fold(path));
        if !self.options.by_revision && !is_worth_it {
            return None;
        }
        Some((item.rev.clone()?, item.hash_text()?))
    }
}
