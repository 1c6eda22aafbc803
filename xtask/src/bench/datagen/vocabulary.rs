//! Invented words, used as often as words are: the k-th most frequent about 1/k times as often as the first (Zipf).
//!
//! Compression and deduplication depend on how text repeats itself; evenly drawn words would compress far worse than
//! anything that people write.

use super::random::Random;

const SYLLABLES: &[&str] = &[
    "ab", "re", "con", "ta", "ile", "ser", "ver", "ment", "in", "ex", "po", "ro", "st", "ate", "ing", "er", "ch", "un",
    "de", "pre", "key", "log", "map", "buf", "len", "id", "ix", "at", "or", "al", "ic", "ty", "ow", "en", "ed", "su",
    "mo", "ni", "ka", "lo",
];

pub struct Vocabulary {
    words: Vec<String>,
    /// At each word's place, the share of all use that it and the more frequent ones have.
    shares: Vec<f64>,
}

impl Vocabulary {
    /// `skew` is the exponent of Zipf's law: near 1 for text, lower is more even.
    pub fn new(mut random: Random, size: usize, skew: f64) -> Self {
        let words = (0..size).map(|_| word(&mut random)).collect();
        let mut sum = 0.0;
        let weights = (1..=size).map(|rank| (rank as f64).powf(-skew));
        let sums: Vec<f64> = weights
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        let shares = sums.into_iter().map(|part| part / sum).collect();
        Self { words, shares }
    }

    pub fn pick(&self, random: &mut Random) -> &str {
        let share = random.fraction();
        let rank = self.shares.partition_point(|upto| *upto < share);
        &self.words[rank.min(self.words.len() - 1)]
    }
}

fn word(random: &mut Random) -> String {
    let mut word = String::new();
    for syllable in 0..random.between(1, 5) {
        if syllable == 2 && random.below(3) == 0 {
            word.push('_');
        }
        word.push_str(SYLLABLES[random.below(SYLLABLES.len() as u64) as usize]);
    }
    word
}
