//! Which pairs and triples of letters the names of a block have, as a set of hash buckets: what tells that a text cannot be in a block.
//!
//! Names are folded and get a zero byte at both ends, so that a text that begins or ends a name is told apart from one in the middle.
//! The folders that a block's items lie in have buckets of their own: a folder `photos` with a million items is not a reason to read
//! its blocks when a *name* with `photos` is wanted.

use super::fold::fold;

/// 64 Ki buckets: a block of 256 names fills some hundredths of them.
pub(super) const BUCKETS: usize = 1 << 16;

/// Triples of one text that are looked up at most: more of them exclude hardly more.
const GRAMS_MAX: usize = 24;

/// Where a name stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// It is an item of the block.
    Item,
    /// It is a folder above one.
    Above,
}

/// The buckets of one block.
pub(super) struct GramSet {
    words: Vec<u64>,
    scratch: Vec<u8>,
}

impl GramSet {
    pub fn new() -> Self {
        Self { words: vec![0; BUCKETS / 64], scratch: Vec::new() }
    }

    pub fn add(&mut self, name: &[u8], place: Place) {
        self.scratch.clear();
        self.scratch.push(0);
        self.scratch.extend_from_slice(&fold(name));
        self.scratch.push(0);
        let scratch = std::mem::take(&mut self.scratch);
        scratch.windows(2).for_each(|pair| self.set(bucket(pair, place)));
        scratch.windows(3).for_each(|triple| self.set(bucket(triple, place)));
        self.scratch = scratch;
    }

    fn set(&mut self, bucket: u16) {
        self.words[usize::from(bucket) / 64] |= 1 << (bucket % 64);
    }

    /// Calls `each` with every bucket that is filled, and empties the set.
    pub fn drain(&mut self, mut each: impl FnMut(usize)) {
        for (index, word) in self.words.iter_mut().enumerate() {
            let mut bits = std::mem::take(word);
            while bits != 0 {
                each(index * 64 + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
    }
}

/// Two or three bytes.
fn bucket(gram: &[u8], place: Place) -> u16 {
    let key = match *gram {
        [a, b] => u32::from_le_bytes([a, b, 0, 1]),
        [a, b, c] => u32::from_le_bytes([a, b, c, 0]),
        _ => 0,
    };
    let key = key | u32::from(place == Place::Above) << 25;
    (key.wrapping_mul(0x9e37_79b1) >> 16) as u16
}

/// A text that a name must have for a pattern to match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Literal {
    pub text: Vec<u8>,
    pub begins: bool,
    pub ends: bool,
}

impl Literal {
    /// The buckets that a block has to have filled, for a name at `place`: as many for either place.
    pub fn buckets(&self, place: Place) -> Vec<u16> {
        let zero = |wanted: bool| wanted.then_some(0);
        let folded = fold(&self.text);
        let bytes: Vec<u8> =
            zero(self.begins).into_iter().chain(folded.iter().copied()).chain(zero(self.ends)).collect();
        match bytes.len() {
            0 | 1 => Vec::new(),
            2 => vec![bucket(&bytes, place)],
            _ => bytes.windows(3).take(GRAMS_MAX).map(|triple| bucket(triple, place)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(name: &str, text: &str, begins: bool, ends: bool) -> bool {
        let mut set = GramSet::new();
        set.add(name.as_bytes(), Place::Item);
        let mut filled = Vec::new();
        set.drain(|bucket| filled.push(bucket as u16));
        let literal = Literal { text: text.as_bytes().to_vec(), begins, ends };
        literal.buckets(Place::Item).iter().all(|bucket| filled.contains(bucket))
    }

    #[test]
    fn a_part_of_a_name_is_in_its_set() {
        for (text, begins, ends) in
            [("Notes", true, false), ("tes.txt", false, true), ("no", false, false), ("x", false, false)]
        {
            assert!(holds("nOTes.TXT", text, begins, ends), "{text}");
        }
        assert!(!holds("notes.txt", "otes", true, false) && !holds("notes.txt", "zq", false, false));
        assert!(holds("GRÜSSE", "grüße", true, true));
        assert!(holds("a", "a", true, true) && !holds("ab", "a", true, true));
    }

    #[test]
    fn folders_have_buckets_of_their_own() {
        let mut set = GramSet::new();
        set.add(b"photos", Place::Above);
        let mut filled = Vec::new();
        set.drain(|bucket| filled.push(bucket as u16));
        let literal = Literal { text: b"photos".to_vec(), begins: true, ends: true };
        assert!(literal.buckets(Place::Above).iter().all(|bucket| filled.contains(bucket)));
        assert!(!literal.buckets(Place::Item).iter().any(|bucket| filled.contains(bucket)));
    }
}
