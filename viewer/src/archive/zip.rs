//! Zip (APPNOTE.TXT 6.3), written without seeking: sizes and checksums follow each file, and once more stand in the directory at the end.
//!
//! Everything is deflated, what is compressed already at level 0: readers of streams find the end of deflated data by themselves.

use flate2::{Compress, Compression, FlushCompress, Status};
use larder_engine::Node;
use larder_model::{Kind, Problem, Result};

use super::{Item, Sink, Writer, names::in_zip};
use crate::media;

/// Above this a file gets 64-bit sizes; what deflate may add is far less than the rest.
const SMALL_MAX: u64 = 0xffff_ffff - (64 << 20);
const U16_FULL: u16 = 0xffff;
const U32_FULL: u32 = 0xffff_ffff;
/// Sizes follow the data; names are UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
const FLAGS_STORED: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Made on Unix, by version 4.5.
const MADE_BY: u16 = 3 << 8 | 45;
const DEFLATE_LEN: usize = 64 << 10;

/// Writes a zip archive. The directory at its end grows in memory, by the length of a name and some 80 bytes an item.
#[derive(Default)]
pub struct ZipWriter {
    at: u64,
    directory: Vec<u8>,
    items: u64,
    open: Option<Open>,
}

/// The file that is being written.
struct Open {
    entry: EntryHead,
    is_large: bool,
    deflate: Compress,
    crc: crc32fast::Hasher,
}

/// What stands both before a file and in the directory.
struct EntryHead {
    name: String,
    /// Unix mode, with the bits of the kind.
    mode: u32,
    time: Option<i32>,
    dos_time: u32,
    start: u64,
    method: u16,
    flags: u16,
    crc: u32,
    packed: u64,
    size: u64,
}

impl ZipWriter {
    fn put(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<()> {
        self.at += bytes.len() as u64;
        sink(bytes)
    }

    fn head(&self, item: &Item, bits: u32, method: u16, flags: u16) -> EntryHead {
        let meta = &item.node.entry.meta;
        let secs = meta.mtime.map(|time| time.secs);
        EntryHead {
            name: in_zip(item.names),
            mode: bits | meta.mode.unwrap_or(if bits == S_IFDIR { 0o755 } else { 0o644 }) & 0o7777,
            time: secs.and_then(|secs| i32::try_from(secs).ok()),
            dos_time: dos_time(secs.unwrap_or(0)),
            start: self.at,
            method,
            flags,
            crc: 0,
            packed: 0,
            size: 0,
        }
    }

    /// An item that is written at once.
    fn whole(&mut self, mut entry: EntryHead, body: &[u8], sink: &mut Sink) -> Result<bool> {
        entry.crc = crc32fast::hash(body);
        (entry.packed, entry.size) = (body.len() as u64, body.len() as u64);
        let local = entry.local(false)?;
        self.put(&local, sink)?;
        self.put(body, sink)?;
        self.note(&entry);
        Ok(true)
    }

    fn note(&mut self, entry: &EntryHead) {
        entry.put_directory(&mut self.directory);
        self.items += 1;
    }

    fn deflate(&mut self, mut bytes: &[u8], flush: FlushCompress, sink: &mut Sink) -> Result<()> {
        let mut out = Vec::with_capacity(DEFLATE_LEN);
        loop {
            let Some(open) = &mut self.open else { return Ok(()) };
            let before = open.deflate.total_in();
            let status = open.deflate.compress_vec(bytes, &mut out, flush);
            let status = status.map_err(|error| Problem::failed(format!("deflate failed: {error}")))?;
            bytes = &bytes[(open.deflate.total_in() - before) as usize..];
            let is_full = out.len() == out.capacity();
            if !out.is_empty() {
                open.entry.packed += out.len() as u64;
                self.at += out.len() as u64;
                sink(&out)?;
                out.clear();
            }
            let is_done = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                _ => bytes.is_empty() && !is_full,
            };
            if is_done {
                return Ok(());
            }
        }
    }
}

const S_IFREG: u32 = 0o100_000;
const S_IFDIR: u32 = 0o040_000;
const S_IFLNK: u32 = 0o120_000;

impl Writer for ZipWriter {
    fn add(&mut self, item: &Item, sink: &mut Sink) -> Result<bool> {
        match item.node.entry.kind {
            Kind::Directory => {
                let mut entry = self.head(item, S_IFDIR, STORED, FLAGS_STORED);
                entry.name.push('/');
                self.whole(entry, b"", sink)
            }
            Kind::Symlink => {
                let entry = self.head(item, S_IFLNK, STORED, FLAGS_STORED);
                let target = item.node.entry.meta.target.clone().unwrap_or_default();
                self.whole(entry, &target, sink)
            }
            _ => Ok(false),
        }
    }

    fn begin_file(&mut self, item: &Item, sink: &mut Sink) -> Result<()> {
        let entry = self.head(item, S_IFREG, DEFLATED, FLAGS);
        let is_large = item.node.entry.meta.size > SMALL_MAX;
        let local = entry.local(is_large)?;
        self.put(&local, sink)?;
        let deflate = Compress::new(level(item.node), false);
        self.open = Some(Open { entry, is_large, deflate, crc: crc32fast::Hasher::new() });
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<()> {
        if let Some(open) = &mut self.open {
            open.crc.update(bytes);
            open.entry.size += bytes.len() as u64;
        }
        self.deflate(bytes, FlushCompress::None, sink)
    }

    fn end_file(&mut self, sink: &mut Sink) -> Result<()> {
        self.deflate(b"", FlushCompress::Finish, sink)?;
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.entry.crc = open.crc.finalize();
        let mut descriptor = Vec::new();
        u32s(&mut descriptor, &[0x0807_4b50, open.entry.crc]);
        if open.is_large {
            u64s(&mut descriptor, &[open.entry.packed, open.entry.size]);
        } else {
            u32s(&mut descriptor, &[open.entry.packed as u32, open.entry.size as u32]);
        }
        self.put(&descriptor, sink)?;
        self.note(&open.entry);
        Ok(())
    }

    fn finish(mut self: Box<Self>, sink: &mut Sink) -> Result<()> {
        let (start, directory) = (self.at, std::mem::take(&mut self.directory));
        self.put(&directory, sink)?;
        let (len, end) = (directory.len() as u64, self.at);
        let mut tail = Vec::new();
        if self.items >= U16_FULL.into() || start >= U32_FULL.into() || len >= U32_FULL.into() {
            u32s(&mut tail, &[0x0606_4b50]);
            u64s(&mut tail, &[44]);
            u16s(&mut tail, &[MADE_BY, 45]);
            u32s(&mut tail, &[0, 0]);
            u64s(&mut tail, &[self.items, self.items, len, start]);
            u32s(&mut tail, &[0x0706_4b50, 0]);
            u64s(&mut tail, &[end]);
            u32s(&mut tail, &[1]);
        }
        let items = u16::try_from(self.items).unwrap_or(U16_FULL);
        u32s(&mut tail, &[0x0605_4b50]);
        u16s(&mut tail, &[0, 0, items, items]);
        u32s(&mut tail, &[len.try_into().unwrap_or(U32_FULL), start.try_into().unwrap_or(U32_FULL)]);
        u16s(&mut tail, &[0]);
        self.put(&tail, sink)
    }
}

impl EntryHead {
    fn local(&self, is_large: bool) -> Result<Vec<u8>> {
        let name_len = u16::try_from(self.name.len()).map_err(|_| {
            Problem::usage("a path is longer than zip allows").hint("download a part of it, or as tar.zst")
        })?;
        let mut head = Vec::new();
        u32s(&mut head, &[0x0403_4b50]);
        u16s(&mut head, &[if is_large { 45 } else { 20 }, self.flags, self.method]);
        let sizes = if is_large { [U32_FULL, U32_FULL] } else { [self.packed as u32, self.size as u32] };
        u32s(&mut head, &[self.dos_time, self.crc, sizes[0], sizes[1]]);
        let mut extra = self.time_extra();
        if is_large {
            u16s(&mut extra, &[1, 16]);
            u64s(&mut extra, &[0, 0]);
        }
        u16s(&mut head, &[name_len, extra.len() as u16]);
        head.extend_from_slice(self.name.as_bytes());
        head.extend_from_slice(&extra);
        Ok(head)
    }

    fn put_directory(&self, out: &mut Vec<u8>) {
        let is_large = self.size >= U32_FULL.into() || self.packed >= U32_FULL.into();
        let is_far = self.start >= U32_FULL.into();
        let mut extra = self.time_extra();
        if is_large || is_far {
            let numbers = [(is_large, self.size), (is_large, self.packed), (is_far, self.start)];
            let numbers: Vec<u64> = numbers.into_iter().filter(|(is, _)| *is).map(|(_, number)| number).collect();
            u16s(&mut extra, &[1, (numbers.len() * 8) as u16]);
            u64s(&mut extra, &numbers);
        }
        let size = |size: u64| if is_large { U32_FULL } else { size as u32 };
        u32s(out, &[0x0201_4b50]);
        u16s(out, &[MADE_BY, if is_large || is_far { 45 } else { 20 }, self.flags, self.method]);
        u32s(out, &[self.dos_time, self.crc, size(self.packed), size(self.size)]);
        u16s(out, &[self.name.len() as u16, extra.len() as u16, 0, 0, 0]);
        let start = if is_far { U32_FULL } else { self.start as u32 };
        let is_folder = u32::from(self.mode & S_IFDIR != 0 && self.mode & S_IFREG == 0);
        u32s(out, &[self.mode << 16 | is_folder << 4, start]);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&extra);
    }

    /// The time in UTC: the one in the header has no zone, and counts from 1980 by twos.
    fn time_extra(&self) -> Vec<u8> {
        let mut extra = Vec::new();
        if let Some(time) = self.time {
            u16s(&mut extra, &[0x5455, 5]);
            extra.push(1);
            u32s(&mut extra, &[time as u32]);
        }
        extra
    }
}

fn level(node: &Node) -> Compression {
    if media::is_compressed(&node.entry.name) { Compression::none() } else { Compression::fast() }
}

/// Date and time as MS-DOS has them, in UTC; the time is the lower half.
fn dos_time(secs: i64) -> u32 {
    const FIRST: u32 = 1 << 21 | 1 << 16;
    let Ok(moment) = jiff::Timestamp::from_second(secs) else { return FIRST };
    let local = moment.to_zoned(jiff::tz::TimeZone::UTC);
    let Ok(year) = u32::try_from(i32::from(local.year()) - 1980) else { return FIRST };
    if year > 127 {
        return FIRST;
    }
    let part = |value: i8, shift: u32| (value as u32) << shift;
    year << 25
        | part(local.month(), 21)
        | part(local.day(), 16)
        | part(local.hour(), 11)
        | part(local.minute(), 5)
        | part(local.second() / 2, 0)
}

fn u16s(out: &mut Vec<u8>, numbers: &[u16]) {
    numbers.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}

fn u32s(out: &mut Vec<u8>, numbers: &[u32]) {
    numbers.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}

fn u64s(out: &mut Vec<u8>, numbers: &[u64]) {
    numbers.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}
