//! Cases without a fuzzer: stored ones, random ones, and stored ones that were tampered with. The same at every run.

/// The steps of SplitMix64: small, and good enough to pick bytes with.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    }

    /// Below `limit`, or 0 when that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.number() as usize % limit.max(1)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.number() as u8).collect()
    }
}

/// Numbers at which lengths, counts and levels go wrong.
const EDGES: [u64; 14] = [
    0,
    1,
    7,
    0x7f,
    0x80,
    0xff,
    1_024,
    1_025,
    0x7fff_ffff,
    0x8000_0000,
    u32::MAX as u64,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];
/// No decoder needs more to go wrong; longer cases only take longer.
const LEN_MAX: usize = 16 << 10;

/// A case: one in eight is random from the first byte on, the others are stored ones that were tampered with a few times.
pub fn case(random: &mut Random, stored: &[Vec<u8>]) -> Vec<u8> {
    if stored.is_empty() || random.below(8) == 0 {
        let len = random.below(200);
        return random.bytes(len);
    }
    let mut case = stored[random.below(stored.len())].clone();
    for _ in 0..=random.below(4) {
        tamper(random, &mut case, stored);
    }
    case.truncate(LEN_MAX);
    case
}

fn tamper(random: &mut Random, case: &mut Vec<u8>, stored: &[Vec<u8>]) {
    let at = random.below(case.len() + 1);
    let len = random.below(40).min(case.len() - at);
    match random.below(9) {
        0 => flip(random, case, at),
        1 => case.truncate(at),
        2 => drop(case.drain(at..at + len)),
        3 => insert(case, at, &random.bytes(len)),
        4 => case.extend_from_within(at..at + len),
        5 => overwrite(random, case, at),
        6 => insert(case, at, &varint(EDGES[random.below(EDGES.len())])),
        7 => splice(random, case, at, stored),
        _ => case.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.number() as u8),
    }
}

fn flip(random: &mut Random, case: &mut [u8], at: usize) {
    if let Some(byte) = case.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

fn insert(case: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    case.splice(at..at, bytes.iter().copied());
}

/// Puts an edge over one, two, four or eight bytes.
fn overwrite(random: &mut Random, case: &mut [u8], at: usize) {
    let edge = EDGES[random.below(EDGES.len())].to_le_bytes();
    let width = 1 << random.below(4);
    case.iter_mut().skip(at).zip(&edge[..width]).for_each(|(byte, new)| *byte = *new);
}

/// Goes on as another stored case does.
fn splice(random: &mut Random, case: &mut Vec<u8>, at: usize, stored: &[Vec<u8>]) {
    let other = &stored[random.below(stored.len())];
    let from = random.below(other.len() + 1);
    case.truncate(at);
    case.extend_from_slice(&other[from..]);
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
