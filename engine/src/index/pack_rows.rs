//! All packs of an index, to be gone through and asked for one by one.

use std::sync::Arc;

use larder_format::index::PackRow;
use larder_model::PackId;

use super::{
    Run,
    pack_ids::{Short, Starts, short},
};

/// The packs as they were when this was asked for, each once. The rows stay where they are: in a map, those of a large store would take
/// more memory than the index itself.
pub(crate) struct PackRows {
    runs: Arc<Vec<Arc<Run>>>,
    /// Those that no run covers.
    adopted: Vec<PackRow>,
    order: Vec<Spot>,
    starts: Starts,
}

/// Where a row is: its number in a run, or among the adopted ones for what would be the run after the last.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    id: Short,
    run: u32,
    number: u32,
}

impl PackRows {
    pub(super) fn new(runs: Arc<Vec<Arc<Run>>>, adopted: Vec<PackRow>) -> Self {
        let mut order = Vec::with_capacity(runs.iter().map(|run| run.tail.packs.len()).sum::<usize>() + adopted.len());
        for (run, packs) in runs.iter().enumerate() {
            let spot = |(number, id)| Spot { id: short(id), run: run as u32, number: number as u32 };
            order.extend(packs.tail.packs.ids().enumerate().map(spot));
        }
        let spot = |(number, row): (usize, &PackRow)| Spot {
            id: short(&row.id),
            run: runs.len() as u32,
            number: number as u32,
        };
        order.extend(adopted.iter().enumerate().map(spot));
        order.sort_unstable();
        order.dedup_by(|later, first| later.id == first.id);
        let starts = Starts::of(&order, |spot| &spot.id);
        Self { runs, adopted, order, starts }
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn get(&self, id: &PackId) -> Option<PackRow> {
        let spot = self.starts.find(&self.order, &short(id), |spot| &spot.id)?;
        self.row(&self.order[spot]).filter(|row| row.id == *id)
    }

    pub fn contains(&self, id: &PackId) -> bool {
        self.get(id).is_some()
    }

    /// The number of a pack in the order in which [`PackRows::iter`] tells them.
    pub fn position(&self, id: &PackId) -> Option<usize> {
        self.starts.find(&self.order, &short(id), |spot| &spot.id)
    }

    pub fn iter(&self) -> impl Iterator<Item = PackRow> {
        self.order.iter().filter_map(|spot| self.row(spot))
    }

    fn row(&self, spot: &Spot) -> Option<PackRow> {
        match self.runs.get(spot.run as usize) {
            Some(run) => run.tail.packs.get(spot.number as usize),
            None => self.adopted.get(spot.number as usize).cloned(),
        }
    }
}
