//! How names are marked that stand for others: the same way at every target.

/// What stands before the hash in a substitute.
pub const SUBSTITUTE_MARK: &str = "~larder-";

/// The end of the name that stands for `name`: the same each time, so that a second restore finds what the first one wrote. Two names of
/// one folder would have to agree in it and in their start to meet.
pub fn substitute_ending(name: &[u8]) -> String {
    format!("{SUBSTITUTE_MARK}{:016x}", hash(name))
}

/// FNV-1a with 64 bits.
fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
