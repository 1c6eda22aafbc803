//! Measures the search index: `search FOLDER ENTRIES` builds one in FOLDER from a made-up listing and times queries. A line of JSON for
//! each figure; `cargo xtask bench viewer` makes a table of them.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::{env, path::PathBuf, time::Instant};

use larder_engine::{Facts, Filter, Limits, Patterns, Query, Search, Store};
use larder_model::{Kind, Result, SnapshotId, Time};
use larder_testkit::{
    Larder,
    listing::{Listing, NEEDLE, peak_memory_kib, reset_peak_memory},
};
use serde_json::json;

const SEED: u64 = 7;
/// Snapshots after the first, each with another hundredth of the entries changed.
const LATER: u64 = 4;
const RUNS: usize = 15;
const LIMIT: usize = 100;

fn main() {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap());
    let entries = arguments.next().unwrap().parse().unwrap();
    let mut larder = Larder::new();
    larder.threads = std::thread::available_parallelism().map_or(1, usize::from);
    let store = larder.open();
    let mut limits = Limits::default();
    if let Some(paths) = arguments.next() {
        limits.block_paths = paths.parse().unwrap();
    }
    let search = Search::open(&store, &folder).with_limits(limits);
    build(&search, &store, entries);
    queries(&search);
    search.forget();
}

fn id(number: u64) -> SnapshotId {
    let mut id = SnapshotId::default();
    id.0[..8].copy_from_slice(&number.to_le_bytes());
    id
}

fn build(search: &Search, store: &Store, entries: u64) {
    let listing = Listing { entries, seed: SEED };
    let started = Instant::now();
    listing.tell(&mut |_, _| Ok(())).unwrap();
    let telling = started.elapsed();
    reset_peak_memory().unwrap();
    let before = peak_memory_kib().unwrap();
    let started = Instant::now();
    type Each<'e> = dyn FnMut(&[u8], Option<Facts>) -> Result<()> + 'e;
    let tell = &mut |each: &mut Each| listing.tell(&mut |path, facts| each(path, Some(facts)));
    search.feed(store, "bench", id(0), tell).unwrap();
    // Making up the listing is not the index's work.
    let first = started.elapsed().saturating_sub(telling);
    let bytes = search.bytes();
    let started = Instant::now();
    for later in 1..=LATER {
        let mut number = 0;
        let tell = &mut |each: &mut Each| {
            listing.tell(&mut |path, mut facts| {
                number += 1;
                facts.size += later;
                if number % (100 * LATER) == later * 100 && facts.kind == Kind::File {
                    each(path, Some(facts))
                } else {
                    Ok(())
                }
            })
        };
        search.feed(store, "bench", id(later), tell).unwrap();
    }
    let later = started.elapsed().saturating_sub(telling * LATER as u32);
    println!(
        "{}",
        json!({
            "build": entries,
            "seconds": first.as_secs_f64(),
            "later_seconds": later.as_secs_f64() / LATER as f64,
            "bytes": bytes,
            "bytes_each": bytes as f64 / entries as f64,
            "bytes_in_all": search.bytes(),
            "memory_kib": peak_memory_kib().unwrap() - before,
        })
    );
}

fn queries(search: &Search) {
    let none = Filter::default();
    let large = Filter { min_size: Some(1 << 31), ..Filter::default() };
    let photos = Filter { min_size: Some(32 << 20), since: Some(Time::new(1_755_000_000, 0)), ..Filter::default() };
    let folders = Filter { kinds: vec![Kind::Directory], ..Filter::default() };
    let odd = Filter { min_size: Some(1 << 28), until: Some(Time::new(1_301_000_000, 0)), ..Filter::default() };
    for (name, text, ignore_case, filter) in [
        ("a name that is there once", NEEDLE, false, &none),
        ("a part of it, case ignored", "IN-THE-H", true, &none),
        ("a common ending", "*.jpg", false, &none),
        ("a text that is nowhere", "qzxwvkj", false, &none),
        ("two letters, common", "ba", false, &none),
        ("two letters, nowhere", "q#", false, &none),
        ("a rare glob", "IMG_12?7.heic", false, &none),
        ("two common texts, rarely together", "baba*zeze*.pdf", false, &none),
        ("a path", "photos/**/IMG_99*.NEF", false, &none),
        ("a path from the top", "/person000042/**/*.rs", false, &none),
        ("a folder's name", "node_modules", false, &folders),
        ("everything above 2 GiB", "*", false, &large),
        ("large new photos", "*.jpg", true, &photos),
        ("old and large, of any name", "*", false, &odd),
        ("three letters and nothing else", "???", false, &none),
    ] {
        let patterns = Patterns::typed(text, ignore_case).unwrap();
        let query = Query { blocks_max: Some(Query::PATIENT_BLOCKS), ..Query::new(&patterns, filter) };
        reset_peak_memory().unwrap();
        let before = peak_memory_kib().unwrap();
        let mut times = Vec::new();
        let cpu = cpu_ms();
        let (pages, hits, all_ms) = until_full(search, &query);
        let mut page = search.query(&query, None, LIMIT).unwrap();
        for _ in 0..RUNS {
            let started = Instant::now();
            page = search.query(&query, None, LIMIT).unwrap();
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        let cpu = (cpu_ms() - cpu) / (RUNS + 1) as f64;
        times.sort_by(f64::total_cmp);
        println!(
            "{}",
            json!({
                "query": name,
                "text": text,
                "hits": hits,
                "pages": pages,
                "pages_ms": all_ms,
                "blocks": page.blocks_read,
                "median_ms": times[RUNS / 2],
                "cpu_ms": cpu,
                "most_ms": times[RUNS - 1],
                "memory_kib": peak_memory_kib().unwrap() - before,
            })
        );
    }
}

/// Pages until there are as many hits as are wanted, or no more; the hits; and the milliseconds.
fn until_full(search: &Search, query: &Query) -> (u64, usize, f64) {
    let started = Instant::now();
    let (mut pages, mut hits, mut cursor) = (0, 0, None);
    loop {
        let page = search.query(query, cursor.as_deref(), LIMIT - hits).unwrap();
        pages += 1;
        hits += page.hits.len();
        cursor = page.next;
        if cursor.is_none() || hits >= LIMIT {
            return (pages, hits, started.elapsed().as_secs_f64() * 1e3);
        }
    }
}

/// Processor time of all threads of this process. Linux counts it in hundredths of a second.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, numbers) = stat.rsplit_once(')').unwrap();
    let ticks: Vec<f64> = numbers.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse().unwrap()).collect();
    (ticks[0] + ticks[1]) * 10.0
}
