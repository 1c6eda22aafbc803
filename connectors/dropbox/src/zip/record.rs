//! The records of a zip as bytes: their signatures, and the four shapes of a data descriptor.

/// What a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The local header of an entry.
    Entry,
    /// A line of the central directory.
    Line,
    /// "Archive extra data", before the directory.
    Extra,
    /// The directory's signature.
    Signature,
    /// The end of a directory of zip64.
    WideEnd,
    /// Where that end stands.
    Locator,
    /// The end of the directory and of the zip.
    End,
}

/// The signature that a data descriptor may have (APPNOTE §4.3.9.3).
const DESCRIPTOR: &[u8] = b"PK\x07\x08";

/// Bytes of a descriptor without a signature and with narrow sizes.
pub const SHORTEST: usize = 4 + 4 + 4;
/// Bytes of a descriptor with a signature and wide sizes.
pub const LONGEST: usize = 4 + 4 + 8 + 8;
/// Bytes to look at for [`descriptors`]: the longest, and the signature of what follows it.
pub const REACH: usize = LONGEST + 4;

/// The record that begins with these bytes.
pub fn kind(bytes: &[u8]) -> Option<Kind> {
    Some(match bytes.get(..4)? {
        b"PK\x03\x04" => Kind::Entry,
        b"PK\x01\x02" => Kind::Line,
        b"PK\x06\x08" => Kind::Extra,
        b"PK\x05\x05" => Kind::Signature,
        b"PK\x06\x06" => Kind::WideEnd,
        b"PK\x06\x07" => Kind::Locator,
        b"PK\x05\x06" => Kind::End,
        _ => return None,
    })
}

/// Whether these bytes begin a record that can follow an entry.
pub fn can_follow_entry(bytes: &[u8]) -> bool {
    matches!(kind(bytes), Some(Kind::Entry | Kind::Line | Kind::Extra | Kind::WideEnd | Kind::End))
}

/// What follows an entry whose header had no sizes yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    pub crc: u32,
    pub packed: u64,
    pub size: u64,
    /// Its own length in bytes.
    pub len: usize,
}

/// The ways to read `bytes` as a descriptor. Neither its signature nor the width of its sizes is told anywhere for certain (writers
/// disagree on when zip64 widens it), so what decides is that another record must follow.
pub fn descriptors(bytes: &[u8]) -> impl Iterator<Item = Descriptor> {
    let shapes = [(4, 4), (4, 8), (0, 4), (0, 8)];
    shapes.into_iter().filter_map(|(signature, width)| {
        let len = signature + 4 + 2 * width;
        let fields = bytes.get(signature..len)?;
        let plausible = can_follow_entry(&bytes[len..]) && (signature == 0 || bytes.starts_with(DESCRIPTOR));
        let (crc, sizes) = fields.split_at(4);
        let (packed, size) = sizes.split_at(width);
        plausible.then(|| Descriptor { crc: little(crc) as u32, packed: little(packed), size: little(size), len })
    })
}

/// A number of up to 8 bytes, the lowest first.
pub fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
