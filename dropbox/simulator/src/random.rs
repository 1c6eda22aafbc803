//! Random numbers from a seed (SplitMix64), so that every run of a test can be had again.
//!
//! The same mixing function, by counter instead of by state, makes the content of generated files: any byte of a file of
//! a terabyte is computed without the ones before it.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers that is the same for the same seed.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A number from 0 to `bound - 1`; 0 when there is no such number.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// True with a probability from 0 to 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        unit < probability
    }

    /// Letters and digits as they stand in tokens and ids.
    pub fn letters(&mut self, count: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letter = |_| char::from(ALPHABET[self.below(ALPHABET.len() as u64) as usize]);
        (0..count).map(letter).collect()
    }
}

/// The word at `index` of the content that belongs to `seed`.
pub fn word(seed: u64, index: u64) -> u64 {
    mix(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(index.wrapping_mul(STEP)))
}

fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut two, mut three) = (Random::new(7), Random::new(7), Random::new(8));
        let first: Vec<_> = (0..9).map(|_| one.next()).collect();
        assert_eq!(first, (0..9).map(|_| two.next()).collect::<Vec<_>>());
        assert_ne!(first, (0..9).map(|_| three.next()).collect::<Vec<_>>());
    }
}
