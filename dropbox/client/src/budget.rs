//! A month's budget of calls, kept in a small file that all processes share.
//!
//! Dropbox counts the upload calls of business teams by month (25,000 on some plans), so uploads are counted apart from
//! the rest. Months are those of UTC. Every request counts, also one that is sent again.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::error::{Class, Error, Result};

/// How long to wait for another process that counts.
const LOCK_TICK: Duration = Duration::from_millis(5);

/// How many calls may be made in a month, and where they are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallBudget {
    /// The file of counts. Made when it is not there; its folder must be.
    pub path: PathBuf,
    /// Calls of the upload family (`files/upload`, `files/upload_session/…`) a month.
    pub uploads: Option<u64>,
    /// All other calls a month.
    pub others: Option<u64>,
}

/// What a month has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MonthCounts {
    /// Like `2026-11`.
    pub month: String,
    /// Calls of the upload family.
    pub uploads: u64,
    /// All other calls.
    pub others: u64,
}

impl CallBudget {
    /// What has been counted in the month of this time.
    pub fn counted(&self, now: SystemTime) -> Result<MonthCounts> {
        let mut file = self.locked(&mut || Ok(()))?;
        self.read(&mut file, &month_of(now))
    }

    /// Counts a call that is about to be sent, or refuses it. `go_on` is asked while another process counts.
    pub(crate) fn take(&self, is_upload: bool, now: SystemTime, go_on: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let mut file = self.locked(go_on)?;
        let mut counts = self.read(&mut file, &month_of(now))?;
        let (count, limit, kind) = match is_upload {
            true => (&mut counts.uploads, self.uploads, "upload calls"),
            false => (&mut counts.others, self.others, "calls other than uploads"),
        };
        if limit.is_some_and(|limit| *count >= limit) {
            return Err(used_up(*count, kind, &counts.month));
        }
        *count += 1;
        self.write(&mut file, &counts).map_err(|error| self.failed("written", &error))
    }

    fn locked(&self, go_on: &mut dyn FnMut() -> Result<()>) -> Result<File> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path);
        let file = open.map_err(|error| self.failed("opened", &error))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => {
                    go_on()?;
                    std::thread::sleep(LOCK_TICK);
                }
                Err(TryLockError::Error(error)) => return Err(self.failed("locked", &error)),
            }
        }
    }

    fn read(&self, file: &mut File, month: &str) -> Result<MonthCounts> {
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| self.failed("read", &error))?;
        let fresh = MonthCounts { month: month.to_string(), ..MonthCounts::default() };
        // A crash of the machine can leave it empty; what was counted before is lost then.
        if text.trim().is_empty() {
            return Ok(fresh);
        }
        let counts: MonthCounts =
            serde_json::from_str(&text).map_err(|error| self.failed("understood", &error.into()))?;
        Ok(if counts.month == month { counts } else { fresh })
    }

    fn write(&self, file: &mut File, counts: &MonthCounts) -> io::Result<()> {
        let text = serde_json::to_string(counts)? + "\n";
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)
    }

    fn failed(&self, done: &str, error: &io::Error) -> Error {
        let what = format!("The count of calls {} could not be {done}: {error}", self.path.display());
        Error::local(Class::Local, what, "Make it writable, or remove it to count anew")
    }
}

fn used_up(count: u64, kind: &str, month: &str) -> Error {
    let what = format!("The budget of {month} is used up: {count} {kind} have been made");
    Error::local(Class::Budget, what, "Raise call_budget, or go on next month")
}

fn month_of(now: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> SystemTime {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    fn take(budget: &CallBudget, is_upload: bool, now: SystemTime) -> Result<()> {
        budget.take(is_upload, now, &mut || Ok(()))
    }

    #[test]
    fn uploads_and_the_rest_are_counted_apart_and_by_month() {
        let folder = tempfile::tempdir().unwrap();
        let budget = CallBudget { path: folder.path().join("calls"), uploads: Some(2), others: None };
        let november = day("2026-11-30T23:59:59Z");
        for _ in 0..2 {
            take(&budget, true, november).unwrap();
            take(&budget, false, november).unwrap();
        }
        let error = take(&budget, true, november).unwrap_err();
        assert_eq!(error.class(), Class::Budget);
        assert!(error.to_string().contains("2026-11"), "{error}");
        take(&budget, false, november).unwrap();
        let counted = budget.counted(november).unwrap();
        assert_eq!((counted.uploads, counted.others), (2, 3));
        take(&budget, true, day("2026-12-01T00:00:00Z")).unwrap();
    }

    #[test]
    fn two_handles_count_together() {
        let folder = tempfile::tempdir().unwrap();
        let budget = CallBudget { path: folder.path().join("calls"), uploads: None, others: Some(100) };
        let now = day("2026-11-30T00:00:00Z");
        let refused: usize = std::thread::scope(|scope| {
            let count = || (0..40).filter(|_| take(&budget, false, now).is_err()).count();
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert_eq!(refused, 60);
    }

    #[test]
    fn a_damaged_file_is_told_and_an_empty_one_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let budget = CallBudget { path: folder.path().join("calls"), uploads: None, others: Some(1) };
        let now = day("2026-11-30T00:00:00Z");
        std::fs::write(&budget.path, "what").unwrap();
        assert_eq!(take(&budget, false, now).unwrap_err().class(), Class::Local);
        std::fs::write(&budget.path, "").unwrap();
        take(&budget, false, now).unwrap();
    }
}
