//! Looking through the blocks of one segment for paths that can be hits, in the order of origins and walks.

use std::{collections::VecDeque, ops::Range, sync::Arc, thread};

use larder_model::{Problem, Result};
use memchr::memmem::Finder;

use super::{
    facts::Filter, fold::fold, needs::Needs, paths::walk_order, patterns::Patterns, segment::Segment, worker::Worker,
};

/// Blocks that are looked through at first, before it is known whether these are enough.
const FIRST_WAVE: usize = 8;
/// Blocks of a wave for each thread at most: it bounds what is found and not yet wanted.
const WAVE_MAX: usize = 128;
/// Blocks from which on several threads are worth their start.
const SHARED_FROM: usize = 32;

/// What is looked for, the same for all segments.
pub(super) struct Sought<'q> {
    pub patterns: &'q Patterns,
    pub filter: &'q Filter,
    /// By number, whether an origin is wanted.
    pub origins: Vec<bool>,
    /// The last snapshot that is wanted; what became of a path later is of no interest.
    pub ordinal_max: u32,
    /// Where to begin: that path included.
    pub from: Option<(u32, Vec<u8>)>,
    /// Of each pattern, the longest text that names must have; `None` unless all have one.
    pub finders: Option<Vec<Finder<'static>>>,
    pub threads: usize,
}

impl<'q> Sought<'q> {
    pub fn new(patterns: &'q Patterns, filter: &'q Filter, threads: usize) -> Self {
        let finder = |needs: &Needs| {
            let literal = needs.longest()?;
            let mut text = literal.text.clone();
            if patterns.ignores_case() {
                text = fold(&text).into_owned();
            }
            // A zero byte ends each path in a block.
            text.extend(literal.ends.then_some(0));
            Some(Finder::new(&text).into_owned())
        };
        let finders = patterns.needs().iter().map(finder).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty());
        Self { patterns, filter, origins: Vec::new(), ordinal_max: u32::MAX, from: None, finders, threads }
    }

    fn wants_block(&self, segment: &Segment, block: usize) -> bool {
        let fence = &segment.fences()[block];
        self.origins.get(fence.origin as usize).is_some_and(|is_wanted| *is_wanted)
            && fence.ordinal_min <= self.ordinal_max
            && fence.summary.can_hold(self.filter)
            && !self.is_before(segment, block)
            && self.is_where(segment, block)
    }

    /// Whether the block holds paths from where a pattern that begins at the top looks.
    fn is_where(&self, segment: &Segment, block: usize) -> bool {
        let needs = self.patterns.needs();
        if needs.is_empty() || self.patterns.ignores_case() {
            return true;
        }
        let fence = &segment.fences()[block];
        let next = segment.fences().get(block + 1).filter(|next| next.origin == fence.origin);
        needs.iter().any(|needs| needs.can_lie_in(&fence.first, next.map(|next| &*next.first)))
    }

    /// Whether the next block begins at or before the place to begin at.
    fn is_before(&self, segment: &Segment, block: usize) -> bool {
        let (Some((origin, path)), Some(next)) = (&self.from, segment.fences().get(block + 1)) else { return false };
        next.origin < *origin || next.origin == *origin && walk_order(&next.first, path).is_le()
    }

    /// Whether a place is one to go on at: behind the one that this search began at.
    pub fn is_after_start(&self, origin: u32, path: &[u8]) -> bool {
        let Some((from_origin, from)) = &self.from else { return true };
        origin > *from_origin || origin == *from_origin && walk_order(path, from).is_gt()
    }

    pub fn is_past(&self, origin: u32, path: &[u8]) -> bool {
        let Some((from_origin, from)) = &self.from else { return true };
        origin > *from_origin || origin == *from_origin && walk_order(path, from).is_ge()
    }
}

/// The hits that one segment may have, found as they are asked for.
pub(super) struct Scan {
    segment: Arc<Segment>,
    next_group: usize,
    blocks: VecDeque<usize>,
    found: VecDeque<(u32, Box<[u8]>)>,
    wave: usize,
    workers: Vec<Worker>,
}

impl Scan {
    pub fn new(segment: Arc<Segment>) -> Self {
        let workers = vec![Worker::new(&segment)];
        Self { segment, next_group: 0, blocks: VecDeque::new(), found: VecDeque::new(), wave: FIRST_WAVE, workers }
    }

    pub fn blocks_read(&self) -> u64 {
        self.workers.iter().map(|worker| worker.reader.blocks_read).sum()
    }

    /// The next path, as far as it was found already.
    pub fn peek(&self) -> Option<(u32, &[u8])> {
        self.found.front().map(|(origin, path)| (*origin, &**path))
    }

    pub fn pass(&mut self) {
        self.found.pop_front();
    }

    /// Sees that [`Scan::place`] is right. Reads no block.
    pub fn prepare(&mut self, sought: &Sought) -> Result<()> {
        if self.found.is_empty() { self.choose(sought) } else { Ok(()) }
    }

    /// Where the next path is, or at least cannot be before; `None` at the end.
    pub fn place(&self) -> Option<(u32, &[u8])> {
        let unread = || {
            let fence = &self.segment.fences()[*self.blocks.front()?];
            Some((fence.origin, &*fence.first))
        };
        self.peek().or_else(unread)
    }

    /// Looks through some more blocks.
    pub fn fill(&mut self, sought: &Sought) -> Result<()> {
        self.choose(sought)?;
        let wave = self.blocks.len().min(self.wave);
        let blocks: Vec<usize> = self.blocks.drain(..wave).collect();
        self.wave = (self.wave * 2).min(WAVE_MAX * sought.threads);
        if blocks.is_empty() { Ok(()) } else { self.look_through(&blocks, sought) }
    }

    /// Chooses the blocks of the next groups that can hold a hit.
    fn choose(&mut self, sought: &Sought) -> Result<()> {
        while self.blocks.is_empty() {
            let Some(group) = self.segment.groups().get(self.next_group) else { return Ok(()) };
            self.next_group += 1;
            let blocks: Range<usize> = group.first_block as usize..(group.first_block + group.blocks) as usize;
            let mut wanted: Vec<usize> =
                blocks.clone().filter(|block| sought.wants_block(&self.segment, *block)).collect();
            if wanted.is_empty() || sought.patterns.is_empty() {
                self.blocks.extend(wanted);
                continue;
            }
            let reader = &mut self.workers[0].reader;
            if let Some(candidates) = self.segment.candidates(group, sought.patterns.needs(), reader)? {
                wanted.retain(|block| candidates[block - blocks.start]);
            }
            self.blocks.extend(wanted);
        }
        Ok(())
    }

    fn look_through(&mut self, blocks: &[usize], sought: &Sought) -> Result<()> {
        let threads = if blocks.len() < SHARED_FROM { 1 } else { sought.threads };
        while self.workers.len() < threads {
            self.workers.push(Worker::new(&self.segment));
        }
        let segment = &*self.segment;
        let parts = blocks.chunks(blocks.len().div_ceil(threads));
        let mut workers = self.workers.iter_mut();
        let found: Vec<Result<Vec<_>>> = thread::scope(|scope| {
            let mut parts = parts.zip(workers.by_ref());
            let own = parts.next();
            let others: Vec<_> =
                parts.map(|(part, worker)| scope.spawn(move || worker.look_through(segment, part, sought))).collect();
            let first = own.map_or_else(|| Ok(Vec::new()), |(part, worker)| worker.look_through(segment, part, sought));
            let joined = others.into_iter().map(|other| {
                other.join().unwrap_or_else(|_| Err(Problem::failed("a thread that searches has ended unexpectedly")))
            });
            std::iter::once(first).chain(joined).collect()
        });
        for part in found {
            self.found.extend(part?);
        }
        Ok(())
    }
}
