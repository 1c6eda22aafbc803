//! One thread's look through blocks: names, and what the filter is about, whichever rules out more.

use larder_format::FormatError;
use larder_model::Result;
use memchr::memmem::Finder;

use super::{
    block::{BlockRows, Names},
    facts::Row,
    fold::fold,
    paths::Trail,
    scan::Sought,
    segment::{BlockReader, Segment, broken},
};

/// What one thread searches with.
pub(super) struct Worker {
    pub reader: BlockReader,
    names: Names,
    rows: BlockRows,
    trail: Trail,
    /// Which paths of a block can be hits.
    marks: Vec<bool>,
    by_name: Tally,
    by_facts: Tally,
}

/// How many blocks a look let pass.
#[derive(Clone, Copy, Default)]
struct Tally {
    looked: u64,
    passed: u64,
}

impl Tally {
    fn note(&mut self, passes: bool) -> bool {
        self.looked += 1;
        self.passed += u64::from(passes);
        passes
    }

    /// Names are looked at first until it is known better.
    fn rules_out_more_than(self, other: Self) -> bool {
        self.passed.saturating_mul(other.looked.max(1)) <= other.passed.saturating_mul(self.looked.max(1))
    }
}

impl Worker {
    pub fn new(segment: &Segment) -> Self {
        Self {
            reader: BlockReader::new(segment),
            names: Names::default(),
            rows: BlockRows::default(),
            trail: Trail::default(),
            marks: Vec::new(),
            by_name: Tally::default(),
            by_facts: Tally::default(),
        }
    }

    pub fn look_through(
        &mut self,
        segment: &Segment,
        blocks: &[usize],
        sought: &Sought,
    ) -> Result<Vec<(u32, Box<[u8]>)>> {
        let mut found = Vec::new();
        blocks.iter().try_for_each(|block| self.block(segment, *block, sought, &mut found))?;
        Ok(found)
    }

    fn block(
        &mut self,
        segment: &Segment,
        block: usize,
        sought: &Sought,
        found: &mut Vec<(u32, Box<[u8]>)>,
    ) -> Result<()> {
        if !self.look(segment, block, sought)? {
            return Ok(());
        }
        let Some(last) = self.marks.iter().rposition(|mark| *mark) else { return Ok(()) };
        let origin = segment.fences()[block].origin;
        self.trail.clear();
        for index in 0..=last {
            let (shared, rest) = self.names.get(index);
            if !self.trail.go_on(shared, rest) {
                return Err(broken(FormatError::Damaged("a path of it makes no sense")));
            }
            let path = self.trail.path();
            if self.marks[index]
                && sought.is_past(origin, path)
                && (sought.patterns.is_empty() || sought.patterns.match_bytes(path))
            {
                found.push((origin, path.into()));
            }
        }
        Ok(())
    }

    /// Marks the paths whose name and facts are wanted; false when none is. What has ruled out more blocks so far is looked at first: a
    /// block that it rules out costs one box and not two.
    fn look(&mut self, segment: &Segment, block: usize, sought: &Sought) -> Result<bool> {
        if sought.filter.accepts_all() {
            self.reader.names(segment, block, &mut self.names)?;
            return Ok(self.mark(sought));
        }
        let names_first = sought.finders.is_some() && self.by_name.rules_out_more_than(self.by_facts);
        if names_first {
            self.reader.names(segment, block, &mut self.names)?;
            let any = self.mark(sought);
            if !self.by_name.note(any) {
                return Ok(false);
            }
        }
        self.reader.rows(segment, block, segment.fences()[block].paths as usize, &mut self.rows)?;
        let is_wanted = |row: &Row| row.facts.is_some_and(|facts| sought.filter.accepts(&facts));
        if !names_first {
            if !self.by_facts.note(self.rows.all().iter().any(is_wanted)) {
                self.reader.blocks_read += 1;
                return Ok(false);
            }
            self.reader.names(segment, block, &mut self.names)?;
            if self.names.len() != segment.fences()[block].paths as usize {
                return Err(broken(FormatError::Damaged("a block of it makes no sense")));
            }
            let any = self.mark(sought);
            if !self.by_name.note(any) {
                return Ok(false);
            }
        }
        for (index, mark) in self.marks.iter_mut().enumerate().filter(|(_, mark)| **mark) {
            *mark = self.rows.get(index).iter().any(is_wanted);
        }
        let any = self.marks.contains(&true);
        Ok(if names_first { self.by_facts.note(any) } else { any })
    }

    /// Marks the paths whose name has one of the texts that are needed; false when none has.
    fn mark(&mut self, sought: &Sought) -> bool {
        self.marks.clear();
        let Some(finders) = &sought.finders else {
            self.marks.resize(self.names.len(), true);
            return self.names.len() > 0;
        };
        self.marks.resize(self.names.len(), false);
        let text = self.names.text();
        let folded;
        let text = if !sought.patterns.ignores_case() {
            text
        } else if text.is_ascii() {
            folded = text.to_ascii_lowercase();
            &folded
        } else {
            return self.mark_folded(finders);
        };
        let mut any = false;
        for place in finders.iter().flat_map(|finder| finder.find_iter(text)) {
            self.marks[self.names.at(place)] = true;
            any = true;
        }
        any
    }

    /// Folded text may be longer or shorter, so this is done path by path.
    fn mark_folded(&mut self, finders: &[Finder]) -> bool {
        let mut rest = Vec::new();
        for (index, mark) in self.marks.iter_mut().enumerate() {
            rest.clear();
            rest.extend_from_slice(&fold(self.names.get(index).1));
            rest.push(0);
            *mark = finders.iter().any(|finder| finder.find(&rest).is_some());
        }
        self.marks.iter().any(|mark| *mark)
    }
}
