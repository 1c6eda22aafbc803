//! Fixed-width identifiers, shown and parsed as lower-case hex.
//!
//! Each kind of id is a type of its own, so that a pack is never looked up under the name of a blob.

use std::{fmt, str::FromStr};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Bytes of one id.
            pub const LEN: usize = $len;

            /// Reads an id from a slice of exactly [`Self::LEN`] bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The first eight hex digits: what people are shown.
            pub fn short(&self) -> String {
                self.to_string()[..8].to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                let mut id = Self::default();
                decode_hex(text, &mut id.0).then_some(id).ok_or(())
            }
        }
    };
}

id!(
    /// The keyed hash of a blob's plain bytes.
    BlobId, 32);
id!(
    /// A snapshot's name: the hash of its plain record.
    SnapshotId, 32);
id!(
    /// A pack's name: the hash of its stored bytes.
    PackId, 32);
id!(
    /// A hash of stored bytes where it names no particular kind of object.
    Hash, 32);
id!(
    /// One writer's run, random.
    RunId, 16);
id!(
    /// A store, random, fixed for its life.
    StoreId, 16);

/// Fills `out` from exactly twice as many hex digits; false when `text` is anything else.
fn decode_hex(text: &str, out: &mut [u8]) -> bool {
    let text = text.as_bytes();
    if text.len() != out.len() * 2 {
        return false;
    }
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    true
}

fn digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways_and_refuses_the_rest() {
        let id = RunId([0xa5; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.short(), "a5a5a5a5");
        for bad in ["", "a5", "A5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", "g5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"] {
            assert_eq!(bad.parse::<RunId>(), Err(()));
        }
    }
}
