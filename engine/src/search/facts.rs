//! What the index knows of an item: what it is, how large, how old. Everything else is read from the store.

use larder_model::{Entry, Kind, Time};

/// One version of an item, as far as the index tells versions apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Facts {
    pub kind: Kind,
    /// Bytes of a file; 0 for everything else.
    pub size: u64,
    pub mtime: Option<Time>,
}

impl Facts {
    pub fn of(entry: &Entry) -> Self {
        let size = if entry.kind == Kind::File { entry.meta.size } else { 0 };
        Self { kind: entry.kind, size, mtime: entry.meta.mtime }
    }

    /// The order in which versions of one path are listed: the newest first. It depends on nothing but the version, so that a list may
    /// go on after one.
    pub(super) fn order(&self) -> (std::cmp::Reverse<Option<Time>>, u64, u8) {
        (std::cmp::Reverse(self.mtime), self.size, self.kind as u8)
    }
}

/// What became of a path with a snapshot: `None` when it is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// The snapshot's number in the index.
    pub ordinal: u32,
    pub facts: Option<Facts>,
}

/// Which versions are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// None stands for all.
    pub kinds: Vec<Kind>,
    /// A bound on size is about files: with one, nothing else is wanted.
    pub min_size: Option<u64>,
    pub max_size: Option<u64>,
    /// Changed at this moment or later. What has no time is not wanted then.
    pub since: Option<Time>,
    /// Changed at this moment or earlier.
    pub until: Option<Time>,
}

impl Filter {
    pub fn accepts(&self, facts: &Facts) -> bool {
        let time = |wanted: &dyn Fn(Time) -> bool| facts.mtime.is_some_and(wanted);
        (self.kinds.is_empty() || self.kinds.contains(&facts.kind))
            && (!self.is_about_size() || facts.kind == Kind::File)
            && self.min_size.is_none_or(|min| facts.size >= min)
            && self.max_size.is_none_or(|max| facts.size <= max)
            && self.since.is_none_or(|since| time(&|mtime| mtime >= since))
            && self.until.is_none_or(|until| time(&|mtime| mtime <= until))
    }

    pub fn accepts_all(&self) -> bool {
        *self == Self::default()
    }

    fn is_about_size(&self) -> bool {
        self.min_size.is_some() || self.max_size.is_some()
    }
}

/// What versions a block holds, coarsely: enough to pass over a block in which none can be wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Summary {
    /// A bit a kind.
    pub kinds: u8,
    /// A bit a power of two, of files.
    pub sizes: u64,
    /// A bit a quarter of a year.
    pub times: u128,
}

impl Summary {
    pub fn add(&mut self, facts: &Facts) {
        self.kinds |= 1 << facts.kind as u8;
        if facts.kind == Kind::File {
            self.sizes |= 1 << size_class(facts.size);
        }
        if let Some(time) = facts.mtime {
            self.times |= 1 << time_class(time);
        }
    }

    /// Whether a version that `filter` accepts can be among these.
    pub fn can_hold(&self, filter: &Filter) -> bool {
        let kinds = filter.kinds.iter().fold(0_u8, |mask, kind| mask | 1 << *kind as u8);
        let sizes = mask(filter.min_size.map_or(0, size_class), filter.max_size.map_or(63, size_class));
        let times = mask(filter.since.map_or(0, time_class), filter.until.map_or(127, time_class));
        (kinds == 0 || self.kinds & kinds != 0)
            && (!filter.is_about_size() || self.sizes & sizes as u64 != 0)
            && (filter.since.is_none() && filter.until.is_none() || self.times & times != 0)
    }
}

fn size_class(size: u64) -> u32 {
    (u64::BITS - size.leading_zeros()).min(63)
}

/// 1997 to 2028; what is earlier or later shares a bit with the ends.
fn time_class(time: Time) -> u32 {
    const FIRST: i64 = 852_076_800;
    const QUARTER_SECS: i64 = 7_889_238;
    ((time.secs.saturating_sub(FIRST)) / QUARTER_SECS).clamp(0, 127) as u32
}

/// The bits from `first` to `last`, both included.
fn mask(first: u32, last: u32) -> u128 {
    if first > last {
        return 0;
    }
    (u128::MAX >> (127 - (last - first))) << first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_never_hides_what_a_filter_accepts() {
        let sizes = [0, 1, 2, 3, 1000, 1 << 40, u64::MAX];
        let times = [i64::MIN, -1, 0, 1_000_000_000, 1_768_373_132, i64::MAX].map(|secs| Time::new(secs, 5));
        for kind in [Kind::File, Kind::Directory, Kind::BlockDevice] {
            for (size, time) in sizes.iter().flat_map(|size| times.map(|time| (*size, time))) {
                let facts = Facts { kind, size: if kind == Kind::File { size } else { 0 }, mtime: Some(time) };
                let mut summary = Summary::default();
                summary.add(&facts);
                for (min, since) in sizes.iter().flat_map(|min| times.map(|since| (*min, since))) {
                    let at_least = Filter { min_size: Some(min), since: Some(since), ..Filter::default() };
                    let at_most = Filter { max_size: Some(min), until: Some(since), ..Filter::default() };
                    for filter in [at_least, at_most, Filter { kinds: vec![kind], ..Filter::default() }] {
                        assert!(!filter.accepts(&facts) || summary.can_hold(&filter), "{facts:?} {filter:?}");
                    }
                }
            }
        }
        let mut summary = Summary::default();
        summary.add(&Facts { kind: Kind::File, size: 1000, mtime: Some(Time::new(1_000_000_000, 0)) });
        assert!(!summary.can_hold(&Filter { min_size: Some(5000), ..Filter::default() }));
        assert!(!summary.can_hold(&Filter { until: Some(Time::new(900_000_000, 0)), ..Filter::default() }));
        assert!(!summary.can_hold(&Filter { kinds: vec![Kind::Directory], ..Filter::default() }));
    }
}
