//! How an entry ends whose end is known without its descriptor.

use std::io::Read;

use super::{
    error::{Failure, Fault, Result, malformed},
    record::{self, Descriptor},
    window::Window,
};

/// Where an entry's length and CRC stand.
#[derive(Clone, Copy, Debug)]
pub enum Promise {
    /// In its header.
    Header { crc: u32, size: u64 },
    /// After its content.
    Descriptor,
}

/// What came of an entry.
pub struct Came {
    pub crc: u32,
    /// Bytes in the zip.
    pub packed: u64,
    /// Bytes of content.
    pub size: u64,
}

impl Promise {
    /// Verifies what came, and goes to the next record. That there is one is part of it: a damaged header can make an entry look empty,
    /// and then content follows.
    pub fn verify<R: Read>(self, window: &mut Window<R>, came: &Came) -> Result<()> {
        let kept = match self {
            Self::Header { crc, size } => {
                if !record::can_follow_entry(window.exact(4)?) {
                    return malformed("no record follows the content");
                }
                (crc, size) == (came.crc, came.size)
            }
            Self::Descriptor => {
                let (descriptor, kept) = descriptor(window.look(record::REACH)?, came)?;
                window.consume(descriptor.len);
                kept
            }
        };
        if kept { Ok(()) } else { Err(Failure { fault: Fault::Checksum, rest: Some(0) }) }
    }
}

/// The descriptor that `bytes` begin with, and whether it says what came. Any that another record follows tells where to go on.
fn descriptor(bytes: &[u8], came: &Came) -> Result<(Descriptor, bool)> {
    let says = |found: &Descriptor| (found.crc, found.packed, found.size) == (came.crc, came.packed, came.size);
    match record::descriptors(bytes).find(says) {
        Some(found) => Ok((found, true)),
        None => match record::descriptors(bytes).next() {
            Some(found) => Ok((found, false)),
            None if bytes.len() < record::REACH => Err(Fault::BrokenOff.into()),
            None => malformed("no data descriptor follows the content"),
        },
    }
}
