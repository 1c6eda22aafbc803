//! The runs: row by row, run by run, the peers taking turns.
//!
//! A machine that is slow for a minute is slow for all of them then; only figures that were taken so are compared.
//!
//! Whatever a run is going to read is read once before it: some tools tell the kernel to drop what they have read or
//! written, and the stores of many peers do not fit into the page cache together.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::datagen::{self, DataSet};
use super::folders::{Trash, size, warm};
use super::measure::Stopwatch;
use super::peer::{Peer, Place, Work};
use super::results::{Record, Results};
use super::rows::{Before, Group, Kind, ROWS, Row};
use super::verify::verify;
use crate::failure::{Context, Outcome};

pub struct Race<'a> {
    pub peers: &'a [Peer],
    pub base: &'a Path,
    pub runs: u64,
    pub percent: u64,
}

impl Race<'_> {
    /// All rows of these groups.
    pub fn run(&self, groups: &[Group], results: &mut Results) -> Outcome {
        let work = self.work();
        fs::create_dir_all(&work).context(work.display())?;
        let watch = Stopwatch::new(&work)?;
        let trash = Trash::new(work.join("trash"))?;
        let mut field = Field { race: self, watch, trash, results, latest: HashMap::new() };
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
            None => self.small_data(),
        }
    }

    /// One small file, for the groups that measure no backup.
    fn small_data(&self) -> Outcome<DataSet> {
        let folder = self.work().join("small");
        fs::create_dir_all(&folder).context(folder.display())?;
        fs::write(folder.join("small.txt"), "small\n").context(folder.display())?;
        Ok(DataSet { folder, needle: String::new() })
    }

    fn place(&self, peer: &Peer, group: Group, snapshot: &str) -> Place {
        let folder = self.work().join(peer.name);
        Place {
            store: folder.join("store"),
            cache: folder.join("cache"),
            key_file: folder.join("key"),
            restored: folder.join("restored"),
            slot: group.slot(),
            snapshot: snapshot.to_owned(),
        }
    }
}

/// A race under way.
struct Field<'a> {
    race: &'a Race<'a>,
    watch: Stopwatch,
    trash: Trash,
    results: &'a mut Results,
    /// The name of each peer's latest snapshot.
    latest: HashMap<&'static str, String>,
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
            let place = self.race.place(peer, group, "");
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

    /// Peers that cannot do the work are left out.
    fn run_once(&mut self, row: &Row, data: &DataSet, peer: &Peer, run: u64) -> Outcome {
        if row.kind == Kind::Backup || row.before == Before::SnapshotOnce && run == 1 {
            self.latest.insert(peer.name, format!("{}-{run}", row.name));
        }
        let latest = self.latest.get(peer.name).map_or("", String::as_str);
        let place = self.race.place(peer, row.group, latest);
        let Some(command) = peer.command(row.kind.work(&data.folder, &data.needle), &place) else {
            return Ok(());
        };
        self.prepare(row, data, peer, &place, run)?;
        let stored_before = size(&place.store).context(place.store.display())?;
        let figures = self.watch.time(&command)?;
        let stored = size(&place.store).context(place.store.display())?;
        self.results.add(Record {
            row: row.name.to_owned(),
            peer: peer.name.to_owned(),
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

    fn prepare(&mut self, row: &Row, data: &DataSet, peer: &Peer, place: &Place, run: u64) -> Outcome {
        match row.before {
            Before::NewStore => self.new_store(peer, place)?,
            Before::NewStoreOnce if run == 1 => self.new_store(peer, place)?,
            Before::SnapshotOnce if run == 1 => {
                self.new_store(peer, place)?;
                self.untimed(peer, Work::Backup(&data.folder), place)?;
            }
            Before::EmptyTarget => self.trash.renew(&place.restored)?,
            Before::NewStoreOnce | Before::SnapshotOnce | Before::ChangedFiles | Before::Nothing => {}
        }
        let read = [&place.store, &place.cache, &data.folder];
        let read = if row.kind == Kind::Backup { &read[..] } else { &read[..2] };
        read.iter().try_for_each(|folder| warm(folder).context(folder.display()))
    }

    fn new_store(&mut self, peer: &Peer, place: &Place) -> Outcome {
        self.trash.clear(&place.store)?;
        self.trash.renew(&place.cache)?;
        [Work::MakeKey, Work::Create].into_iter().try_for_each(|work| self.untimed(peer, work, place))
    }

    /// Does nothing if the tool has no such work.
    fn untimed(&self, peer: &Peer, work: Work, place: &Place) -> Outcome {
        peer.command(work, place).map_or(Ok(()), |command| self.watch.time(&command).map(drop))
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
fn in_turn(peers: &[Peer], run: u64) -> impl Iterator<Item = &Peer> {
    let first = run as usize % peers.len();
    let (later, sooner) = peers.split_at(first);
    sooner.iter().chain(later)
}
