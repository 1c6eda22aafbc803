//! Random numbers that a failure can be repeated with: it prints their seed, and `LARDER_TEST_SEED` takes it.

use std::{
    env,
    hash::{BuildHasher, RandomState},
};

/// SplitMix64.
#[derive(Debug)]
pub struct Random {
    #[expect(dead_code, reason = "it is printed")]
    seed: u64,
    state: u64,
}

impl Random {
    pub fn from_environment() -> Self {
        let fresh = || RandomState::new().hash_one(());
        let seed = env::var("LARDER_TEST_SEED").map_or_else(|_| fresh(), |seed| seed.parse().unwrap());
        Self { seed, state: seed }
    }

    /// From 0 up to and without `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
