//! Blocks: some thousand paths of one origin, in the order of a walk, and what became of each. Names and facts are boxes of their own, so
//! that looking for a text reads names only.
//!
//! Names: their number, how many names each path shares with the one before (the first: none), and the rests, each ended by a zero byte.
//! Facts: how many rows each path has, then a column each of ordinals, tags, sizes, seconds and nanoseconds.

use larder_format::{
    FormatError, Result,
    wire::{Reader, Write},
};
use larder_model::{Kind, Time};

use super::{
    facts::{Facts, Row, Summary},
    grams::{GramSet, Place},
    paths::shared_names,
};

/// Bytes of a block's names, and rows, from which on it takes no further path.
const NAMES_LEN_MAX: usize = 256 << 10;
const ROWS_MAX: usize = 32 << 10;

/// Bits of a tag beside the kind, which is 0 for what is gone.
const HAS_TIME: u8 = 8;
const HAS_NANOS: u8 = 16;

const WRONG: FormatError = FormatError::Damaged("a block of it makes no sense");

/// A block being filled.
pub(super) struct BlockDraft {
    pub first: Vec<u8>,
    last: Vec<u8>,
    pub paths: usize,
    pub rows: usize,
    pub ordinal_min: u32,
    pub summary: Summary,
    pub grams: GramSet,
    shared: Vec<u8>,
    rests: Vec<u8>,
    counts: Vec<u8>,
    ordinals: Vec<u8>,
    tags: Vec<u8>,
    sizes: Vec<u8>,
    secs: Vec<u8>,
    nanos: Vec<u8>,
    /// The row before, from which the next one is told.
    ordinal: u32,
    second: i64,
}

impl BlockDraft {
    pub fn new() -> Self {
        Self {
            first: Vec::new(),
            last: Vec::new(),
            paths: 0,
            rows: 0,
            ordinal_min: u32::MAX,
            summary: Summary::default(),
            grams: GramSet::new(),
            shared: Vec::new(),
            rests: Vec::new(),
            counts: Vec::new(),
            ordinals: Vec::new(),
            tags: Vec::new(),
            sizes: Vec::new(),
            secs: Vec::new(),
            nanos: Vec::new(),
            ordinal: 0,
            second: 0,
        }
    }

    pub fn is_full(&self, paths_max: usize) -> bool {
        self.paths >= paths_max || self.rests.len() >= NAMES_LEN_MAX || self.rows >= ROWS_MAX
    }

    /// `path` comes after all that were pushed before, in the order of a walk; `rows` are in the order of their ordinals.
    pub fn push(&mut self, path: &[u8], rows: &[Row]) {
        let (shared, at) = shared_names(&self.last, path);
        if self.paths == 0 {
            self.first = path.to_vec();
        }
        let rest = &path[at..];
        self.shared.put_varint(u64::from(shared));
        self.rests.extend_from_slice(rest);
        self.rests.push(0);
        let (above, name) = rest.split_at(rest.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1));
        above.split(|byte| *byte == b'/').filter(|it| !it.is_empty()).for_each(|it| self.grams.add(it, Place::Above));
        self.grams.add(name, Place::Item);
        self.last.clear();
        self.last.extend_from_slice(path);
        self.paths += 1;
        self.counts.put_varint(rows.len() as u64);
        rows.iter().for_each(|row| self.push_row(row));
    }

    fn push_row(&mut self, row: &Row) {
        self.rows += 1;
        self.ordinal_min = self.ordinal_min.min(row.ordinal);
        self.ordinals.put_zigzag(i64::from(row.ordinal) - i64::from(self.ordinal));
        self.ordinal = row.ordinal;
        let Some(facts) = &row.facts else { return self.tags.push(0) };
        self.summary.add(facts);
        let mut tag = facts.kind as u8;
        if facts.kind == Kind::File {
            self.sizes.put_varint(facts.size);
        }
        if let Some(time) = facts.mtime {
            tag |= HAS_TIME;
            self.secs.put_zigzag(time.secs.wrapping_sub(self.second));
            self.second = time.secs;
            if time.nanos != 0 {
                tag |= HAS_NANOS;
                self.nanos.extend_from_slice(&time.nanos.to_le_bytes());
            }
        }
        self.tags.push(tag);
    }

    /// The plain text of both boxes.
    pub fn encode(&self, names: &mut Vec<u8>, facts: &mut Vec<u8>) {
        names.clear();
        names.put_varint(self.paths as u64);
        names.put_string(&self.shared);
        names.extend_from_slice(&self.rests);
        facts.clear();
        facts.put_varint(self.rows as u64);
        for column in [&self.counts, &self.ordinals, &self.tags, &self.sizes, &self.secs, &self.nanos] {
            facts.put_string(column);
        }
    }

    /// Begins the next one, with the memory of this one. The grams are drained already.
    pub fn clear(&mut self) {
        let columns = [&mut self.first, &mut self.last, &mut self.shared, &mut self.rests, &mut self.counts];
        columns.into_iter().for_each(Vec::clear);
        let columns = [&mut self.ordinals, &mut self.tags, &mut self.sizes, &mut self.secs, &mut self.nanos];
        columns.into_iter().for_each(Vec::clear);
        (self.paths, self.rows, self.ordinal, self.second) = (0, 0, 0, 0);
        (self.ordinal_min, self.summary) = (u32::MAX, Summary::default());
    }
}

/// The names of a block, decoded.
#[derive(Default)]
pub(super) struct Names {
    shared: Vec<u32>,
    /// Where each rest begins.
    starts: Vec<u32>,
    rests: Vec<u8>,
}

impl Names {
    pub fn decode(&mut self, plain: &[u8]) -> Result<()> {
        let mut reader = Reader(plain);
        let count = reader.varint32()? as usize;
        let mut shared = Reader(reader.string()?);
        if count > shared.len() {
            return Err(WRONG);
        }
        self.shared.clear();
        for _ in 0..count {
            self.shared.push(shared.varint32()?);
        }
        self.rests.clear();
        self.rests.extend_from_slice(reader.0);
        self.starts.clear();
        self.starts.push(0);
        self.starts.extend(memchr::memchr_iter(0, &self.rests).map(|at| at as u32 + 1));
        let ends = self.starts.pop();
        if self.starts.len() != count || ends != Some(self.rests.len() as u32) { Err(WRONG) } else { Ok(()) }
    }

    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// All rests, each ended by a zero byte.
    pub fn text(&self) -> &[u8] {
        &self.rests
    }

    /// Which path a place in the text belongs to.
    pub fn at(&self, place: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= place) - 1
    }

    /// How many names the path shares with the one before, and the rest of it.
    pub fn get(&self, index: usize) -> (u32, &[u8]) {
        let end = self.starts.get(index + 1).map_or(self.rests.len(), |start| *start as usize);
        (self.shared[index], &self.rests[self.starts[index] as usize..end - 1])
    }
}

/// The facts of a block, decoded.
#[derive(Default)]
pub(super) struct BlockRows {
    /// Where the rows of each path begin, and where all end.
    starts: Vec<u32>,
    rows: Vec<Row>,
}

impl BlockRows {
    pub fn decode(&mut self, plain: &[u8], paths: usize) -> Result<()> {
        let mut reader = Reader(plain);
        let count = reader.varint32()? as usize;
        let mut column = || reader.string().map(Reader);
        let (mut counts, mut ordinals, mut tags) = (column()?, column()?, column()?);
        let (mut sizes, mut secs, mut nanos) = (column()?, column()?, column()?);
        self.starts.clear();
        self.starts.push(0);
        let mut end = 0_u32;
        for _ in 0..paths {
            end = end.checked_add(counts.varint32()?).ok_or(WRONG)?;
            self.starts.push(end);
        }
        if end as usize != count || tags.len() != count {
            return Err(WRONG);
        }
        self.rows.clear();
        let (mut ordinal, mut second) = (0_i64, 0_i64);
        for _ in 0..count {
            ordinal = ordinal.wrapping_add(ordinals.zigzag()?);
            let tag = tags.u8()?;
            let ordinal = u32::try_from(ordinal).map_err(|_| WRONG)?;
            if tag == 0 {
                self.rows.push(Row { ordinal, facts: None });
                continue;
            }
            let kind = Kind::from_number(tag & 7).ok_or(WRONG)?;
            let size = if kind == Kind::File { sizes.varint()? } else { 0 };
            let mtime = match tag & HAS_TIME {
                0 => None,
                _ => {
                    second = second.wrapping_add(secs.zigzag()?);
                    Some(Time::new(second, if tag & HAS_NANOS == 0 { 0 } else { nanos.u32()? }))
                }
            };
            self.rows.push(Row { ordinal, facts: Some(Facts { kind, size, mtime }) });
        }
        Ok(())
    }

    pub fn all(&self) -> &[Row] {
        &self.rows
    }

    /// The rows of one path.
    pub fn get(&self, index: usize) -> &[Row] {
        &self.rows[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_and_a_broken_one_does_not() {
        let file = |size, secs, nanos| Some(Facts { kind: Kind::File, size, mtime: Some(Time::new(secs, nanos)) });
        let paths: [(&[u8], Vec<Row>); 4] = [
            (b"/home/a", vec![Row { ordinal: 7, facts: file(5, i64::MIN, 999_999_999) }]),
            (
                b"/home/a/\xff\n",
                vec![Row { ordinal: 3, facts: file(u64::MAX, i64::MAX, 0) }, Row { ordinal: 9, facts: None }],
            ),
            (b"/home/b/c/d", vec![Row { ordinal: 0, facts: Some(Facts { kind: Kind::Fifo, size: 0, mtime: None }) }]),
            (b"/x", vec![Row { ordinal: u32::MAX, facts: file(0, 0, 1) }]),
        ];
        let mut draft = BlockDraft::new();
        paths.iter().for_each(|(path, rows)| draft.push(path, rows));
        let (mut plain_names, mut plain_facts) = (Vec::new(), Vec::new());
        draft.encode(&mut plain_names, &mut plain_facts);
        let (mut names, mut rows, mut trail) =
            (Names::default(), BlockRows::default(), super::super::paths::Trail::default());
        names.decode(&plain_names).unwrap();
        rows.decode(&plain_facts, names.len()).unwrap();
        assert_eq!((draft.rows, draft.ordinal_min), (5, 0));
        for (index, (path, expected)) in paths.iter().enumerate() {
            let (shared, rest) = names.get(index);
            assert!(trail.go_on(shared, rest));
            assert_eq!(trail.path(), *path);
            assert_eq!(rows.get(index), expected);
            assert_eq!(names.at(names.starts[index] as usize), index);
        }
        for len in 0..plain_facts.len() {
            assert!(rows.decode(&plain_facts[..len], names.len()).is_err(), "{len}");
        }
        for len in 0..plain_names.len() {
            assert!(names.decode(&plain_names[..len]).is_err(), "{len}");
        }
    }
}
