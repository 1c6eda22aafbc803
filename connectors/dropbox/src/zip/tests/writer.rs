//! Writes zips in every variant that a server may choose.

use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};

/// Where an entry's sizes stand, and how wide they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sizes {
    Header,
    HeaderZip64,
    Descriptor { signed: bool, wide: bool },
}

/// How a name is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// UTF-8, and bit 11 says so.
    Flagged,
    /// UTF-8 without a word.
    Plain,
    /// Something else in the header, UTF-8 in the extra field of Info-ZIP.
    PathExtra,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    pub deflated: bool,
    pub sizes: Sizes,
    pub naming: Naming,
}

/// The shape that gives its reader the least to go by: stored, the sizes after the content without a signature.
pub const BARE: Shape =
    Shape { deflated: false, sizes: Sizes::Descriptor { signed: false, wide: false }, naming: Naming::Flagged };
pub const SIGNED: Shape = Shape { sizes: Sizes::Descriptor { signed: true, wide: false }, ..BARE };
pub const KNOWN: Shape = Shape { sizes: Sizes::Header, ..BARE };

pub fn all_shapes() -> Vec<Shape> {
    let mut sizes = vec![Sizes::Header, Sizes::HeaderZip64];
    for (signed, wide) in [(false, false), (false, true), (true, false), (true, true)] {
        sizes.push(Sizes::Descriptor { signed, wide });
    }
    let mut shapes = Vec::new();
    for sizes in sizes {
        for naming in [Naming::Flagged, Naming::Plain, Naming::PathExtra] {
            shapes.extend([false, true].map(|deflated| Shape { deflated, sizes, naming }));
        }
    }
    shapes
}

/// A zip of entries, all in one shape.
pub fn zip(entries: &[(&str, &[u8])], shape: Shape) -> Vec<u8> {
    let mut writer = ZipWriter::default();
    for (name, content) in entries {
        writer.add(name, content, shape);
    }
    writer.finish()
}

#[derive(Default)]
pub struct ZipWriter {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

impl ZipWriter {
    pub fn add(&mut self, name: &str, content: &[u8], shape: Shape) {
        let packed = if shape.deflated { deflate(content) } else { content.to_vec() };
        let crc = crc32fast::hash(content);
        let fields = header_fields(name, shape, crc, packed.len(), content.len());
        self.directory.extend(b"PK\x01\x02\x2d\x00");
        self.directory.extend(&fields[..26]);
        self.directory.extend([0; 14]);
        self.directory.extend(&fields[26..]);

        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(fields);
        self.bytes.extend(&packed);
        if let Sizes::Descriptor { signed, wide } = shape.sizes {
            self.bytes.extend(descriptor(signed, wide, crc, packed.len(), content.len()));
        }
        self.entries += 1;
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn finish(mut self) -> Vec<u8> {
        let at = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.entries, self.entries].map(u16::to_le_bytes).concat());
        self.bytes.extend([self.directory.len() as u32, at].map(u32::to_le_bytes).concat());
        self.bytes.extend(b"\x07\x00comment");
        self.bytes
    }
}

pub fn descriptor(signed: bool, wide: bool, crc: u32, packed: usize, size: usize) -> Vec<u8> {
    let mut bytes = if signed { b"PK\x07\x08".to_vec() } else { Vec::new() };
    bytes.extend(crc.to_le_bytes());
    for size in [packed, size] {
        bytes.extend(&(size as u64).to_le_bytes()[..if wide { 8 } else { 4 }]);
    }
    bytes
}

/// The header after its signature: the part that the directory repeats (its name and extra field too, which is more than it must).
fn header_fields(name: &str, shape: Shape, crc: u32, packed: usize, size: usize) -> Vec<u8> {
    let (raw_name, mut extra) = match shape.naming {
        Naming::PathExtra => (vec![b'?'; 3], unicode_path(name)),
        Naming::Flagged | Naming::Plain => (name.as_bytes().to_vec(), b"UT\x05\x00\x01\x00\x00\x00\x00".to_vec()),
    };
    let (crc, packed, size) = match shape.sizes {
        Sizes::Header => (crc, packed as u32, size as u32),
        Sizes::HeaderZip64 => {
            extra.extend(b"\x01\x00\x10\x00");
            extra.extend([size as u64, packed as u64].map(u64::to_le_bytes).concat());
            (crc, u32::MAX, u32::MAX)
        }
        Sizes::Descriptor { .. } => (0, 0, 0),
    };
    let described = u16::from(matches!(shape.sizes, Sizes::Descriptor { .. })) << 3;
    let flags = described | u16::from(shape.naming == Naming::Flagged) << 11;
    let mut fields = [45, flags, if shape.deflated { 8 } else { 0 }, 0, 0].map(u16::to_le_bytes).concat();
    fields.extend([crc, packed, size].map(u32::to_le_bytes).concat());
    fields.extend([raw_name.len() as u16, extra.len() as u16].map(u16::to_le_bytes).concat());
    fields.extend(raw_name);
    fields.extend(extra);
    fields
}

fn unicode_path(name: &str) -> Vec<u8> {
    let mut field = vec![0x75, 0x70];
    field.extend((name.len() as u16 + 5).to_le_bytes());
    field.push(1);
    field.extend(crc32fast::hash(b"???").to_le_bytes());
    field.extend(name.as_bytes());
    field
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
