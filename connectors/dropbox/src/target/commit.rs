//! Committing: many files in one change, one change at a time, and each of them for certain.
//!
//! A commit whose answer is lost may have been made. Nothing is sent again before it was looked for, and a file is committed only over what
//! was seen, so that looking too early does no harm: what came after all is met as a conflict, and known by its content hash.

use dropbox_client::{Class, Error, FileMetadata, Finish, Metadata};
use larder_model::{Problem, ProblemKind, Skip, TreePath, escape};

use super::{inner::Inner, names, order::Ready, send::wait};
use crate::problem::{ends_the_run, problem};

/// Files of one commit; fewer after each one that nobody knows the end of.
pub const COMMIT_SIZES: [usize; 3] = [1000, 200, 50];

/// How often a file is committed.
const TRIES: u32 = 8;

impl Inner {
    /// Commits files. Each has come to its end after that, or is ready once more.
    pub fn commit(&self, batch: Vec<Ready>) {
        if batch.is_empty() || self.work.check().is_err() {
            return;
        }
        let finishes: Vec<Finish> = batch.iter().map(Ready::finish).collect();
        match self.call(|client| client.finish_session_batch(&finishes)) {
            Ok(results) => self.committed(batch, results),
            Err(error) => self.commit_failed(batch, &error),
        }
    }

    fn committed(&self, batch: Vec<Ready>, results: Vec<dropbox_client::Result<FileMetadata>>) {
        let (mut doubtful, mut busy) = (Vec::new(), Vec::new());
        if let Some(last) = results.iter().rev().find_map(|result| result.as_ref().ok()) {
            self.note_recent(last);
        }
        for (ready, result) in batch.into_iter().zip(results) {
            match result {
                Ok(file) if ready.order.is(&file) => self.is_there(ready),
                Ok(_) => self.fail(ready, damaged()),
                Err(error) if ends_the_run(&error) => return self.work.stop(self.fatal(&ready, &error)),
                Err(error) => match error.class() {
                    Class::Retry | Class::Unclear => busy.push((ready, error)),
                    // Perhaps it is this very file, from a commit whose answer was lost.
                    Class::Conflict | Class::Session => doubtful.push((ready, error)),
                    _ => self.refused(ready, &error),
                },
            }
        }
        self.resolve(doubtful);
        self.try_again(busy);
    }

    /// The file is there, whole and under its name.
    fn is_there(&self, ready: Ready) {
        self.folders().is_there(&ready.order.path, &self.work);
        if let Some(kept) = ready.kept {
            kept.remove();
        }
        self.work.end(ready.order.ticket, Ok(()));
    }

    fn fail(&self, ready: Ready, problem: Problem) {
        if let Some(kept) = ready.kept {
            kept.remove();
        }
        let problem = problem.context(escape(ready.order.path.as_bytes()));
        self.work.end(ready.order.ticket, Err(problem));
    }

    /// A name that is refused may be taken in another form.
    fn refused(&self, mut ready: Ready, error: &Error) {
        let is_about_name =
            error.has_tag("malformed_path") || error.has_tag("disallowed_name") || error.status() == Some(400);
        let other = self.cautious_path(&ready.order.path);
        if is_about_name && !ready.order.is_renamed && other != ready.order.path {
            self.tell_other_path(&ready.order.path, &other);
            self.folders().rename(&ready.order.path, &other);
            (ready.order.path, ready.order.is_renamed) = (other, true);
            return self.work.ready(ready);
        }
        let problem = self.about(&ready.order.path, error);
        if let Some(kept) = ready.kept {
            kept.remove();
        }
        self.work.end(ready.order.ticket, Err(problem));
    }

    /// Looks at what stands where files should have gone.
    fn resolve(&self, doubtful: Vec<(Ready, Error)>) {
        if doubtful.is_empty() {
            return;
        }
        let paths: Vec<&str> = doubtful.iter().map(|(ready, _)| ready.order.path.as_str()).collect();
        let is_ours = |number: usize, found: &Metadata| {
            let order = doubtful.get(number).map(|(ready, _)| &ready.order);
            order.is_some_and(|order| found.as_file().is_some_and(|file| order.is(file)))
        };
        let found = match self.look_closely(&paths, is_ours) {
            Ok(found) => found,
            Err(error) => return self.work.stop(problem(&error)),
        };
        let mut lost = Vec::new();
        for ((mut ready, error), found) in doubtful.into_iter().zip(found) {
            match found {
                Some(file) if file.as_file().is_some_and(|file| ready.order.is(file)) => self.is_there(ready),
                _ if error.class() == Class::Session => match ready.again(TRIES) {
                    Some(small) => lost.push(small),
                    None => self.fail(ready, Problem::failed(error.what()).hint("run the restore again")),
                },
                _ => self.in_the_way(ready, &error),
            }
        }
        self.send_anew(lost);
    }

    fn in_the_way(&self, ready: Ready, error: &Error) {
        let message = match error.conflict() {
            Some(dropbox_client::Conflict::FileAncestor) => "a file stands where a folder has to be",
            Some(dropbox_client::Conflict::Folder) => "a folder stands there by now, and stays",
            _ if ready.order.over.is_some() => "it was changed or removed meanwhile, and stays as it is",
            _ => "something else stands there by now, and stays",
        };
        if error.conflict() == Some(dropbox_client::Conflict::FileAncestor) && !self.is_top_there() {
            // The place itself cannot be: nothing will ever fit.
            let message = format!("cannot restore to {}: a file stands in its way", self.location());
            return self
                .work
                .stop(Problem::new(ProblemKind::Conflict, message).hint("name a folder; it is made if it is missing"));
        }
        let problem = Problem::new(ProblemKind::Conflict, message).hint("run the restore again").tag("conflict");
        self.fail(ready, problem);
    }

    /// Others are writing in the same namespace, or Dropbox had a moment.
    fn try_again(&self, busy: Vec<(Ready, Error)>) {
        let Some(tries) = busy.iter().map(|(ready, _)| ready.order.tries).max() else { return };
        self.work.pause(wait(tries));
        for (mut ready, error) in busy {
            ready.order.tries += 1;
            if ready.order.tries > TRIES {
                let problem = self.about(&ready.order.path, &error);
                self.work.end(ready.order.ticket, Err(problem));
            } else {
                self.work.ready(ready);
            }
        }
    }

    fn commit_failed(&self, batch: Vec<Ready>, error: &Error) {
        match error.class() {
            Class::Unclear => self.unclear(batch, error),
            Class::BadRequest | Class::SkipAndReport | Class::Conflict if batch.len() > 1 => {
                // One entry is wrong, and the others must not suffer for it.
                let mut batch = batch;
                let rest = batch.split_off(batch.len() / 2);
                self.commit(batch);
                self.commit(rest);
            }
            Class::BadRequest | Class::SkipAndReport | Class::Conflict => {
                batch.into_iter().for_each(|ready| self.refused(ready, error));
            }
            Class::Retry | Class::Unreachable => {
                if batch.iter().any(|ready| ready.order.tries >= TRIES) {
                    return self.work.stop(problem(error));
                }
                self.try_again(batch.into_iter().map(|ready| (ready, error.clone())).collect());
            }
            _ => self.work.stop(problem(error)),
        }
    }

    /// The answer was lost, or did not come for ten minutes: what is there is done, and the rest is committed again in smaller batches.
    fn unclear(&self, batch: Vec<Ready>, error: &Error) {
        self.commit_less();
        let paths: Vec<&str> = batch.iter().map(|ready| ready.order.path.as_str()).collect();
        let found = match self.look_at(&paths) {
            Ok(found) => found,
            Err(error) => return self.work.stop(problem(&error)),
        };
        let mut rest = Vec::new();
        for (ready, found) in batch.into_iter().zip(found) {
            if found.is_some_and(|found| found.as_file().is_some_and(|file| ready.order.is(file))) {
                self.is_there(ready);
            } else {
                rest.push((ready, error.clone()));
            }
        }
        self.try_again(rest);
    }

    fn fatal(&self, ready: &Ready, error: &Error) -> Problem {
        self.about(&ready.order.path, error)
    }

    /// A row for a name that was refused.
    pub fn tell_other_path(&self, path: &str, other: &str) {
        let message = format!("Dropbox does not take this name; it is written as {}", escape(other.as_bytes()));
        self.notes().push(Skip::note(TreePath::new(path), "renamed", message));
    }

    /// The path with names that any Dropbox takes.
    pub fn cautious_path(&self, path: &str) -> String {
        let place = self.place();
        let below = path.strip_prefix(place.as_str()).unwrap_or(path);
        let names = below.split('/').skip(1).map(names::cautious);
        names.fold(place, |path, name| path + "/" + &name)
    }
}

fn damaged() -> Problem {
    Problem::new(ProblemKind::Damaged, "Dropbox has another content hash for it than for what was sent")
        .hint("run the restore again")
}
