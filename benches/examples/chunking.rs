//! What each way to cut makes of files: `cargo run --release -p larder-benches --example chunking -- FILE...`
//!
//! Files are taken as versions of the same data: `unique` is what a store would hold of all of them. Places depend on the store's key, and by
//! chance some keys do better: sizes and numbers are means over several. docs/chunking.md has figures.

use std::{collections::HashMap, env, error::Error, fs, time::Instant};

use larder_format::{
    chunker::{Chunker, Method},
    keys::{BlobKind, Identity},
    secret::Secret,
};

const KEYS: u8 = 5;
/// Each file is cut this often with each key; the quickest time counts, because a busy machine only ever adds to it.
const RUNS: usize = 3;
const MIB: f64 = 1_048_576.0;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<Vec<u8>> = env::args_os().skip(1).map(fs::read).collect::<Result<_, _>>()?;
    let all: f64 = files.iter().map(|file| file.len() as f64).sum();
    println!("of {:.1} MiB   GB/s     MiB unique       chunks   mean KiB      ± KiB", all / MIB);
    for method in Method::ALL {
        let results: Vec<[f64; 5]> = (1..=KEYS).map(|key| try_key(method, key, &files, all)).collect();
        let mean = |column: usize| results.iter().map(|row| row[column]).sum::<f64>() / f64::from(KEYS);
        let [gb, unique, chunks, len, spread] = std::array::from_fn(mean);
        println!("{:10} {gb:10.2} {unique:14.1} {chunks:12.0} {len:10.0} {spread:10.0}", format!("{method:?}"));
    }
    Ok(())
}

/// The columns that are printed.
fn try_key(method: Method, key: u8, files: &[Vec<u8>], all: f64) -> [f64; 5] {
    let identity = Identity::new(Secret::new([key; 32]));
    let chunker = Chunker::new(method, method.sizes(), &identity);
    let (mut seconds, mut unique) = (0.0, HashMap::new());
    for file in files {
        let (quickest, lengths) = timed_cuts(&chunker, file);
        seconds += quickest;
        let mut rest = &file[..];
        for len in lengths {
            let (chunk, more) = rest.split_at(len);
            unique.insert(identity.blob_id(BlobKind::Content, chunk), len as f64);
            rest = more;
        }
    }
    let (chunks, stored) = (unique.len() as f64, unique.values().sum::<f64>());
    let mean = stored / chunks;
    let spread = (unique.values().map(|len| (len - mean).powi(2)).sum::<f64>() / chunks).sqrt();
    [all / seconds / 1e9, stored / MIB, chunks, mean / 1024.0, spread / 1024.0]
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
