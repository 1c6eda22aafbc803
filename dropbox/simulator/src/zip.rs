//! A zip as it is written when nobody knows yet what will be in it: sizes and checksums follow each file (bit 3), as in
//! the archives that Dropbox sends.
//!
//! Written by hand, since it has to be as wrong as the plan says: a flipped byte has a checksum that fits.

use std::io::Write;

use bytes::Bytes;
use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::api::ZipPlan;
use crate::clock::Seconds;

/// Bit 3: sizes follow. Bit 11: names are UTF-8.
const FLAGS: u16 = 0x0808;
const VERSION: u16 = 20;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// What the central directory has to know.
struct Written {
    index: usize,
    method: u16,
    checksum: u32,
    packed: u32,
    size: u32,
    at: u32,
}

/// Writes the archive piece by piece; `send` says whether to go on.
pub fn write(plan: &ZipPlan, mut send: impl FnMut(Bytes) -> bool) {
    let mut at = 0u64;
    let mut written = Vec::with_capacity(plan.entries.len());
    for index in 0..plan.entries.len() {
        match write_entry(plan, index, &mut at, &mut send) {
            Some(entry) => written.push(entry),
            None => return,
        }
    }
    let mut directory = Vec::new();
    for entry in &written {
        directory.extend(central_header(plan, entry));
    }
    let count = written.len() as u16;
    let mut end = header(0x0605_4b50, &[0, 0, count, count]);
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend((at as u32).to_le_bytes());
    end.extend(0u16.to_le_bytes());
    directory.extend(end);
    send(directory.into());
}

fn write_entry(plan: &ZipPlan, index: usize, at: &mut u64, send: &mut impl FnMut(Bytes) -> bool) -> Option<Written> {
    let entry = &plan.entries[index];
    let method = if entry.file.is_some() && plan.deflate { DEFLATED } else { STORED };
    let start = *at;
    let mut put = |bytes: Bytes| {
        *at += bytes.len() as u64;
        send(bytes)
    };
    let flags = if entry.file.is_some() { FLAGS } else { 0x0800 };
    let [date, time] = dos_time(entry.modified);
    let mut local = header(0x0403_4b50, &[VERSION, flags, method, time, date]);
    local.extend([0; 12]);
    local.extend((entry.name.len() as u16).to_le_bytes());
    local.extend([0; 2]);
    local.extend(entry.name.as_bytes());
    if !put(local.into()) {
        return None;
    }
    let mut written = Written { index, method, checksum: 0, packed: 0, size: 0, at: start as u32 };
    let Some(file) = &entry.file else { return Some(written) };
    let mut sum = Hasher::new();
    let mut encoder = plan.deflate.then(|| DeflateEncoder::new(Vec::new(), Compression::fast()));
    let mut position = 0u64;
    for piece in file.content.read(0..file.content.size()) {
        let piece = flipped(piece, entry.flipped.and_then(|at| at.checked_sub(position)));
        position += piece.len() as u64;
        sum.update(&piece);
        let packed = match &mut encoder {
            None => piece,
            Some(encoder) => {
                encoder.write_all(&piece).ok()?;
                std::mem::take(encoder.get_mut()).into()
            }
        };
        written.packed += packed.len() as u32;
        if !put(packed) {
            return None;
        }
    }
    if let Some(encoder) = encoder {
        let rest = encoder.finish().ok()?;
        written.packed += rest.len() as u32;
        if !put(rest.into()) {
            return None;
        }
    }
    written.size = position as u32;
    written.checksum = sum.finalize();
    let mut descriptor = 0x0807_4b50u32.to_le_bytes().to_vec();
    for number in [written.checksum, written.packed, written.size] {
        descriptor.extend(number.to_le_bytes());
    }
    put(descriptor.into()).then_some(written)
}

fn central_header(plan: &ZipPlan, written: &Written) -> Vec<u8> {
    let entry = &plan.entries[written.index];
    let flags = if entry.file.is_some() { FLAGS } else { 0x0800 };
    let [date, time] = dos_time(entry.modified);
    let mut bytes = header(0x0201_4b50, &[VERSION, VERSION, flags, written.method, time, date]);
    for number in [written.checksum, written.packed, written.size] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend((entry.name.len() as u16).to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(written.at.to_le_bytes());
    bytes.extend(entry.name.as_bytes());
    bytes
}

fn header(signature: u32, fields: &[u16]) -> Vec<u8> {
    let mut bytes = signature.to_le_bytes().to_vec();
    fields.iter().for_each(|field| bytes.extend(field.to_le_bytes()));
    bytes
}

fn flipped(piece: Bytes, at: Option<u64>) -> Bytes {
    match at {
        Some(at) if at < piece.len() as u64 => {
            let mut bytes = piece.to_vec();
            bytes[at as usize] ^= 0x40;
            bytes.into()
        }
        _ => piece,
    }
}

/// Date and time of MS-DOS, in UTC, even seconds.
fn dos_time(time: Seconds) -> [u16; 2] {
    let time = jiff::Timestamp::from_second(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let civil = time.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let year = (i32::from(civil.year()) - 1980).clamp(0, 127) as u16;
    let date = (year << 9) | ((civil.month() as u16) << 5) | civil.day() as u16;
    let time = ((civil.hour() as u16) << 11) | ((civil.minute() as u16) << 5) | (civil.second() as u16 / 2);
    [date, time]
}
