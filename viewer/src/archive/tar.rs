//! Tar (POSIX.1-2001, pax): ustar headers, with an extended header before each item for what they cannot hold.

use larder_model::{Kind, Metadata, Result, Time};

use super::{Item, Sink, Writer};

const BLOCK_LEN: usize = 512;
static ZEROS: [u8; 2 * BLOCK_LEN] = [0; 2 * BLOCK_LEN];
/// The largest number that eleven octal digits hold.
const OCTAL_MAX: u64 = 0o77_777_777_777;

/// Writes a tar archive, in no memory to speak of.
#[derive(Default)]
pub struct TarWriter {
    /// Bytes of the open file.
    written: u64,
}

impl Writer for TarWriter {
    fn add(&mut self, item: &Item, sink: &mut Sink) -> Result<bool> {
        let flag = match item.node.entry.kind {
            Kind::Directory => b'5',
            Kind::Symlink => b'2',
            Kind::Fifo => b'6',
            Kind::CharDevice | Kind::BlockDevice | Kind::Socket | Kind::File => return Ok(false),
        };
        head(item, flag, 0, sink)?;
        Ok(true)
    }

    fn begin_file(&mut self, item: &Item, sink: &mut Sink) -> Result<()> {
        self.written = 0;
        head(item, b'0', item.node.entry.meta.size, sink)
    }

    fn bytes(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<()> {
        self.written += bytes.len() as u64;
        sink(bytes)
    }

    fn end_file(&mut self, sink: &mut Sink) -> Result<()> {
        pad(self.written, sink)
    }

    fn finish(self: Box<Self>, sink: &mut Sink) -> Result<()> {
        sink(&ZEROS)
    }
}

fn pad(len: u64, sink: &mut Sink) -> Result<()> {
    match len as usize % BLOCK_LEN {
        0 => Ok(()),
        rest => sink(&ZEROS[..BLOCK_LEN - rest]),
    }
}

fn head(item: &Item, flag: u8, size: u64, sink: &mut Sink) -> Result<()> {
    let mut path = item.names.join(&b'/');
    if flag == b'5' {
        path.push(b'/');
    }
    let meta = &item.node.entry.meta;
    let target = meta.target.as_deref().unwrap_or_default();
    let records = records(&path, target, size, meta);
    if !records.is_empty() {
        let mut header = Header::new(b"././@PaxHeader", b'x', records.len() as u64);
        header.number(100, 8, 0o644);
        sink(&header.finish())?;
        sink(&records)?;
        pad(records.len() as u64, sink)?;
    }
    let mut header = Header::new(&path, flag, size);
    header.number(100, 8, u64::from(meta.mode.unwrap_or(if flag == b'5' { 0o755 } else { 0o644 }) & 0o7777));
    header.number(136, 12, meta.mtime.and_then(|time| u64::try_from(time.secs).ok()).unwrap_or(0).min(OCTAL_MAX));
    header.text(157, 100, target);
    if let Some(owner) = &meta.owner {
        header.number(108, 8, owner.uid.into());
        header.number(116, 8, owner.gid.into());
        header.text(265, 32, owner.user.as_deref().unwrap_or_default());
        header.text(297, 32, owner.group.as_deref().unwrap_or_default());
    }
    sink(&header.finish())
}

/// What does not fit into the header itself.
fn records(path: &[u8], target: &[u8], size: u64, meta: &Metadata) -> Vec<u8> {
    let mut out = Vec::new();
    let is_plain = |text: &[u8]| text.len() <= 100 && text.is_ascii();
    // Without this, names are UTF-8 by definition.
    if [path, target].iter().any(|text| std::str::from_utf8(text).is_err()) {
        record(&mut out, "hdrcharset", b"BINARY");
    }
    if !is_plain(path) {
        record(&mut out, "path", path);
    }
    if !is_plain(target) {
        record(&mut out, "linkpath", target);
    }
    if size > OCTAL_MAX {
        record(&mut out, "size", size.to_string().as_bytes());
    }
    if let Some(time) = meta.mtime.filter(|time| time.nanos > 0 || !(0..=OCTAL_MAX as i64).contains(&time.secs)) {
        record(&mut out, "mtime", decimal(time).as_bytes());
    }
    out
}

/// Seconds with decimals; before 1970 they count backwards as a whole.
fn decimal(time: Time) -> String {
    let (secs, nanos) = match (time.secs, time.nanos) {
        (secs, nanos) if secs < 0 && nanos > 0 => (secs + 1, 1_000_000_000 - nanos),
        whole => whole,
    };
    let sign = if time.secs < 0 && secs == 0 { "-" } else { "" };
    let text = format!("{sign}{secs}.{nanos:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut len = rest;
    while len != rest + len.to_string().len() {
        len = rest + len.to_string().len();
    }
    out.extend_from_slice(format!("{len} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

struct Header([u8; BLOCK_LEN]);

impl Header {
    fn new(name: &[u8], flag: u8, size: u64) -> Self {
        let mut header = Self([0; BLOCK_LEN]);
        header.text(0, 100, name);
        header.number(108, 8, 0);
        header.number(116, 8, 0);
        header.number(124, 12, if size > OCTAL_MAX { 0 } else { size });
        header.number(136, 12, 0);
        header.0[156] = flag;
        header.text(257, 8, b"ustar\x0000");
        header
    }

    /// As much of it as there is room for.
    fn text(&mut self, at: usize, len: usize, text: &[u8]) {
        let len = text.len().min(len);
        self.0[at..at + len].copy_from_slice(&text[..len]);
    }

    /// Octal digits and a NUL. What is too large becomes the largest number.
    fn number(&mut self, at: usize, len: usize, number: u64) {
        let digits = len - 1;
        let number = number.min((1 << (3 * digits)) - 1);
        self.text(at, len, format!("{number:0digits$o}\0").as_bytes());
    }

    fn finish(mut self) -> [u8; BLOCK_LEN] {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.text(148, 8, format!("{sum:06o}\0 ").as_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_count_their_own_length() {
        let mut out = Vec::new();
        record(&mut out, "path", b"abc");
        assert_eq!(out, b"12 path=abc\n");
        out.clear();
        record(&mut out, "path", &[b'x'; 91]);
        assert!(out.starts_with(b"101 path="), "{}", String::from_utf8_lossy(&out));
        assert_eq!(out.len(), 101);
    }

    #[test]
    fn times_have_their_decimals() {
        assert_eq!(decimal(Time::new(5, 500_000_000)), "5.5");
        assert_eq!(decimal(Time::new(-1, 500_000_000)), "-0.5");
        assert_eq!(decimal(Time::new(-2, 500_000_000)), "-1.5");
        assert_eq!(decimal(Time::new(10, 1)), "10.000000001");
    }
}
