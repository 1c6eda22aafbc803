//! Columns: one kind of value of all entries of a page, side by side, because likes compress best together.

use crate::{FormatError, Result, wire::Reader, wire::Write as _};

/// The column ids of docs/format.md §8.
pub(super) mod id {
    pub const NAMES: u8 = 1;
    pub const KINDS: u8 = 2;
    pub const FLAGS: u8 = 3;
    pub const SIZES: u8 = 4;
    pub const MTIME: u8 = 5;
    pub const CTIME: u8 = 6;
    pub const BTIME: u8 = 7;
    pub const MODE: u8 = 8;
    pub const OWNER: u8 = 9;
    pub const OWNERS: u8 = 10;
    pub const INODE: u8 = 11;
    pub const LINK: u8 = 12;
    pub const DEVICE: u8 = 13;
    pub const TARGET: u8 = 14;
    pub const XATTRS: u8 = 15;
    pub const LONG_XATTRS: u8 = 16;
    pub const FINGERPRINT: u8 = 17;
    pub const PROVIDER: u8 = 18;
    pub const CONTENT: u8 = 19;
    pub const BLOBS: u8 = 20;
    pub const REFERENCES: u8 = 21;
    pub const TOTALS: u8 = 22;
    pub const CHUNKS: u8 = 30;
    pub const LENGTHS: u8 = 31;
    pub const LAST: usize = 31;
}

/// The columns of one page, by id. Those that this program does not know are skipped.
pub(super) struct Columns<'a>([Option<&'a [u8]>; id::LAST + 1]);

impl<'a> Columns<'a> {
    pub fn read(mut reader: Reader<'a>) -> Result<Self> {
        let mut columns = [None; id::LAST + 1];
        let mut last = 0;
        while !reader.is_empty() {
            let id = reader.u8()?;
            let bytes = reader.string()?;
            if id <= last {
                return Err(FormatError::Damaged("a page's columns are out of order"));
            }
            last = id;
            if let Some(column) = columns.get_mut(id as usize) {
                *column = Some(bytes);
            }
        }
        Ok(Self(columns))
    }

    pub fn required(&self, id: u8) -> Result<Reader<'a>> {
        self.0[id as usize].map(Reader).ok_or(FormatError::Damaged("a page lacks a column"))
    }

    /// An optional column; one that is left out has no values.
    pub fn optional(&self, id: u8) -> Result<Optional<'a>> {
        let Some(bytes) = self.0[id as usize] else { return Ok(Optional::Absent) };
        let mut reader = Reader(bytes);
        match reader.u8()? {
            0 => Ok(Optional::Dense(reader)),
            1 => Ok(Optional::Sparse { bits: None, values: reader }),
            _ => Err(FormatError::Damaged("a page's column has an unknown presence byte")),
        }
    }
}

/// An optional column's values, entry by entry.
pub(super) enum Optional<'a> {
    Absent,
    Dense(Reader<'a>),
    Sparse { bits: Option<&'a [u8]>, values: Reader<'a> },
}

impl<'a> Optional<'a> {
    /// Must be called once before the values are read; takes the bitmap off the front.
    pub fn of(mut self, count: usize) -> Result<Self> {
        if let Self::Sparse { bits, values } = &mut self {
            *bits = Some(values.bytes(count.div_ceil(8))?);
        }
        Ok(self)
    }

    /// Reads the value of entry `index` if it has one.
    #[inline]
    pub fn next<T>(&mut self, index: usize, read: impl FnOnce(&mut Reader<'a>) -> Result<T>) -> Result<Option<T>> {
        match self {
            Self::Absent => Ok(None),
            Self::Dense(values) => read(values).map(Some),
            Self::Sparse { bits, values } => {
                let present = bits.is_some_and(|bits| bits[index / 8] >> (index % 8) & 1 == 1);
                if present { read(values).map(Some) } else { Ok(None) }
            }
        }
    }
}

/// Appends a column.
pub(super) fn push(page: &mut Vec<u8>, id: u8, bytes: &[u8]) {
    page.push(id);
    page.put_string(bytes);
}

/// Appends an optional column: nothing when no entry has a value, the values alone when all have.
pub(super) fn push_optional<'e, E, T>(
    page: &mut Vec<u8>,
    id: u8,
    entries: &'e [E],
    value: impl Fn(&'e E) -> Option<T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    let mut values = Vec::with_capacity(entries.len() * 2 + 1);
    let mut bits = vec![0u8; entries.len().div_ceil(8)];
    let mut present = 0;
    for (index, entry) in entries.iter().enumerate() {
        if let Some(value) = value(entry) {
            bits[index / 8] |= 1 << (index % 8);
            present += 1;
            write(&mut values, value);
        }
    }
    if present == 0 {
        return;
    }
    let mut column = Vec::with_capacity(values.len() + bits.len() + 1);
    if present == entries.len() {
        column.push(0);
    } else {
        column.push(1);
        column.extend_from_slice(&bits);
    }
    column.extend_from_slice(&values);
    push(page, id, &column);
}
