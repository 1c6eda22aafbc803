//! What is asked of every way to cut.
//!
//! That its places are those of the format, whatever is done to be fast: golden ones, and those of plain loops. That they come from the
//! content, so that an edit moves few. And that chunks have the sizes that were asked for.

use std::collections::HashSet;

use super::*;
use crate::secret::Secret;

const SMALL: Sizes = Sizes { min: 256, bits: 10, max: 4096 };

fn identity() -> Identity {
    Identity::new(Secret::new([1; 32]))
}

fn chunker(method: Method) -> Chunker {
    Chunker::new(method, SMALL, &identity())
}

fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

fn cuts(chunker: &Chunker, data: &[u8]) -> Vec<usize> {
    let (mut at, mut cuts) = (0, Vec::new());
    while at < data.len() {
        at += chunker.cut_rest(&data[at..]);
        cuts.push(at);
    }
    cuts
}

/// These numbers are the format: when they change, old stores stop sharing chunks with new backups.
#[test]
fn golden_cuts() {
    let golden = [
        (Method::Gear, [941, 2176, 2620, 4081, 5229, 6354]),
        (Method::Minimum, [2225, 6126, 7600, 10266, 12512, 15703]),
    ];
    for (method, expected) in golden {
        assert_eq!(cuts(&chunker(method), &noise(20_000))[..6], expected);
    }
}

#[test]
fn ids_name_methods() {
    for method in Method::ALL {
        assert_eq!(Method::from_id(method.id()), Some(method));
        assert!(method.sizes().are_sane());
    }
    assert_eq!([0, 3].map(Method::from_id), [None; 2]);
}

#[test]
fn an_insertion_moves_few_cuts() {
    let data = noise(200_000);
    let mut edited = data.clone();
    edited.splice(50_000..50_000, *b"inserted");
    for method in Method::ALL {
        let before: HashSet<_> = cuts(&chunker(method), &data).into_iter().collect();
        let after = cuts(&chunker(method), &edited);
        let same = after.iter().filter(|cut| before.contains(cut) || before.contains(&(**cut - 8))).count();
        assert!(same * 10 > before.len() * 9, "{method:?}: {same} of {}", before.len());
    }
}

#[test]
fn more_data_never_changes_a_cut() {
    let data = noise(5_000);
    for chunker in Method::ALL.map(chunker) {
        let first = Some(chunker.cut_rest(&data));
        assert_eq!(chunker.cut(&data), first);
        for len in 0..data.len() {
            let cut = chunker.cut(&data[..len]);
            assert!(cut.is_none() || cut == first);
            assert!(cut.is_some() || len < chunker.max());
        }
    }
}

/// What is fast cuts where a plain loop over the words of docs/format.md does, also in data that repeats itself.
#[test]
fn fast_loops_change_no_cut() {
    let mut data = noise(1_000_000);
    data[300_000..500_000].fill(0);
    for at in 600_000..800_000 {
        data[at] = data[at - 1_000];
    }
    for (method, plain) in [(Method::Gear, plain_gear as fn(&[u8], Sizes) -> usize), (Method::Minimum, plain_minimum)] {
        let sizes = Sizes { min: 3_000, bits: 14, max: 60_000 };
        let (chunker, mut at) = (Chunker::new(method, sizes, &identity()), 0);
        while at < data.len() {
            let cut = chunker.cut_rest(&data[at..]);
            assert_eq!(cut, plain(&data[at..], sizes), "{method:?} at {at}");
            at += cut;
        }
        // Rests of all lengths, whatever they leave of the last stripe or block.
        let sizes = Sizes { min: 100, bits: 8, max: 2_500 };
        let chunker = Chunker::new(method, sizes, &identity());
        for len in 1..=2_600 {
            assert_eq!(chunker.cut_rest(&data[..len]), plain(&data[..len], sizes), "{method:?}, {len} bytes");
        }
    }
}

fn plain_gear(rest: &[u8], sizes: Sizes) -> usize {
    let (table, mut hash) = (identity().gear_table(), 0u64);
    let range = &rest[..rest.len().min(sizes.max as usize)];
    let is_cut = |(index, byte): (usize, &u8)| {
        hash = (hash << 1).wrapping_add(table[*byte as usize]);
        let bits = if index < 1 << sizes.bits { sizes.bits + 2 } else { sizes.bits - 2 };
        index >= sizes.min as usize && hash >> (64 - bits) == 0
    };
    range.iter().enumerate().position(is_cut).map_or(range.len(), |index| index + 1)
}

fn plain_minimum(rest: &[u8], sizes: Sizes) -> usize {
    if rest.len() <= 1 << sizes.bits {
        return rest.len();
    }
    let key = identity().cut_key();
    let hash = |end: usize| {
        let words = rest[end - 16..end].chunks(4).zip(key.factors);
        words.fold(key.addend, |hash, (word, factor)| {
            hash.wrapping_add(u32::from_le_bytes(word.try_into().unwrap()).wrapping_mul(factor))
        })
    };
    let ends = sizes.min as usize..=rest.len().min(sizes.max as usize);
    ends.rev().min_by_key(|end| hash(*end)).unwrap()
}

/// Sizes are near what was asked for, and keep their bounds, in noise and in text of few letters.
#[test]
fn chunks_have_their_sizes() {
    let data = noise(2_000_000);
    let letters: Vec<u8> = data.iter().map(|byte| b"acgt"[*byte as usize % 4]).collect();
    for (method, data) in Method::ALL.into_iter().flat_map(|method| [(method, &data), (method, &letters)]) {
        let max = if method == Method::Gear { 4096 } else { 1536 };
        let sizes = Sizes { min: 512, bits: 10, max };
        let cuts = cuts(&Chunker::new(method, sizes, &identity()), data);
        let mean = data.len() / cuts.len();
        assert!((900..1_500).contains(&mean), "{method:?}: {mean}");
        let lengths = cuts.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(lengths.take(cuts.len() - 2).all(|len| (512..=max as usize).contains(&len)));
    }
}

/// Nothing but ties: the longest chunks, so that few names stand for much of nothing.
#[test]
fn the_last_of_equal_places_is_cut() {
    let chunker = chunker(Method::Minimum);
    assert_eq!(cuts(&chunker, &[0; 10_000]), [4096, 8192, 10_000]);
}
