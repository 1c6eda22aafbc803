//! What each way to cut makes of files: `cargo run --release -p larder-benches --example chunking -- FILE...`
//!
//! Files are taken as versions of the same data: `unique` is what a store would hold of all of them. docs/chunking.md has figures.

use std::{collections::HashMap, env, error::Error, fs, time::Instant};

use larder_benches::{chunker, identity};
use larder_format::{
    chunker::{Chunker, Method},
    keys::BlobKind,
};

/// Each file is cut this often; the quickest time counts, because a busy machine only ever adds to it.
const RUNS: usize = 5;
const MIB: f64 = 1_048_576.0;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<Vec<u8>> = env::args_os().skip(1).map(fs::read).collect::<Result<_, _>>()?;
    println!(
        "{:8} {:>8} {:>10} {:>10} {:>8} {:>8} {:>6}",
        "method", "GB/s", "MiB", "unique", "chunks", "mean KiB", "± KiB"
    );
    for method in Method::ALL {
        let chunker = chunker(method);
        let (mut seconds, mut unique) = (0.0, HashMap::new());
        for file in &files {
            let (quickest, lengths) = timed_cuts(&chunker, file);
            seconds += quickest;
            let mut rest = &file[..];
            for len in lengths {
                let (chunk, more) = rest.split_at(len);
                unique.insert(identity().blob_id(BlobKind::Content, chunk), len as f64);
                rest = more;
            }
        }
        let all: f64 = files.iter().map(|file| file.len() as f64).sum();
        let (count, stored) = (unique.len() as f64, unique.values().sum::<f64>());
        let mean = stored / count;
        let spread = (unique.values().map(|len| (len - mean).powi(2)).sum::<f64>() / count).sqrt();
        println!(
            "{:8} {:8.2} {:10.1} {:10.1} {count:8} {:8.0} {:6.0}",
            format!("{method:?}"),
            all / seconds / 1e9,
            all / MIB,
            stored / MIB,
            mean / 1024.0,
            spread / 1024.0,
        );
    }
    Ok(())
}

fn timed_cuts(chunker: &Chunker, file: &[u8]) -> (f64, Vec<usize>) {
    let (mut quickest, mut lengths) = (f64::INFINITY, Vec::new());
    for _ in 0..RUNS {
        let (begin, mut rest) = (Instant::now(), file);
        lengths.clear();
        while !rest.is_empty() {
            let len = chunker.cut_rest(rest);
            lengths.push(len);
            rest = &rest[len..];
        }
        quickest = quickest.min(begin.elapsed().as_secs_f64());
    }
    (quickest, lengths)
}
