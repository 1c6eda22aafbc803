//! What a search reads, counted: 200,000 entries in some eight hundred blocks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use larder_engine::{Facts, Filter, Patterns, Query, Search};
use larder_model::{Kind, Result, SnapshotId};
use larder_testkit::{
    Larder,
    listing::{Listing, NEEDLE},
};

const ENTRIES: u64 = 200_000;

#[test]
fn a_search_reads_the_blocks_that_can_hold_it_and_few_others() {
    let cache = tempfile::tempdir().unwrap();
    let store = Larder::new().open();
    let search = Search::open(&store, cache.path());
    let listing = Listing { entries: ENTRIES, seed: 1 };
    type Each<'e> = dyn FnMut(&[u8], Option<Facts>) -> Result<()> + 'e;
    let tell = &mut |each: &mut Each| listing.tell(&mut |path, facts| each(path, Some(facts)));
    search.feed(&store, "origin", SnapshotId::default(), tell).unwrap();
    assert!(search.bytes() < ENTRIES * 32, "{} bytes", search.bytes());

    let (none, folders) = (Filter::default(), Filter { kinds: vec![Kind::Directory], ..Filter::default() });
    let huge = Filter { min_size: Some(1 << 40), ..Filter::default() };
    for (text, filter, hits, blocks_max) in [
        (NEEDLE, &none, Some(1), 4),
        ("eedle-in", &none, Some(1), 4),
        ("qzxwvkj", &none, Some(0), 2),
        ("*.jpg", &none, None, 32),
        ("*", &none, None, 16),
        ("*", &huge, Some(0), 0),
        ("/person000001/**/*.pdf", &none, None, 80),
        ("photos", &folders, None, 128),
    ] {
        let patterns = Patterns::typed(text, false).unwrap();
        let page = search.query(&Query::new(&patterns, filter), None, 50).unwrap();
        assert_eq!(page.entries, ENTRIES);
        assert!(hits.is_none_or(|hits| page.hits.len() == hits), "{text}: {} hits", page.hits.len());
        assert!(page.blocks_read <= blocks_max, "{text}: {} blocks", page.blocks_read);
    }
}
