//! The packs that a run names.

use std::collections::HashMap;

use larder_model::{PackId, RunId};

use super::PackRow;
use crate::keys::BlobKind;

/// Rows of packs in half the memory that they would take one by one: a large store has millions of them, and each open store holds
/// them all. What the packs of one writer have in common is held once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PackTable {
    rows: Vec<Row>,
    shared: Vec<Shared>,
    /// The provider's hashes, back to back.
    hashes: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    id: PackId,
    size: u64,
    created: i64,
    shared: u32,
    hash_at: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Shared {
    kind: BlobKind,
    epoch: u32,
    run: RunId,
    hash_kind: u8,
    hash_len: u8,
}

impl PackTable {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn get(&self, number: usize) -> Option<PackRow> {
        self.rows.get(number).map(|row| self.row(row))
    }

    /// A pack's id and the epoch that it is sealed under: all that a reader needs of it.
    pub fn place(&self, number: usize) -> Option<(PackId, u32)> {
        self.rows.get(number).map(|row| (row.id, self.shared[row.shared as usize].epoch))
    }

    pub fn iter(&self) -> impl Iterator<Item = PackRow> {
        self.rows.iter().map(|row| self.row(row))
    }

    pub fn ids(&self) -> impl Iterator<Item = &PackId> {
        self.rows.iter().map(|row| &row.id)
    }

    fn row(&self, row: &Row) -> PackRow {
        let Shared { kind, epoch, run, hash_kind, hash_len } = self.shared[row.shared as usize];
        let hash = self.hashes[row.hash_at as usize..][..hash_len as usize].to_vec();
        PackRow { id: row.id, size: row.size, kind, epoch, run, created: row.created, hash: (hash_kind, hash) }
    }
}

/// Rows in order.
impl FromIterator<PackRow> for PackTable {
    fn from_iter<I: IntoIterator<Item = PackRow>>(rows: I) -> Self {
        let (mut table, mut numbers) = (Self::default(), HashMap::new());
        for row in rows {
            let shared = Shared {
                kind: row.kind,
                epoch: row.epoch,
                run: row.run,
                hash_kind: row.hash.0,
                hash_len: row.hash.1.len() as u8,
            };
            let number = *numbers.entry(shared).or_insert_with(|| {
                table.shared.push(shared);
                table.shared.len() as u32 - 1
            });
            let hash_at = table.hashes.len() as u32;
            table.hashes.extend_from_slice(&row.hash.1);
            table.rows.push(Row { id: row.id, size: row.size, created: row.created, shared: number, hash_at });
        }
        table.rows.shrink_to_fit();
        table.hashes.shrink_to_fit();
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_were_put_in() {
        let row = |number: u8| PackRow {
            id: PackId([number; 32]),
            size: u64::from(number) << 33,
            kind: if number.is_multiple_of(5) { BlobKind::Page } else { BlobKind::Content },
            epoch: u32::from(number) / 40,
            run: RunId([number / 30; 16]),
            created: -i64::from(number),
            hash: if number.is_multiple_of(3) { (1, vec![number; 32]) } else { (0, Vec::new()) },
        };
        let rows: Vec<_> = (0..100).map(row).collect();
        let table: PackTable = rows.iter().cloned().collect();
        assert_eq!(table.iter().collect::<Vec<_>>(), rows);
        assert_eq!(table.get(99), Some(row(99)));
        assert_eq!((table.get(100), table.place(100)), (None, None));
        assert!((0..100).all(|number| table.place(number) == Some((rows[number].id, rows[number].epoch))));
        assert!(table.ids().eq(rows.iter().map(|row| &row.id)));
        assert_eq!(size_of::<Row>(), 56);
    }
}
