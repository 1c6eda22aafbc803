//! The local header of an entry (APPNOTE §4.3.7).

use std::io::Read;

use super::{error::Result, record::little, window::Window};

/// What an entry's header tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryHead {
    /// The path inside the zip, with `/` between names. Where it is not UTF-8 it has U+FFFD in it: the caller finds it in no listing.
    pub name: String,
    pub is_folder: bool,
    /// Length in bytes, if the header tells. Where it stands in a descriptor after the content, it does not.
    pub size: Option<u64>,
    pub method: Method,
}

/// How content is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Stored,
    Deflated,
    /// Any other, by its number in the format. Cannot be read.
    Other(u16),
}

pub struct Header {
    pub head: EntryHead,
    pub encrypted: bool,
    /// Length and CRC follow the content.
    pub described: bool,
    pub crc: u32,
    pub packed: u64,
    pub size: u64,
}

/// Bytes before the name.
const FIXED: usize = 30;

/// Bits of the general purpose flag: encrypted, strongly encrypted, masked.
const ENCRYPTED: u64 = 1 | 1 << 6 | 1 << 13;
const DESCRIBED: u64 = 1 << 3;

/// A size that stands in the extra field of zip64.
const ELSEWHERE: u64 = u32::MAX as u64;
const ZIP64: u64 = 0x0001;
const UNICODE_PATH: u64 = 0x7075;

/// Reads a header whose signature was seen.
pub fn read<R: Read>(window: &mut Window<R>) -> Result<Header> {
    let mut fixed = [0; FIXED];
    fixed.copy_from_slice(&window.exact(FIXED)?[..FIXED]);
    window.consume(FIXED);
    let field = |at: usize, len: usize| little(&fixed[at..at + len]);
    let raw_name = window.take(field(26, 2) as u16)?;
    let extra = window.take(field(28, 2) as u16)?;

    let (packed, size) = sizes(field(18, 4), field(22, 4), &extra);
    let flags = field(6, 2);
    let described = flags & DESCRIBED != 0;
    let name = name(&raw_name, &extra);
    let head = EntryHead {
        is_folder: name.ends_with('/'),
        name,
        size: (!described).then_some(size),
        method: match field(8, 2) as u16 {
            0 => Method::Stored,
            8 => Method::Deflated,
            other => Method::Other(other),
        },
    };
    Ok(Header { head, encrypted: flags & ENCRYPTED != 0, described, crc: field(14, 4) as u32, packed, size })
}

/// The packed and the unpacked size, from the field of zip64 where the header points there.
fn sizes(packed: u64, size: u64, extra: &[u8]) -> (u64, u64) {
    let mut wide =
        fields(extra).find(|(id, _)| *id == ZIP64).map_or(&[][..], |(_, data)| data).chunks_exact(8).map(little);
    let mut resolve = |narrow| if narrow == ELSEWHERE { wide.next().unwrap_or(narrow) } else { narrow };
    let size = resolve(size);
    (resolve(packed), size)
}

/// The name. UTF-8 is taken for what it is whether or not bit 11 says so: many writers forget the bit, and none means anything else
/// by bytes that happen to be valid. Info-ZIP's Unicode path goes before it, if it belongs to this name (§4.6.9).
fn name(raw: &[u8], extra: &[u8]) -> String {
    let unicode =
        fields(extra).filter(|(id, _)| *id == UNICODE_PATH).find_map(|(_, data)| match data.split_at_checked(5)? {
            ([1, crc @ ..], path) if little(crc) == u64::from(crc32fast::hash(raw)) => std::str::from_utf8(path).ok(),
            _ => None,
        });
    unicode.map_or_else(|| String::from_utf8_lossy(raw).into_owned(), str::to_owned)
}

/// The extra fields up to the first that is cut off.
fn fields(mut extra: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = extra.split_at_checked(4)?;
        let (data, rest) = rest.split_at_checked(little(&head[2..]) as usize)?;
        extra = rest;
        Some((little(&head[..2]), data))
    })
}
