//! Content that the source brings in an order of its own, before the walk: each file once, under its fingerprint.
//!
//! Sources that name content by fingerprint know before anything is read what is new. What arrives is stored at once and noted as an
//! alias; the walk afterwards finds the content of every file by its fingerprint. What was read was paid for with calls and waiting,
//! so half-filled packs are handed in now and then: a run that is killed loses a tenth of its time at most.

use std::{
    sync::{Mutex, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use larder_connect::{Deliveries, Delivery, Forecast, Next};
use larder_format::{
    pack::{Locator, PackBuilder},
    page::JOINED_BLOB_LEN_MAX,
};
use larder_model::{Entry, Flags, Kind, Result, Time, TreePath};

use super::{
    file::{FileReader, ReadError, ReadFile, Small},
    join::joined,
    lookup::Lookup,
    unchanged::may_refer,
    walk::{Shared, on_all_threads},
};
use crate::{
    Amount,
    run::{Uploader, Worker, hand_in_last},
};

/// How long a worker waits for content before it looks whether something else is to be done.
const PATIENCE: Duration = Duration::from_millis(200);
/// What was read is handed in after this long, at the earliest.
const HAND_IN_SECS: f64 = 2.0;
/// The same, where calls to the storage cost more than what a killed run has to read again.
const HAND_IN_SECS_WHERE_CALLS_COST: f64 = 60.0;
/// A run that has lasted longer hands in after this share of its time, so that long runs do not leave many small packs.
const HAND_IN_SHARE: f64 = 0.1;

/// Fetches what the store does not have. `None` for a source that does not deliver. Without an uploader only forecasts.
pub(super) fn fetch(shared: &Shared, uploader: Option<&Uploader>) -> Result<Option<Forecast>> {
    let lookup = Mutex::new(Lookup::default());
    let wanted = |path: &TreePath, entry: &Entry| is_wanted(shared, &lookup, path, entry);
    let mut forecast = Forecast::default();
    let delivers = shared.source.deliver(&wanted, &mut |deliveries| {
        forecast = deliveries.forecast();
        uploader.map_or(Ok(()), |uploader| take_all(shared, uploader, deliveries, forecast))
    })?;
    Ok(delivers.then_some(forecast))
}

fn take_all(shared: &Shared, uploader: &Uploader, deliveries: &dyn Deliveries, forecast: Forecast) -> Result<()> {
    shared.monitor.phase("download", Some(Amount { files: forecast.files, bytes: forecast.bytes }));
    let began = shared.run.store().settings().now();
    let work = || Fetcher::new(shared, uploader, began).work(deliveries);
    let ended: Vec<Result<_>> = on_all_threads(shared.run.threads, &work);
    // What some threads have stored is worth keeping although others have failed.
    let (packs, problems): (Vec<_>, Vec<_>) = ended.into_iter().partition(Result::is_ok);
    hand_in_last(shared.run, uploader, packs.into_iter().flatten().collect())?;
    shared.run.put_aliases()?;
    problems.into_iter().next().map_or(Ok(()), |problem| problem.map(drop))
}

/// True when the content of a file is neither in the parent nor anywhere else in the store.
fn is_wanted(shared: &Shared, lookup: &Mutex<Lookup>, path: &TreePath, entry: &Entry) -> Result<bool> {
    let (run, options) = (shared.run, shared.options);
    let Some(fingerprint) = entry.meta.fingerprint.as_ref().filter(|_| entry.kind == Kind::File) else {
        return Ok(false);
    };
    let locator = run.alias_locator(&shared.origin, fingerprint);
    if run.fresh_alias(&locator).is_some() {
        return Ok(false);
    }
    if options.rehash {
        return Ok(true);
    }
    // The parent first: its entries lie side by side, and aliases lie all over the index.
    let parent = lookup.lock().unwrap_or_else(PoisonError::into_inner).node(run.library, shared.parent, path);
    if let Some(parent) = parent {
        let is_same = parent.entry.meta.fingerprint.as_ref() == Some(fingerprint)
            && !parent.entry.meta.flags.has(Flags::STALE.with(Flags::CHANGED));
        if is_same && may_refer(run, &parent)? {
            return Ok(false);
        }
    }
    Ok(run.old_alias(&locator)?.is_none())
}

/// One thread that takes deliveries.
struct Fetcher<'f> {
    shared: &'f Shared<'f>,
    worker: Worker<'f>,
    reader: FileReader<'f>,
    /// Alias, offset and length of small files that go into one blob, which the worker holds.
    joined: Vec<(Locator, u32, u64)>,
    began: Time,
    handed_in: Time,
}

impl<'f> Fetcher<'f> {
    fn new(shared: &'f Shared<'f>, uploader: &'f Uploader<'f>, began: Time) -> Self {
        let worker = Worker::new(shared.run, Some(uploader));
        let reader = FileReader::new(shared.run, &shared.buffers);
        Self { shared, worker, reader, joined: Vec::new(), began, handed_in: began }
    }

    /// What was stored before somebody stopped the run, or the source failed, is worth keeping: the next run takes it over.
    fn work(mut self, deliveries: &dyn Deliveries) -> Result<[PackBuilder; 2]> {
        let ended = self.take_all(deliveries);
        let kept = self.flush_joined();
        if ended.is_err() {
            let _ = kept.and_then(|()| self.worker.hand_in());
            return ended.and_then(|()| self.worker.finish());
        }
        kept?;
        self.worker.finish()
    }

    fn take_all(&mut self, deliveries: &dyn Deliveries) -> Result<()> {
        loop {
            self.shared.run.store().settings().interrupt.check()?;
            match deliveries.next(PATIENCE)? {
                Next::File(delivery) => self.take(*delivery)?,
                Next::Later => {}
                Next::End => return Ok(()),
            }
            self.hand_in_when_due()?;
        }
    }

    fn take(&mut self, delivery: Delivery) -> Result<()> {
        let shared = self.shared;
        let Delivery { path, entry, file } = delivery;
        shared.monitor.item(&|| path.clone());
        let (read, len, after) = match self.reader.take(shared, &mut self.worker, file) {
            Ok(read) => read,
            // The source knows it too, and says so when the walk asks for the file.
            Err(ReadError::Item(_)) => return Ok(()),
            Err(ReadError::Run(problem)) => return Err(problem),
        };
        shared.tally.bytes_read.fetch_add(len, Relaxed);
        shared.monitor.advance(Amount { files: 1, bytes: 0 });
        let Some(fingerprint) = after.fingerprint.filter(|computed| entry.meta.fingerprint.as_ref() == Some(computed))
        else {
            return Ok(());
        };
        let locator = shared.run.alias_locator(&shared.origin, &fingerprint);
        match read {
            ReadFile::Stored(content) => shared.run.note_alias(locator, len, content),
            ReadFile::Small(small) => self.join(locator, small),
        }
    }

    fn join(&mut self, locator: Locator, small: Small) -> Result<()> {
        if self.worker.held() + small.len > JOINED_BLOB_LEN_MAX {
            self.flush_joined()?;
        }
        self.joined.push((locator, self.worker.held() as u32, small.len as u64));
        self.reader.hold(&mut self.worker, small);
        Ok(())
    }

    fn flush_joined(&mut self) -> Result<()> {
        if self.joined.is_empty() {
            return Ok(());
        }
        // Where they cannot be stored their bytes are let go, and so is what would point to them.
        let blob = self.worker.put_held().inspect_err(|_| self.joined.clear())?;
        let alone = self.joined.len() == 1;
        for (locator, offset, len) in self.joined.drain(..) {
            self.shared.run.note_alias(locator, len, joined(alone, blob, offset))?;
        }
        Ok(())
    }

    fn hand_in_when_due(&mut self) -> Result<()> {
        let now = self.shared.run.store().settings().now();
        let least = match self.shared.run.store().storage().promises().pack_len {
            0 => HAND_IN_SECS,
            _ => HAND_IN_SECS_WHERE_CALLS_COST,
        };
        let limit = (now.secs_since(self.began) * HAND_IN_SHARE).max(least);
        if now.secs_since(self.handed_in) < limit {
            return Ok(());
        }
        self.handed_in = now;
        self.flush_joined()?;
        self.worker.hand_in()?;
        self.shared.run.put_aliases()
    }
}
