//! The runs: row by row, run by run, the peers taking turns.
//!
//! A machine that is slow for a minute is slow for all of them then; only figures that were taken so are compared.

use std::fs;
use std::path::{Path, PathBuf};

use super::datagen::{self, DataSet};
use super::folders::{Trash, size, warm};
use super::measure::Stopwatch;
use super::peer::{Peer, Place, Work};
use super::results::{Record, Results};
use super::rows::{Before, Group, ROWS, Row};
use super::verify::verify;
use crate::failure::{Context, Outcome};

pub struct Race<'a> {
    pub peers: &'a [Box<dyn Peer>],
    pub base: &'a Path,
    pub runs: u64,
    pub percent: u64,
}

impl Race<'_> {
    /// All rows of these groups.
    pub fn run(&self, groups: &[Group], results: &mut Results) -> Outcome {
        let work = self.work();
        fs::create_dir_all(&work).context(work.display())?;
        let mut field =
            Field { race: self, watch: Stopwatch::new(&work)?, trash: Trash::new(work.join("trash"))?, results };
        for group in groups {
            field.run_group(*group)?;
        }
        field.trash.empty()
    }

    fn work(&self) -> PathBuf {
        self.base.join("work")
    }

    fn data(&self, group: Group) -> Outcome<DataSet> {
        match group.set() {
            Some(set) => set.made(self.base, self.percent),
            None => Ok(DataSet { folder: PathBuf::new(), needle: String::new() }),
        }
    }

    fn place(&self, peer: &dyn Peer, group: Group) -> Place {
        let folder = self.work().join(peer.name());
        Place {
            store: folder.join("store"),
            cache: folder.join("cache"),
            key_file: folder.join("key"),
            restored: folder.join("restored"),
            slot: group.slot(),
        }
    }
}

/// A race under way.
struct Field<'a> {
    race: &'a Race<'a>,
    watch: Stopwatch,
    trash: Trash,
    results: &'a mut Results,
}

impl Field<'_> {
    fn run_group(&mut self, group: Group) -> Outcome {
        let data = self.race.data(group)?;
        let changes = ROWS.iter().any(|row| row.group == group && row.before == Before::ChangedFiles);
        if changes {
            datagen::revert(&data.folder).context(data.folder.display())?;
        }
        for row in ROWS.iter().filter(|row| row.group == group) {
            self.run_row(row, &data)?;
        }
        for peer in self.race.peers {
            let place = self.race.place(peer.as_ref(), group);
            self.trash.clear(&place.store)?;
            self.trash.clear(&place.cache)?;
        }
        Ok(())
    }

    fn run_row(&mut self, row: &Row, data: &DataSet) -> Outcome {
        for run in 1..=self.race.runs {
            if row.before == Before::ChangedFiles {
                datagen::change(&data.folder, run).context(data.folder.display())?;
            }
            for peer in in_turn(self.race.peers, run) {
                self.run_once(row, data, peer, run)?;
            }
        }
        Ok(())
    }

    fn run_once(&mut self, row: &Row, data: &DataSet, peer: &dyn Peer, run: u64) -> Outcome {
        let place = self.race.place(peer, row.group);
        self.prepare(row, data, peer, &place, run)?;
        let stored_before = size(&place.store).context(place.store.display())?;
        let work = row.kind.work(&data.folder, &data.needle);
        let figures = self.watch.time(peer, work, &place)?;
        let stored = size(&place.store).context(place.store.display())?;
        self.results.add(Record {
            row: row.name.to_owned(),
            peer: peer.name().to_owned(),
            run,
            figures,
            stored_bytes: stored.bytes,
            stored_files: stored.files,
            grown_bytes: stored.bytes.saturating_sub(stored_before.bytes),
        })?;
        if row.before == Before::EmptyTarget {
            self.finish_restore(data, &place, run)?;
        }
        Ok(())
    }

    fn prepare(&mut self, row: &Row, data: &DataSet, peer: &dyn Peer, place: &Place, run: u64) -> Outcome {
        match row.before {
            Before::NewStore => {
                self.new_store(peer, place)?;
                warm(&data.folder).context(data.folder.display())
            }
            Before::NewStoreOnce if run == 1 => self.new_store(peer, place),
            Before::EmptyTarget => self.trash.renew(&place.restored),
            Before::NewStoreOnce | Before::ChangedFiles | Before::Nothing => Ok(()),
        }
    }

    fn new_store(&mut self, peer: &dyn Peer, place: &Place) -> Outcome {
        self.trash.clear(&place.store)?;
        self.trash.renew(&place.cache)?;
        self.watch.time(peer, Work::Create, place).map(drop)
    }

    /// What is restored is compared once a peer, and never kept: a set of large files would fill the disk.
    fn finish_restore(&mut self, data: &DataSet, place: &Place, run: u64) -> Outcome {
        if run == self.race.runs {
            verify(&data.folder, &place.restored)?;
        }
        self.trash.clear(&place.restored)
    }
}

/// The peers, another one first in each run.
fn in_turn(peers: &[Box<dyn Peer>], run: u64) -> impl Iterator<Item = &dyn Peer> {
    let first = run as usize % peers.len();
    let (later, sooner) = peers.split_at(first);
    sooner.iter().chain(later).map(AsRef::as_ref)
}
